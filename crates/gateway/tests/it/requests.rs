//! Which requests are refused, and that a refusal reaches neither upstream nor a foreign page.

use crate::support::{FakeUpstream, OneUpstream, Running, expect_error, listen, within};
use bytes::Bytes;
use gateway::{BODY_LIMIT, Listen};
use http::Request;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const CHAT: &str = "/v1/chat/completions";
const INVALID: &str = "invalid_request_error";

#[tokio::test]
async fn unknown_paths_and_methods() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let answer = gateway.get("/v1/files").await;
    assert_eq!(answer.status(), 404);
    expect_error(&answer.json().await, INVALID, "not_found");
    let answer = gateway.get(CHAT).await;
    assert_eq!(answer.status(), 405);
    assert_eq!(answer.header("allow"), Some("POST"));
    expect_error(&answer.json().await, INVALID, "method_not_allowed");
    assert!(upstream.has_got_nothing());
}

#[tokio::test]
async fn bodies_that_are_no_json_object() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    for body in ["", "{", "[]", "model=m"] {
        let answer = gateway.post(CHAT, body).await;
        assert_eq!(answer.status(), 400);
        expect_error(&answer.json().await, INVALID, "invalid_json");
    }
    let request = Request::post(CHAT).header("content-encoding", "gzip");
    let answer = gateway.call().await.send_body(request, "{}").await;
    assert_eq!(answer.status(), 415);
    expect_error(&answer.json().await, INVALID, "unsupported_encoding");
    assert!(upstream.has_got_nothing());
}

/// A JSON object of exactly `size` bytes.
fn object_of(size: usize) -> Bytes {
    let mut body = Vec::with_capacity(size);
    body.extend_from_slice(b"{\"x\":\"");
    body.resize(size - 2, b'x');
    body.extend_from_slice(b"\"}");
    Bytes::from(body)
}

#[tokio::test]
async fn the_largest_body_passes_and_one_byte_more_is_413() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let (answer, ()) = tokio::join!(gateway.post(CHAT, object_of(BODY_LIMIT)), async {
        let received = upstream.next().await;
        assert_eq!(received.body.len(), BODY_LIMIT);
        received.answer(200, "application/json", "{}").await;
    });
    assert_eq!(answer.status(), 200);
    let answer = gateway.post(CHAT, object_of(BODY_LIMIT + 1)).await;
    assert_eq!(answer.status(), 413);
    expect_error(&answer.json().await, INVALID, "body_too_large");
    assert!(upstream.has_got_nothing());
}

/// Sends `head` and then chunks of 1 MiB, all of them before anything is read.
async fn send_chunked(gateway: &Running, head: &str, mebibytes: usize) -> String {
    let mut stream = TcpStream::connect(gateway.address).await.expect("the server listens");
    stream.write_all(head.as_bytes()).await.expect("a head is taken");
    let mut chunk = b"100000\r\n".to_vec();
    chunk.resize(chunk.len() + 1024 * 1024, b' ');
    chunk.extend_from_slice(b"\r\n");
    for _ in 0..mebibytes {
        within("a chunk", stream.write_all(&chunk)).await.expect("the body is taken");
    }
    if mebibytes > 0 {
        within("the end", stream.write_all(b"0\r\n\r\n")).await.expect("the body is taken");
    }
    let mut answer = [0; 12];
    within("an answer", stream.read_exact(&mut answer)).await.expect("an answer");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_body_of_undeclared_size_is_counted() {
    let upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let head =
        format!("POST {CHAT} HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n");
    assert_eq!(send_chunked(&gateway, &head, 80).await, "HTTP/1.1 413");
}

#[tokio::test]
async fn who_asks_before_sending_is_refused_before_sending() {
    let upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let head = format!(
        "POST {CHAT} HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: {}\r\n\r\n",
        BODY_LIMIT + 1
    );
    assert_eq!(send_chunked(&gateway, &head, 0).await, "HTTP/1.1 413");
}

#[tokio::test]
async fn a_foreign_page_and_a_foreign_name_are_refused() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let request = Request::post(CHAT).header("origin", "https://evil.example");
    let answer = gateway.call().await.send_body(request, "{}").await;
    assert_eq!(answer.status(), 403);
    assert_eq!(answer.header("access-control-allow-origin"), None);
    expect_error(&answer.json().await, INVALID, "foreign_origin");
    let request = Request::get("/v1/models").header("host", "evil.example:3001");
    let answer = gateway.call().await.send(request).await;
    assert_eq!(answer.status(), 403);
    expect_error(&answer.json().await, INVALID, "foreign_host");
    assert!(upstream.has_got_nothing());
}

#[tokio::test]
async fn pages_on_loopback_and_allowed_ones_may_ask_and_read() {
    let upstream = FakeUpstream::start().await;
    let listen = Listen { allowed_origins: vec!["https://app.example".to_owned()], ..listen() };
    let gateway = Running::gateway_with(listen, OneUpstream::at(&upstream.base_url())).await;
    for origin in ["http://localhost:5173", "https://app.example"] {
        let preflight = Request::options(CHAT)
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,content-type");
        let answer = gateway.call().await.send(preflight).await;
        assert_eq!(answer.status(), 204);
        assert_eq!(answer.header("access-control-allow-origin"), Some(origin));
        let asked = Some("authorization,content-type");
        assert_eq!(answer.header("access-control-allow-headers"), asked);
        // An error is to be read as well.
        let request = Request::get("/v1/unknown").header("origin", origin);
        let answer = gateway.call().await.send(request).await;
        assert_eq!(answer.status(), 404);
        assert_eq!(answer.header("access-control-allow-origin"), Some(origin));
        assert_eq!(answer.header("vary"), Some("Origin"));
    }
}

#[tokio::test]
async fn every_answer_names_the_process_that_gave_it() {
    let mut upstream = FakeUpstream::start().await;
    let listen = Listen { served_by: Some("providerRouter/7".to_owned()), ..listen() };
    let gateway = Running::gateway_with(listen, OneUpstream::at(&upstream.base_url())).await;
    let refused = Request::get("/v1/unknown");
    let foreign = Request::get("/health").header("origin", "https://evil.example");
    let page = Request::get("/health").header("origin", "http://localhost");
    for request in [Request::get("/health"), page, refused, foreign] {
        let answer = gateway.call().await.send(request).await;
        assert_eq!(answer.header("x-served-by"), Some("providerRouter/7"));
        // A page may read this header, as any other.
        let exposed = answer.header("access-control-expose-headers");
        assert!(exposed.is_none_or(|names| names == "*"));
    }
    let (answer, ()) = tokio::join!(gateway.post(CHAT, "{}"), async {
        let told = http::Response::builder().status(200).header("x-served-by", "qwenProxy/2");
        let told = told.header("content-type", "text/event-stream");
        upstream.next().await.answer_with(told);
    });
    assert_eq!(answer.header("x-served-by"), Some("providerRouter/7"));
}

#[tokio::test]
async fn without_a_supervisor_there_is_no_process_to_name() {
    let upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    assert_eq!(gateway.get("/health").await.header("x-served-by"), None);
}
