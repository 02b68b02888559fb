//! More connections than there may be.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time,
};

use crate::support::{FakeUpstream, OneUpstream, Running, listen, within};
use gateway::Listen;

const MOST: usize = 3;

async fn gateway(upstream: &FakeUpstream) -> Running {
    let listen = Listen { max_connections: MOST, ..listen() };
    Running::gateway_with(listen, OneUpstream::at(&upstream.base_url())).await
}

/// As many connections that say this and nothing more.
async fn silent(gateway: &Running, count: usize, beginning: &str) -> Vec<TcpStream> {
    let mut connections = Vec::new();
    for _ in 0..count {
        let mut connection = TcpStream::connect(gateway.address).await.expect("it listens");
        connection.write_all(beginning.as_bytes()).await.expect("a connection");
        connections.push(connection);
    }
    connections
}

#[tokio::test]
async fn who_asks_is_served_however_many_say_nothing() {
    let upstream = FakeUpstream::start().await;
    let gateway = gateway(&upstream).await;
    let beginnings = [
        "",
        "GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
        "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ];
    for beginning in beginnings {
        let mut connections = silent(&gateway, MOST + 2, beginning).await;
        assert_eq!(gateway.get("/health").await.status(), 200, "{beginning:?}");
        let mut said = Vec::new();
        // The first ones have gone, and with a proper end where they were told something.
        let ended = within("its end", connections[0].read_to_end(&mut said)).await;
        assert!(ended.is_ok() || said.is_empty(), "{beginning:?}: {ended:?}");
        let is_answered = String::from_utf8_lossy(&said).ends_with(r#"{"status":"ok"}"#);
        assert_eq!(is_answered, beginning.ends_with("\r\n\r\n"), "{beginning:?}");
    }
}

#[tokio::test]
async fn nobody_goes_who_waits_for_an_answer() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = gateway(&upstream).await;
    let mut streams = Vec::new();
    for _ in 0..MOST {
        let (answer, chunks) = tokio::join!(gateway.post("/v1/chat/completions", "{}"), async {
            let chunks = upstream.next().await.begin(200, "text/event-stream");
            chunks.send("data: 1\n\n").await;
            chunks
        });
        streams.push((answer, chunks));
    }
    let ends = async {
        // Long enough that who is silent would have to go.
        time::pause();
        time::sleep(time::Duration::from_secs(3)).await;
        time::resume();
        for (mut answer, chunks) in streams {
            chunks.send("data: [DONE]\n\n").await;
            let mut said = String::new();
            while let Some(chunk) = answer.chunk().await {
                said += std::str::from_utf8(&chunk.expect("it is not cut")).expect("text");
            }
            assert_eq!(said, "data: 1\n\ndata: [DONE]\n\n");
        }
    };
    let waits = gateway.get("/health");
    let (answer, ()) = tokio::join!(waits, ends);
    assert_eq!(answer.status(), 200);
}
