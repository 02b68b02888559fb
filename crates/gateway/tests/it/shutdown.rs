//! The end of a server: what is in flight may finish, nothing new begins, the rest is cut.

use crate::support::{
    FakeUpstream, LOOPBACK, OneUpstream, Running, expect_error, listen, serve, within,
};
use gateway::{Error, Listen};
use http::Request;
use std::time::Duration;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::timeout,
};

const CHAT: &str = "/v1/chat/completions";

async fn refuses_connections(gateway: &Running) {
    let refused = async {
        while TcpStream::connect(gateway.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    within("the listener's end", refused).await;
}

#[tokio::test]
async fn a_stream_may_finish() {
    let mut upstream = FakeUpstream::start().await;
    let mut gateway = Running::gateway(&upstream).await;
    let (mut answer, chunks) = tokio::join!(gateway.post(CHAT, "{}"), async {
        upstream.next().await.begin(200, "text/event-stream")
    });
    gateway.ask_to_stop();
    refuses_connections(&gateway).await;
    for chunk in ["data: 1\n\n", "data: [DONE]\n\n"] {
        chunks.send(chunk).await;
        assert_eq!(answer.chunk().await.expect("a chunk").expect("whole"), chunk);
    }
    drop(chunks);
    assert!(answer.chunk().await.is_none());
    gateway.stopped().await;
}

#[tokio::test]
async fn what_is_still_in_flight_is_told_as_it_falls() {
    let mut upstream = FakeUpstream::start().await;
    let application = OneUpstream::at(&upstream.base_url());
    let (tell, mut told) = mpsc::unbounded_channel();
    let mut gateway = Running::start(|shutdown, on_listening| {
        let on_drain = move |in_flight| tell.send(in_flight).expect("a test");
        serve(listen(), application, shutdown, on_listening, on_drain)
    })
    .await;
    let mut streams = Vec::new();
    for _ in 0..2 {
        streams.push(tokio::join!(gateway.post(CHAT, "{}"), async {
            upstream.next().await.begin(200, "text/event-stream")
        }));
    }
    gateway.ask_to_stop();
    for in_flight in (1..=2).rev() {
        assert_eq!(within("what is in flight", told.recv()).await, Some(in_flight));
        let (mut answer, chunks) = streams.pop().expect("a stream");
        drop(chunks);
        while answer.chunk().await.is_some() {}
    }
    gateway.stopped().await;
}

#[tokio::test]
async fn a_request_that_waits_for_its_answer_may_finish() {
    let mut upstream = FakeUpstream::start().await;
    let mut gateway = Running::gateway(&upstream).await;
    let caller = gateway.call().await;
    let (answer, ()) = tokio::join!(caller.send_body(Request::post(CHAT), "{}"), async {
        let received = upstream.next().await;
        gateway.ask_to_stop();
        refuses_connections(&gateway).await;
        received.answer(200, "application/json", "{}").await;
    });
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.header("connection"), Some("close"));
    gateway.stopped().await;
}

#[tokio::test]
async fn what_does_not_finish_is_cut() {
    let mut upstream = FakeUpstream::start().await;
    let listen = Listen { drain: Duration::from_millis(50), ..listen() };
    let mut gateway = Running::gateway_with(listen, OneUpstream::at(&upstream.base_url())).await;
    let (mut answer, chunks) = tokio::join!(gateway.post(CHAT, "{}"), async {
        upstream.next().await.begin(200, "text/event-stream")
    });
    gateway.ask_to_stop();
    let event = answer.chunk().await.expect("an event").expect("whole");
    let event = std::str::from_utf8(&event).expect("text");
    let error = event.strip_prefix("data: ").expect("an event").trim_end();
    let error = serde_json::from_str(error).expect("JSON");
    expect_error(&error, "server_error", "shutting_down");
    assert!(answer.chunk().await.expect("no proper end").is_err());
    chunks.cancelled().await;
    gateway.stopped().await;
}

#[tokio::test]
async fn a_request_that_still_waits_at_the_end_is_told_so() {
    let mut upstream = FakeUpstream::start().await;
    let listen = Listen { drain: Duration::from_millis(50), ..listen() };
    let mut gateway = Running::gateway_with(listen, OneUpstream::at(&upstream.base_url())).await;
    let caller = gateway.call().await;
    let (answer, received) = tokio::join!(caller.send_body(Request::post(CHAT), "{}"), async {
        let received = upstream.next().await;
        gateway.ask_to_stop();
        received
    });
    assert_eq!((answer.status(), answer.header("retry-after")), (503, Some("1")));
    expect_error(&answer.json().await, "server_error", "shutting_down");
    received.cancelled().await;
    gateway.stopped().await;
}

#[tokio::test]
async fn who_takes_nothing_does_not_hold_the_end_up() {
    let mut upstream = FakeUpstream::start().await;
    let listen = Listen { drain: Duration::from_millis(50), ..listen() };
    let mut gateway = Running::gateway_with(listen, OneUpstream::at(&upstream.base_url())).await;
    let (_answer, chunks) = tokio::join!(gateway.post(CHAT, "{}"), async {
        upstream.next().await.begin(200, "text/event-stream")
    });
    let stuck = Duration::from_millis(300);
    while timeout(stuck, chunks.send(vec![b'x'; 1024 * 1024])).await.is_ok() {}
    gateway.ask_to_stop();
    gateway.stopped().await;
    chunks.cancelled().await;
}

#[tokio::test]
async fn idle_connections_do_not_hold_the_end_up() {
    let upstream = FakeUpstream::start().await;
    let mut gateway = Running::gateway(&upstream).await;
    let fresh = gateway.call().await;
    let used = gateway.get("/health").await.into_caller().await;
    gateway.ask_to_stop();
    fresh.closed().await;
    used.closed().await;
    gateway.stopped().await;
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let holder = TcpListener::bind((LOOPBACK, 0)).await.expect("a free port");
    let port = holder.local_addr().expect("an address").port();
    let application = OneUpstream::at("http://127.0.0.1:1/v1");
    let listen = Listen { port, ..listen() };
    let never = std::future::pending();
    let ended = serve(listen, application, never, |_| panic!("listens"), |_| {}).await;
    assert!(matches!(ended, Err(Error::PortInUse { port: named }) if named == port));
}
