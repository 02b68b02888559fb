//! A caller that goes away ends the upstream's request, whatever that is doing.

use std::time::Duration;
use tokio::time::timeout;

use crate::support::{Caller, FakeUpstream, Running};

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
