//! Callers that are slow.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time,
};

use crate::support::{FakeUpstream, Running, expect_error};

/// What is said until the connection is closed, on a clock that jumps to the next deadline whenever
/// nothing else is to be done.
async fn said_in_the_end(connection: &mut TcpStream) -> String {
    time::pause();
    let begun = time::Instant::now();
    let mut said = Vec::new();
    while let Ok(1..) = connection.read_buf(&mut said).await {}
    let waited = begun.elapsed();
    time::resume();
    assert!(waited < time::Duration::from_secs(200), "it was waited for {waited:?}");
    String::from_utf8(said).expect("text")
}

#[tokio::test]
async fn who_never_ends_a_body_is_told_so_and_cut_off() {
    let upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    for path in ["/v1/chat/completions", "/v1/messages/count_tokens"] {
        for beginning in
            ["Content-Length: 67108864\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\n1\r\n{"]
        {
            let mut connection = TcpStream::connect(gateway.address).await.expect("it listens");
            let request = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\n{beginning}");
            connection.write_all(request.as_bytes()).await.expect("it reads");
            let said = said_in_the_end(&mut connection).await;
            let (head, body) = said.split_once("\r\n\r\n").expect("a whole answer");
            assert!(head.starts_with("HTTP/1.1 408 "), "{head}");
            assert!(head.contains("connection: close"), "{head}");
            let body = serde_json::from_str(body).expect("JSON");
            if path.ends_with("completions") {
                expect_error(&body, "invalid_request_error", "body_too_slow");
            }
        }
    }
}
