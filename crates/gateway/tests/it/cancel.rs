//! A caller that goes away ends the upstream's request, whatever that is doing.

use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use crate::support::{Caller, FakeUpstream, LOOPBACK, OneUpstream, Running, listen, within};

const CHAT: &str = "/v1/chat/completions";
const MEBIBYTE: usize = 1024 * 1024;

/// A chunk that is not taken for so long is taken to be stuck; a wrong guess fails no test.
const STUCK: Duration = Duration::from_millis(300);

#[tokio::test]
async fn before_the_answer_begins() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let caller = gateway.call().await;
    let received = tokio::select! {
        _ = caller.try_send(http::Request::post(CHAT), "{}") => panic!("nobody answered"),
        received = upstream.next() => received,
    };
    received.cancelled().await;
}

#[tokio::test]
async fn while_a_connection_is_made() {
    // Its TCP side accepts; the TLS side never says a word.
    let listener = TcpListener::bind((LOOPBACK, 0)).await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let application = OneUpstream::at(&format!("https://{address}/v1"));
    let gateway = Running::gateway_with(listen(), application).await;
    let caller = gateway.call().await;
    let (mut connection, _) = tokio::select! {
        _ = caller.try_send(http::Request::post(CHAT), "{}") => panic!("nobody answered"),
        accepted = listener.accept() => accepted.expect("a connection"),
    };
    let mut hello = Vec::new();
    within("the end", connection.read_to_end(&mut hello)).await.expect("a proper end");
}

#[tokio::test]
async fn while_its_own_request_is_on_the_way() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let mut caller = TcpStream::connect(gateway.address).await.expect("the server listens");
    let head = format!("POST {CHAT} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{{");
    caller.write_all(head.as_bytes()).await.expect("a head is taken");
    drop(caller);
    // The next one finds the gateway as if nothing had been.
    let (answer, ()) = tokio::join!(gateway.post(CHAT, "{}"), async {
        upstream.next().await.answer(200, "application/json", "{}").await;
    });
    assert_eq!(answer.status(), 200);
    assert!(upstream.has_got_nothing());
}

#[tokio::test]
async fn before_the_first_chunk_of_a_json_answer() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let caller = gateway.call().await;
    let chunks = tokio::select! {
        _ = caller.try_send(http::Request::post(CHAT), "{}") => panic!("nothing was sent"),
        received = upstream.next() => received.begin(200, "application/json"),
    };
    chunks.cancelled().await;
}

#[tokio::test]
async fn in_the_middle_of_a_stream() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let (mut answer, chunks) = tokio::join!(gateway.post(CHAT, "{}"), async {
        upstream.next().await.begin(200, "text/event-stream")
    });
    chunks.send("data: 1\n\n").await;
    answer.chunk().await.expect("a chunk").expect("whole");
    drop(answer);
    chunks.cancelled().await;
}

#[tokio::test]
async fn while_it_reads_nothing() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let (answer, chunks) = tokio::join!(gateway.post(CHAT, "{}"), async {
        upstream.next().await.begin(200, "text/event-stream")
    });
    // The upstream is slowed down; what it has to say is not read into memory.
    let mut taken = 0;
    while timeout(STUCK, chunks.send(vec![b'x'; MEBIBYTE])).await.is_ok() {
        taken += 1;
        assert!(taken < 256, "the flood was swallowed");
    }
    drop(answer);
    chunks.cancelled().await;
}

#[tokio::test]
async fn others_go_on() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let (mut stays, staying) = tokio::join!(gateway.post(CHAT, "{}"), async {
        upstream.next().await.begin(200, "text/event-stream")
    });
    let (leaves, leaving) = tokio::join!(gateway.post(CHAT, "{}"), async {
        upstream.next().await.begin(200, "text/event-stream")
    });
    drop(leaves);
    leaving.cancelled().await;
    staying.send("data: 1\n\n").await;
    assert_eq!(stays.chunk().await.expect("a chunk").expect("whole"), "data: 1\n\n");
    // The gateway still takes new callers.
    drop(Caller::connect(gateway.address).await);
}
