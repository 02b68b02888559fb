//! HTTP/1.1 with an upstream, in all forms that an answer can have.

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    bare::{accepted, gateway_to_bare},
    support::{Answer, Running, expect_error, within},
};

const CHAT: &str = "/v1/chat/completions";
const DATA: &str = r#"{"text":"0123456789"}"#;

/// Reads up to the end of a request's head and returns all that was read.
async fn read_head(connection: &mut TcpStream) -> String {
    let mut read = Vec::new();
    while !read.windows(4).any(|end| end == b"\r\n\r\n") {
        let more = within("a request", connection.read_buf(&mut read)).await.expect("a request");
        assert_ne!(more, 0, "the connection was closed");
    }
    String::from_utf8(read).expect("text")
}

/// Answers a request of this body with this text, byte by byte if it is to be so, and closes the
/// connection. The gateway comes along, since its answer ends with it.
async fn answered(body: String, text: &str, is_slow: bool) -> (Answer, Running) {
    let (gateway, listener) = gateway_to_bare().await;
    let spoken = async {
        let mut connection = accepted(&listener).await;
        connection.set_nodelay(true).expect("a connection");
        read_head(&mut connection).await;
        for piece in text.as_bytes().chunks(if is_slow { 1 } else { text.len() }) {
            // Who was told something in the first half need not take the second one.
            let _ = connection.write_all(piece).await;
            tokio::task::yield_now().await;
        }
    };
    let asked = gateway.post(CHAT, body);
    let (answer, ()) = tokio::join!(asked, spoken);
    (answer, gateway)
}

#[tokio::test]
async fn each_form_of_an_answer_is_understood_however_it_is_cut() {
    let (kind, length) = ("content-type: application/json", DATA.len());
    let answers = [
        format!("HTTP/1.1 200 OK\r\n{kind}\r\ncontent-length: {length}\r\n\r\n{DATA}"),
        format!("HTTP/1.1 200 OK\r\n{kind}\r\n\r\n{DATA}"),
        format!("HTTP/1.0 200\r\n{kind}\r\n\r\n{DATA}"),
        format!("HTTP/1.0 200 OK\r\n{kind}\r\nContent-Length: {length}\r\n\r\n{DATA}"),
        format!(
            "HTTP/1.1 200 OK\r\n{kind}\r\nTransfer-Encoding: chunked\r\n\r\n\
             5\r\n{}\r\n{:x};a=b\r\n{}\r\n0\r\nx-trailer: 1\r\n\r\n",
            &DATA[..5],
            length - 5,
            &DATA[5..]
        ),
        format!(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n\
             HTTP/1.1 200 OK\r\n{kind}\r\ncontent-length: {length}\r\n\r\n{DATA}"
        ),
    ];
    for text in answers {
        for is_slow in [false, true] {
            let (answer, _gateway) = answered("{}".to_owned(), &text, is_slow).await;
            assert_eq!(answer.status(), 200, "{text}");
            assert_eq!(answer.text().await, DATA, "{text}");
        }
    }
}

#[tokio::test]
async fn what_is_no_answer_is_502_and_says_so() {
    let malformed = [
        "SSH-2.0-OpenSSH_9.2\r\n".to_owned(),
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}".to_owned(),
        "HTTP/1.1 200 OK\r\ncontent-length: two\r\n\r\n{}".to_owned(),
        format!("HTTP/1.1 200 OK\r\nx: {}", "x".repeat(70_000)),
    ];
    for text in malformed {
        let (answer, _gateway) = answered("{}".to_owned(), &text, false).await;
        assert_eq!(answer.status(), 502, "{text}");
        let error = answer.json().await;
        let message = expect_error(&error, "upstream_error", "upstream_invalid_response");
        assert!(message.contains("sent no valid HTTP: "), "{message}");
    }
}

#[tokio::test]
async fn a_body_that_ends_too_soon_is_cut() {
    let kind = "content-type: application/json";
    for rest in [
        format!("content-length: 100\r\n\r\n{DATA}"),
        format!("transfer-encoding: chunked\r\n\r\n64\r\n{DATA}"),
    ] {
        let text = format!("HTTP/1.1 200 OK\r\n{kind}\r\n{rest}");
        let (answer, _gateway) = answered("{}".to_owned(), &text, false).await;
        assert_eq!(answer.status(), 502, "{text}");
        expect_error(&answer.json().await, "upstream_error", "upstream_cut");
    }
}

#[tokio::test]
async fn a_chunk_that_is_malformed_is_a_cut_after_what_was_read() {
    let text = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
                transfer-encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\nzz\r\n";
    let (mut answer, _gateway) = answered("{}".to_owned(), text, false).await;
    assert_eq!(answer.chunk().await.expect("a chunk").expect("whole"), "data: 1\n\n");
    let event = answer.chunk().await.expect("an event").expect("whole");
    assert!(event.starts_with(b"data: {\"error\""), "{event:?}");
    assert!(answer.chunk().await.expect("no proper end").is_err());
}

/// More than fits into all buffers on its way.
fn large() -> String {
    json!({ "text": "x".repeat(16 * 1024 * 1024) }).to_string()
}

#[tokio::test]
async fn an_answer_that_comes_before_all_was_sent_is_the_answer() {
    let text = "HTTP/1.1 413 Payload Too Large\r\ncontent-type: application/json\r\n\
                content-length: 35\r\n\r\n{\"error\":{\"message\":\"too much text\"}}";
    let text = text.replace("35", &(text.len() - text.find('{').expect("a body")).to_string());
    let (answer, _gateway) = answered(large(), &text, false).await;
    assert_eq!(answer.status(), 413);
    let error = answer.json().await;
    assert_eq!(error["error"]["message"], "too much text", "{error}");
}

#[tokio::test]
async fn an_upstream_may_answer_while_it_reads() {
    let (gateway, listener) = gateway_to_bare().await;
    let body = large();
    let echo = async {
        let mut connection = accepted(&listener).await;
        let request = read_head(&mut connection).await;
        let (_, begun) = request.split_once("\r\n\r\n").expect("a head");
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n";
        let first = [head, begun].concat();
        connection.write_all(first.as_bytes()).await.expect("the gateway reads");
        let (from, mut to) = connection.split();
        let mut rest = from.take((body.len() - begun.len()) as u64);
        let copied = within("the echo", tokio::io::copy(&mut rest, &mut to)).await;
        copied.expect("the gateway goes on");
    };
    let asked = async { gateway.post(CHAT, body.clone()).await.text().await };
    assert!(tokio::join!(asked, echo).0 == body, "the echo is what was said");
}

#[tokio::test]
async fn who_reads_nothing_of_a_request_is_given_up_by_a_caller_that_leaves() {
    let (gateway, listener) = gateway_to_bare().await;
    let asked = gateway.post(CHAT, large());
    let accepting = async {
        let mut connection = accepted(&listener).await;
        read_head(&mut connection).await;
        connection
    };
    let mut connection = tokio::select! {
        _ = asked => panic!("nothing was answered"),
        connection = accepting => connection,
    };
    // What was on its way is there, and then the end.
    let mut sink = tokio::io::sink();
    let _proper_or_not = within("the end", tokio::io::copy(&mut connection, &mut sink)).await;
}
