//! Clients that are slow, or many: they wait, others do not.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time;

use crate::world::{World, sleeper, within};

/// What the server says until it closes, on a clock that jumps to the next deadline whenever nothing else is to be done.
async fn answer_in_the_end(stream: &mut TcpStream) -> String {
    time::pause();
    let mut answer = Vec::new();
    // A server that never closes would leave this waiting, and the clock running, for ever.
    let begun = time::Instant::now();
    let mut bytes = [0; 1024];
    while let Ok(1..) =
        stream.read(&mut bytes).await.inspect(|length| answer.extend(&bytes[..*length]))
    {
        assert!(begun.elapsed() < Duration::from_secs(3_600));
    }
    let waited = begun.elapsed();
    time::resume();
    assert!(waited < Duration::from_secs(60), "it was waited for {waited:?}");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn who_never_ends_the_head_of_a_request_is_cut_off() {
    let world = World::new(vec![sleeper("a")]).await;
    for beginning in ["", "GET /api/health HTTP/1.1\r\nHost: x\r\nX-Slow: "] {
        let mut stream = TcpStream::connect(world.address).await.unwrap();
        stream.write_all(beginning.as_bytes()).await.unwrap();
        assert_eq!(world.get("/api/health").await.status, 200, "others are served meanwhile");
        assert_eq!(answer_in_the_end(&mut stream).await, "", "{beginning:?}");
    }
    world.end().await;
}

#[tokio::test]
async fn who_never_ends_a_body_is_told_so_and_cut_off() {
    let world = World::new(vec![sleeper("a")]).await;
    let polling = world.polling().await;
    for path in ["/api/providers", "/api/processes/a/start", &polling] {
        let mut stream = TcpStream::connect(world.address).await.unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{",
            world.address
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        assert_eq!(world.get("/api/health").await.status, 200, "others are served meanwhile");
        let answer = answer_in_the_end(&mut stream).await;
        // A session of Socket.IO whose client says nothing else may be over sooner.
        let told = ["HTTP/1.1 408", "HTTP/1.1 400"].iter().any(|status| answer.starts_with(status));
        assert!(told, "{path}: {answer}");
    }
    assert_eq!(world.supervisor.snapshot().seq, 0, "nothing was started");
    world.end().await;
}

#[tokio::test]
async fn who_never_begins_to_speak_tls_is_cut_off() {
    let world = crate::tls::world().await;
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    assert_eq!(answer_in_the_end(&mut stream).await, "");
    world.end().await;
}

#[tokio::test]
async fn one_connection_too_many_is_closed_and_those_after_it_are_served_again() {
    let world = World::with(vec![sleeper("a")], |options| options.max_connections = 20).await;
    let mut streams = Vec::new();
    for _ in 0..200 {
        streams.push(TcpStream::connect(world.address).await.unwrap());
    }
    let mut closed = 0;
    for stream in &mut streams[20..] {
        // Closed, perhaps with a reset.
        if !matches!(within("end", stream.read(&mut [0])).await, Ok(1..)) {
            closed += 1;
        }
    }
    assert_eq!(closed, 180);
    let mut first = streams.swap_remove(0);
    let request = format!("GET /api/health HTTP/1.1\r\nHost: {}\r\n\r\n", world.address);
    first.write_all(request.as_bytes()).await.unwrap();
    assert_ne!(within("answer", first.read(&mut [0])).await.unwrap(), 0, "who is in is served");
    drop((first, streams));
    // The server learns of their ends in its own time.
    within("room", async {
        loop {
            let mut stream = TcpStream::connect(world.address).await.unwrap();
            let _refused = stream.write_all(request.as_bytes()).await;
            if matches!(stream.read(&mut [0]).await, Ok(1)) {
                return;
            }
        }
    })
    .await;
    world.end().await;
}
