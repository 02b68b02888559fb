//! What becomes of an answer that is no stream: whole, in part, or large.

use crate::support::{FakeUpstream, Received, Running, Several, expect_error, listen};
use bytes::Bytes;
use gateway::Timeouts;
use http::Response;
use serde_json::json;

const CHAT: &str = "/v1/chat/completions";
const JSON: &str = "application/json";

/// What is said with a good status and is no document, and why.
const BROKEN: [(&str, &str); 5] = [
    (r#"{"choices":[{"message":{"content":"ha"#, "EOF"),
    (r#"{"choices":["#, "EOF"),
    (r#"{"choices":[]}{"choices":[]}"#, "trailing"),
    ("{\"choices\":[]}\n<html>Bad gateway</html>", "trailing"),
    (r#"{"choices":[tru]}"#, "expected"),
];

#[tokio::test]
async fn what_is_not_json_as_a_whole_is_502() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    for path in [CHAT, "/v1/completions", "/v1/embeddings"] {
        for (body, why) in BROKEN {
            let (answer, ()) = tokio::join!(gateway.post(path, "{}"), async {
                upstream.next().await.answer(200, JSON, body).await;
            });
            assert_eq!(answer.status(), 502, "{path}: {body}");
            let body = answer.json().await;
            assert_eq!(body["error"]["provider"], "fake");
            let message = expect_error(&body, "upstream_error", "upstream_invalid_response");
            let what = "answered HTTP 200 with what is not JSON as a whole";
            assert!(message.starts_with("fake (") && message.contains(what), "{message}");
            assert!(message.contains(why) && message.contains("{\"choices"), "{message}");
        }
    }
}

#[tokio::test]
async fn so_it_is_in_answer_to_a_response() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    // It may be the page that a server has for all that it does not know, so a chat is asked for too.
    let (answer, ()) = tokio::join!(gateway.post("/v1/responses", r#"{"input":"a"}"#), async {
        upstream.next().await.answer(200, JSON, r#"{"object":"resp"#).await;
        upstream.next().await.answer(200, JSON, r#"{"choices":"#).await;
    });
    assert_eq!(answer.status(), 502);
    expect_error(&answer.json().await, "upstream_error", "upstream_invalid_response");
}

#[tokio::test]
async fn another_provider_may_have_the_whole() {
    let (mut a, mut b) = (FakeUpstream::start().await, FakeUpstream::start().await);
    let several = Several::at(&[&a.base_url(), &b.base_url()], Timeouts::default());
    let gateway = Running::gateway_with(listen(), several).await;
    for is_cut in [true, false] {
        let (answer, ()) = tokio::join!(gateway.post(CHAT, "{}"), async {
            let chunks = a.next().await.begin(200, JSON);
            chunks.send(r#"{"choices":["#).await;
            if is_cut {
                chunks.break_off().await;
            } else {
                drop(chunks);
            }
            b.next().await.answer_json(200, &json!({"by": "b"})).await;
        });
        assert_eq!((answer.status(), answer.header("x-provider")), (200, Some("b")));
        assert_eq!(answer.json().await, json!({"by": "b"}));
    }
}

#[tokio::test]
async fn an_error_with_a_good_status_is_one() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    for (said, status) in [
        (json!({"error": {"message": "no", "code": 429}}), 429),
        (json!({"object": "error", "message": "no", "code": 400}), 400),
        (json!({"error": {"message": "no", "code": "overloaded"}}), 502),
    ] {
        let (answer, ()) = tokio::join!(gateway.post(CHAT, "{}"), async {
            upstream.next().await.answer_json(200, &said).await;
        });
        assert_eq!(answer.status(), status, "{said}");
        let body = answer.json().await;
        assert_eq!(
            (&body["error"]["message"], &body["error"]["provider"]),
            (&json!("no"), &json!("fake"))
        );
    }
}

#[tokio::test]
async fn nothing_is_no_answer() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    for (said, what) in [("[]", "a list"), (r#"{"choices":[]}"#, "without a choice")] {
        let (answer, ()) = tokio::join!(gateway.post(CHAT, "{}"), async {
            upstream.next().await.answer(200, JSON, said).await;
        });
        assert_eq!(answer.status(), 502, "{said}");
        let body = answer.json().await;
        let message = expect_error(&body, "upstream_error", "upstream_invalid_response");
        assert!(message.starts_with("fake (") && message.contains(what), "{message}");
    }
}

#[tokio::test]
async fn a_document_comes_as_it_was_sent() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let pieces = [" \r\n", "{\"a\" : \"\\u00e9\"", ",\"b\":[1e400, 1.50]", "}\n"];
    let (answer, ()) = tokio::join!(gateway.post(CHAT, "{}"), async {
        let chunks = upstream.next().await.begin(200, JSON);
        for piece in pieces {
            chunks.send(piece).await;
        }
    });
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.text().await, pieces.concat());
}

/// The beginning of a document that is large, and what it ends with.
fn large() -> (Bytes, &'static str) {
    let text = format!("{{\"data\":[{}0", "0,".repeat(1024 * 1024));
    (text.into(), "]}")
}

async fn passes_while_it_comes(gateway: &Running, upstream: &mut FakeUpstream, is_told: bool) {
    let (start, end) = large();
    let begin = |received: Received| {
        let head = Response::builder().status(200).header("content-type", JSON);
        let length = start.len() + end.len();
        received.begin_with(if is_told { head.header("content-length", length) } else { head })
    };
    let (mut answer, chunks) = tokio::join!(gateway.post(CHAT, "{}"), async {
        let chunks = begin(upstream.next().await);
        chunks.send(start.clone()).await;
        chunks
    });
    assert_eq!(answer.status(), 200);
    let mut got = 0;
    while got < start.len() {
        got += answer.chunk().await.expect("a chunk").expect("whole").len();
    }
    chunks.send(end).await;
    drop(chunks);
    assert_eq!(answer.text().await, end);
}

#[tokio::test]
async fn what_is_large_is_passed_on_while_it_comes() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    for is_told in [true, false] {
        passes_while_it_comes(&gateway, &mut upstream, is_told).await;
    }
}
