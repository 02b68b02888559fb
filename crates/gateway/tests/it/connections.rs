//! Connections to an upstream without TLS: kept for the next request, and given up in time.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::{
    bare::{accepted, gateway_to_bare},
    support::{Running, within},
};

const CHAT: &str = "/v1/chat/completions";
const WHOLE: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
const STREAM: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
                      transfer-encoding: chunked\r\n\r\n\
                      17\r\ndata: 1\n\ndata: [DONE]\n\n\r\n0\r\n\r\n";
const CLOSING: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
                       connection: close\r\ncontent-length: 2\r\n\r\n{}";

/// Takes one request, whose body is `{}`, and answers.
async fn answer(connection: &mut TcpStream, answer: &str) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n{}") {
        let read = within("a request", connection.read_buf(&mut request)).await;
        assert_ne!(read.expect("a request"), 0, "the connection was closed");
    }
    connection.write_all(answer.as_bytes()).await.expect("the gateway reads");
}

/// Has a request answered over this connection.
async fn exchange(gateway: &Running, connection: &mut TcpStream, text: &str) {
    let asked = async { gateway.post(CHAT, "{}").await.text().await };
    tokio::join!(asked, answer(connection, text));
}

/// Has a request answered over a new connection.
async fn first_exchange(gateway: &Running, listener: &TcpListener, text: &str) -> TcpStream {
    let asked = async { gateway.post(CHAT, "{}").await.text().await };
    let answered = async {
        let mut connection = accepted(listener).await;
        answer(&mut connection, text).await;
        connection
    };
    tokio::join!(asked, answered).1
}

#[tokio::test]
async fn one_connection_carries_one_request_after_another() {
    let (gateway, listener) = gateway_to_bare().await;
    let mut connection = first_exchange(&gateway, &listener, WHOLE).await;
    for text in [STREAM, WHOLE, STREAM, STREAM, WHOLE] {
        exchange(&gateway, &mut connection, text).await;
    }
}

#[tokio::test]
async fn requests_at_the_same_time_have_a_connection_each() {
    let (gateway, listener) = gateway_to_bare().await;
    let asked = async { gateway.post(CHAT, "{}").await.text().await };
    let answered = async {
        let mut first = accepted(&listener).await;
        let second = first_exchange(&gateway, &listener, WHOLE).await;
        answer(&mut first, WHOLE).await;
        (first, second)
    };
    let (_, (mut first, second)) = tokio::join!(asked, answered);
    // The one that was used last is used next; the other one waits.
    exchange(&gateway, &mut first, WHOLE).await;
    drop(second);
    exchange(&gateway, &mut first, WHOLE).await;
}

#[tokio::test]
async fn what_the_upstream_ends_meanwhile_costs_nobody_a_request() {
    let (gateway, listener) = gateway_to_bare().await;
    drop(first_exchange(&gateway, &listener, WHOLE).await);
    let mut speaks = first_exchange(&gateway, &listener, WHOLE).await;
    let unasked = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n";
    speaks.write_all(unasked).await.expect("the gateway is there");
    let mut closes = first_exchange(&gateway, &listener, CLOSING).await;
    let mut rest = Vec::new();
    within("the end", closes.read_to_end(&mut rest)).await.expect("a proper end");
    first_exchange(&gateway, &listener, WHOLE).await;
}

#[tokio::test]
async fn one_that_nobody_needs_is_closed_after_a_while() {
    let (gateway, listener) = gateway_to_bare().await;
    let mut connection = first_exchange(&gateway, &listener, WHOLE).await;
    tokio::time::pause();
    let mut rest = Vec::new();
    within("the end", connection.read_to_end(&mut rest)).await.expect("a proper end");
    assert_eq!(rest, b"");
    tokio::time::resume();
    first_exchange(&gateway, &listener, WHOLE).await;
}
