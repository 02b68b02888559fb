//! Models that answer in a stream alone, and callers that want none.

use serde_json::{Value, json};

use crate::{
    CHAT, proxy,
    support::{Chunks, FakeUpstream, Received, expect_error},
};

const BODY: &str = r#"{"model":"qwen3-32b","messages":[],"x_own":1.50}"#;

fn stream_only() -> Value {
    let message = "parameter.enable_thinking must be set to false for non-streaming calls";
    json!({"error": {"message": message, "type": "invalid_request_error", "param": null,
        "code": "invalid_parameter_error"}})
}

/// Checks that the request is for a stream, and begins it.
fn begin(received: Received) -> Chunks {
    let expected = r#"{"model":"qwen3-32b","messages":[],"x_own":1.50,"stream":true,"stream_options":{"include_usage":true}}"#;
    assert_eq!(received.body, expected);
    received.begin(200, "text/event-stream; charset=utf-8")
}

fn event(value: &Value) -> String {
    format!("data: {value}\n\n")
}

fn chunk(delta: &Value, finish: Option<&str>) -> String {
    event(
        &json!({"id": "c1", "object": "chat.completion.chunk", "created": 7, "model": "qwen3-32b",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}),
    )
}

/// Says all of an answer, in lines with this end.
async fn tell(chunks: Chunks, line_end: &str) {
    for said in [
        chunk(&json!({"role": "assistant", "reasoning_content": "Well"}), None),
        chunk(&json!({"content": "Hel"}), None),
        ": ping\n\n".to_owned(),
        chunk(&json!({"content": "lo"}), Some("stop")),
        event(&json!({"choices": [], "usage": {"total_tokens": 9}})),
        "data: [DONE]\n\n".to_owned(),
    ] {
        chunks.send(said.replace('\n', line_end)).await;
    }
}

#[tokio::test]
async fn a_refused_call_is_repeated_as_a_stream_and_put_together() {
    let mut upstream = FakeUpstream::start().await;
    let proxy = proxy(&upstream, Some("sk-canary")).await;
    let whole = json!({
        "id": "c1", "object": "chat.completion", "created": 7, "model": "qwen3-32b", "usage": {"total_tokens": 9},
        "choices": [{"index": 0, "finish_reason": "stop",
            "message": {"role": "assistant", "content": "Hello", "reasoning_content": "Well"}}],
    });
    let (answer, ()) = tokio::join!(proxy.post(CHAT, BODY), async {
        let received = upstream.next().await;
        assert_eq!(received.body, BODY);
        received.answer_json(400, &stream_only()).await;
        tell(begin(upstream.next().await), "\n").await;
    });
    assert_eq!((answer.status(), answer.header("content-type")), (200, Some("application/json")));
    assert_eq!(answer.json().await, whole);
    for line_end in ["\n", "\r\n", "\r"] {
        let (again, ()) = tokio::join!(proxy.post(CHAT, BODY), async {
            tell(begin(upstream.next().await), line_end).await;
        });
        assert_eq!(again.json().await, whole, "it is remembered; lines end with {line_end:?}");
    }
    let other = r#"{"model":"qwen3-32b","enable_thinking":false}"#;
    let (answer, ()) = tokio::join!(proxy.post(CHAT, other), async {
        let received = upstream.next().await;
        assert_eq!(received.body, other, "which was not refused");
        received.answer_json(200, &json!({})).await;
    });
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn who_asked_for_a_stream_is_told() {
    let mut upstream = FakeUpstream::start().await;
    let proxy = proxy(&upstream, Some("sk-canary")).await;
    let (answer, ()) = tokio::join!(proxy.post(CHAT, r#"{"model":"m","stream":true}"#), async {
        upstream.next().await.answer_json(400, &stream_only()).await;
    });
    assert_eq!(answer.status(), 400);
    expect_error(&answer.json().await, "invalid_request_error", "stream_required");
    assert!(upstream.has_got_nothing());
}

#[tokio::test]
async fn half_a_stream_is_no_answer() {
    let mut upstream = FakeUpstream::start().await;
    let proxy = proxy(&upstream, Some("sk-canary")).await;
    for is_broken in [true, false] {
        let (answer, ()) = tokio::join!(proxy.post(CHAT, BODY), async {
            let mut received = upstream.next().await;
            if received.body == BODY {
                received.answer_json(400, &stream_only()).await;
                received = upstream.next().await;
            }
            let chunks = begin(received);
            chunks.send(chunk(&json!({"content": "Hel"}), None)).await;
            if is_broken {
                chunks.break_off().await;
            }
        });
        assert_eq!(answer.status(), 502);
        let message = expect_error(&answer.json().await, "upstream_error", "upstream_cut");
        assert!(message.starts_with("qwen"), "{message}");
    }
}

#[tokio::test]
async fn an_error_in_the_stream_is_the_answer() {
    let mut upstream = FakeUpstream::start().await;
    let proxy = proxy(&upstream, Some("sk-canary")).await;
    let error = json!({"error": {"message": "Output data may contain inappropriate content.",
        "code": "data_inspection_failed"}, "request_id": "r"});
    let (answer, ()) = tokio::join!(proxy.post(CHAT, BODY), async {
        upstream.next().await.answer_json(400, &stream_only()).await;
        let chunks = begin(upstream.next().await);
        chunks.send(chunk(&json!({"content": "Hel"}), None)).await;
        chunks.send(event(&error)).await;
    });
    assert_eq!(answer.status(), 400);
    let body = answer.json().await;
    let message = expect_error(&body, "invalid_request_error", "data_inspection_failed");
    assert!(message.starts_with("Output data may contain inappropriate content."), "{message}");
    assert_eq!((&body["request_id"], &body["error"]["provider"]), (&json!("r"), &json!("qwen")));
}

#[tokio::test]
async fn who_goes_away_ends_the_stream_upstream() {
    let mut upstream = FakeUpstream::start().await;
    let proxy = proxy(&upstream, Some("sk-canary")).await;
    let call = proxy.post(CHAT, BODY);
    let chunks = async {
        upstream.next().await.answer_json(400, &stream_only()).await;
        let chunks = begin(upstream.next().await);
        chunks.send(chunk(&json!({"content": "Hel"}), None)).await;
        chunks
    };
    let chunks = tokio::select! {
        answer = call => panic!("an answer: {}", answer.status()),
        chunks = chunks => chunks,
    };
    chunks.cancelled().await;
}
