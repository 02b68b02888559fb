//! Chunks are passed on as they arrive, and nothing of a request or an answer is lost.

use crate::support::{FakeUpstream, Running};
use http::Request;
use http_body_util::BodyExt;
use serde_json::json;
use std::time::Duration;
use tokio::time::{Instant, timeout};

const CHAT: &str = "/v1/chat/completions";

#[tokio::test]
async fn each_chunk_arrives_alone_and_before_the_next_is_sent() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let (mut answer, chunks) = tokio::join!(gateway.post(CHAT, r#"{"stream":true}"#), async {
        upstream.next().await.begin(200, "text/event-stream; charset=utf-8")
    });
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.header("content-type"), Some("text/event-stream; charset=utf-8"));
    assert_eq!(answer.header("x-accel-buffering"), Some("no"));
    // Chunks that are no whole events, and one that is empty lines only, stay as they are.
    for chunk in ["data: {\"a\":", "1}\n\n", ": ping\n\n", "\r\n", "data: [DONE]\n\n"] {
        chunks.send(chunk).await;
        assert_eq!(answer.chunk().await.expect("a chunk").expect("whole"), chunk);
    }
    drop(chunks);
    assert!(answer.chunk().await.is_none());
}

#[tokio::test]
async fn a_stream_is_one_whatever_its_head_calls_it() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    for kind in ["text/plain", "application/json"] {
        for first in ["data: {\"a\":1}\n\n", ": loading\n\ndata: {}\n\n", "event: x\ndata: {}\n\n"]
        {
            let (mut answer, chunks) =
                tokio::join!(gateway.post(CHAT, r#"{"stream":true}"#), async {
                    let chunks = upstream.next().await.begin(200, kind);
                    chunks.send(first).await;
                    chunks
                });
            assert_eq!(answer.status(), 200);
            assert_eq!(answer.header("content-type"), Some("text/event-stream"));
            for chunk in [first, "data: [DONE]\n\n"] {
                if chunk != first {
                    chunks.send(chunk).await;
                }
                assert_eq!(answer.chunk().await.expect("a chunk").expect("whole"), chunk);
            }
            drop(chunks);
            assert!(answer.chunk().await.is_none());
        }
    }
}

#[tokio::test]
async fn chunks_that_come_together_are_not_joined() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let mut sent: Vec<String> = (0..200).map(|n| format!("data: {n}\n\n")).collect();
    sent.push("data: [DONE]\n\n".to_owned());
    let (mut answer, ()) = tokio::join!(gateway.post(CHAT, "{}"), async {
        let chunks = upstream.next().await.begin(200, "text/event-stream");
        for chunk in &sent {
            chunks.send(chunk.clone()).await;
        }
    });
    for chunk in &sent {
        assert_eq!(answer.chunk().await.expect("a chunk").expect("whole"), chunk.as_str());
    }
    assert!(answer.chunk().await.is_none());
}

#[tokio::test]
async fn bytes_query_and_headers_travel_but_not_the_callers_key() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let body = " {\"model\":\"m\", \"unknown\":{\"b\":1.50,\"a\":[ ]}}\n";
    let request = Request::post("/v1/chat/completions?api-version=1")
        .header("authorization", "Bearer mine")
        .header("content-type", "application/json")
        .header("x-dashscope-useragent", "QwenCode")
        .header("connection", "x-private")
        .header("x-private", "1");
    let (answer, ()) = tokio::join!(gateway.call().await.send_body(request, body), async {
        let received = upstream.next().await;
        assert_eq!(received.head.uri, "/v1/chat/completions?api-version=1");
        assert_eq!(received.body, body);
        let headers = &received.head.headers;
        assert_eq!(headers["authorization"], "Bearer upstream-key");
        assert_eq!(headers["x-dashscope-useragent"], "QwenCode");
        assert_eq!(headers["host"], upstream.address.to_string());
        assert_eq!(headers["accept-encoding"], "identity");
        assert_eq!(headers.get_all("content-length").iter().count(), 1);
        assert!(!headers.contains_key("x-private"));
        received.answer(200, "application/json", "{ \"unknown\":1.50 }").await;
    });
    assert_eq!(answer.text().await, "{ \"unknown\":1.50 }");
}

#[tokio::test]
async fn models_and_the_other_endpoints_reach_the_upstream() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    for path in ["/v1/models", "/v1/models/org/model:8b", "/v1/models/a%20b?x=1"] {
        let (answer, ()) = tokio::join!(gateway.get(path), async {
            let received = upstream.next().await;
            assert_eq!(received.head.method, "GET");
            assert_eq!(received.head.uri, path);
            received.answer_json(200, &json!({"id": path})).await;
        });
        assert_eq!(answer.json().await, json!({"id": path}));
    }
    for path in ["/v1/completions", "/v1/embeddings"] {
        let (answer, ()) = tokio::join!(gateway.post(path, "{}"), async {
            let received = upstream.next().await;
            assert_eq!(received.head.uri, path);
            assert_eq!(received.head.headers["content-type"], "application/json");
            received.answer_json(200, &json!({})).await;
        });
        assert_eq!(answer.status(), 200);
    }
}

/// Time is not waited for here: it passes as soon as nobody has anything else to do.
#[tokio::test(start_paused = true)]
async fn a_stream_whose_upstream_is_silent_gets_comments_between_its_events() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let (mut answer, chunks) = tokio::join!(gateway.post(CHAT, "{}"), async {
        upstream.next().await.begin(200, "text/event-stream")
    });
    let begun = Instant::now();
    for pings in 1..=2 {
        assert_eq!(answer.chunk().await.expect("a chunk").expect("whole"), ": ping\n\n");
        assert_eq!(begun.elapsed().as_secs(), pings * 15);
    }
    // Within an event there is nothing to be added.
    chunks.send("data: {\"half\"").await;
    answer.chunk().await.expect("a chunk").expect("whole");
    let next = timeout(Duration::from_secs(200), answer.response.body_mut().frame()).await;
    assert!(next.is_err(), "{next:?}");
    chunks.send(":1}\n\n").await;
    assert_eq!(answer.chunk().await.expect("a chunk").expect("whole"), ":1}\n\n");
    assert_eq!(answer.chunk().await.expect("a chunk").expect("whole"), ": ping\n\n");
}

#[tokio::test(start_paused = true)]
async fn comments_do_not_keep_a_silent_upstream_alive() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let (mut answer, chunks) = tokio::join!(gateway.post(CHAT, "{}"), async {
        upstream.next().await.begin(200, "text/event-stream")
    });
    let mut text = String::new();
    while let Some(Ok(chunk)) = answer.chunk().await {
        text.push_str(std::str::from_utf8(&chunk).expect("text"));
    }
    // 300 s of silence, of which the last 15 end with the error.
    let (pings, error) = text.rsplit_once(": ping\n\n").expect("comments");
    assert_eq!(pings, ": ping\n\n".repeat(18));
    assert!(error.starts_with("data: {\"error\""), "{error}");
    chunks.cancelled().await;
}

#[tokio::test]
async fn a_connection_that_died_while_it_was_kept_costs_no_request() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    for _ in 0..20 {
        let (answer, ()) = tokio::join!(gateway.post(CHAT, "{}"), async {
            let close = http::Response::builder().status(200).header("content-length", "2");
            let close = close.header("content-type", "application/json");
            upstream.next().await.begin_with(close).send("{}").await;
        });
        assert_eq!(answer.text().await, "{}");
        upstream.close_connections().await;
        // A round later the gateway has seen it.
        gateway.get("/health").await;
    }
}
