//! How long an answer is, as the caller is told: as it was understood, whatever the upstream said.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{
    bare::{accepted, gateway_to_bare},
    support::within,
};

const CHAT: &str = "/v1/chat/completions";
const CHUNKED: &str = "transfer-encoding: chunked\r\n";

/// The caller gets all of `said`, and is told this length.
async fn check(fields: &str, body: &str, said: &str, length: Option<usize>) {
    let (gateway, listener) = gateway_to_bare().await;
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{fields}\r\n");
    let spoken = async {
        let mut connection = accepted(&listener).await;
        let asked = within("a request", connection.read(&mut [0; 1024])).await;
        assert_ne!(asked.expect("a request"), 0);
        connection.write_all(head.as_bytes()).await.expect("the gateway reads");
        connection.write_all(body.as_bytes()).await.expect("the gateway reads");
    };
    let asked = async {
        let answer = gateway.post(CHAT, "{}").await;
        let told = answer.header("content-length").map(str::to_owned);
        assert_eq!(told, length.map(|length| length.to_string()), "{fields}");
        assert_eq!(answer.header("transfer-encoding").is_none(), length.is_some(), "{fields}");
        assert_eq!(answer.status(), 200, "{fields}");
        assert!(answer.text().await == said, "{fields}");
    };
    tokio::join!(asked, spoken);
}

#[tokio::test]
async fn a_length_that_chunks_contradict_is_not_told() {
    for field in ["5", "1", "x", "1\r\ncontent-length: 5", "0", ""] {
        let fields = format!("{CHUNKED}content-length: {field}\r\n");
        check(&fields, "2\r\n{}\r\n0\r\n\r\n", "{}", Some(2)).await;
    }
}

#[tokio::test]
async fn the_length_of_what_was_read_whole_is_told() {
    check(CHUNKED, "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", "{}", Some(2)).await;
    check("", "{}", "{}", Some(2)).await;
    for length in ["2", "2, 2", "2\r\ncontent-length: 2", "02"] {
        check(&format!("content-length: {length}\r\n"), "{}", "{}", Some(2)).await;
    }
}

#[tokio::test]
async fn of_what_passes_as_it_comes_the_length_is_told_if_it_is_known() {
    let large = format!("[{}0]", "0,".repeat(1024 * 1024));
    let length = large.len();
    check(&format!("content-length: {length}, {length}\r\n"), &large, &large, Some(length)).await;
    let chunked = format!("{length:x}\r\n{large}\r\n0\r\n\r\n");
    check(&format!("{CHUNKED}content-length: 7\r\n"), &chunked, &large, None).await;
    check("", &large, &large, None).await;
}
