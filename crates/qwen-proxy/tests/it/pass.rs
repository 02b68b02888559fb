//! What travels on as it is, both ways.

use http::Request;
use serde_json::json;

use crate::{CHAT, proxy, support::FakeUpstream};

/// As Qwen's own tools send it.
const BODY: &str = r#"{ "model":"qwen3.5-plus", "messages":[{"role":"user","content":[{"type":"text","text":"Hi","cache_control":{"type":"ephemeral"}}]}],
  "enable_thinking": true, "thinking_budget":1000,"enable_search":true,"search_options":{"forced_search":true}, "top_k":20 , "preserve_thinking":true,
  "vl_high_resolution_images":false,"metadata":{"sessionId":"s","promptId":"p"},"stream":STREAM,"x_new":12345678901234567890 }"#;

#[tokio::test]
async fn chat_and_models_go_out_with_the_key() {
    let mut upstream = FakeUpstream::start().await;
    let proxy = proxy(&upstream, Some("sk-canary\n")).await;
    let body = r#"{"model":"qwen-plus","enable_thinking":false}"#;
    let (answer, ()) = tokio::join!(proxy.post(CHAT, body), async {
        let received = upstream.next().await;
        assert_eq!(received.head.headers["authorization"], "Bearer sk-canary");
        assert_eq!(received.body, body);
        received.answer_json(200, &json!({"object": "chat.completion"})).await;
    });
    assert_eq!(answer.json().await, json!({"object": "chat.completion"}));
    let (answer, ()) = tokio::join!(proxy.get("/v1/models"), async {
        upstream.next().await.answer_json(200, &json!({"object": "list", "data": []})).await;
    });
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn qwens_own_parameters_and_headers_go_out_untouched() {
    let mut upstream = FakeUpstream::start().await;
    let proxy = proxy(&upstream, Some("sk-canary")).await;
    for stream in ["false", "true"] {
        let body = BODY.replace("STREAM", stream);
        let request = Request::post(CHAT)
            .header("x-dashscope-cachecontrol", "enable")
            .header("x-dashscope-useragent", "QwenCode/0.24.4")
            .header("x-dashscope-authtype", "openai");
        let (answer, ()) =
            tokio::join!(proxy.call().await.send_body(request, body.clone()), async {
                let received = upstream.next().await;
                assert_eq!(received.head.uri.path(), CHAT);
                assert_eq!(received.head.headers["x-dashscope-cachecontrol"], "enable");
                assert_eq!(received.head.headers["x-dashscope-useragent"], "QwenCode/0.24.4");
                assert_eq!(received.head.headers["x-dashscope-authtype"], "openai");
                assert_eq!(received.body, body);
                received.answer_json(200, &json!({})).await;
            });
        assert_eq!(answer.status(), 200);
    }
}

#[tokio::test]
async fn what_it_thought_comes_back_untouched() {
    let mut upstream = FakeUpstream::start().await;
    let proxy = proxy(&upstream, Some("sk-canary")).await;
    let whole = r#"{"choices":[{"message":{"content":"a","reasoning_content":"b"}}], "x":1.50}"#;
    let stream = "data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"b\"}}]}\r\n\r\ndata: [DONE]\r\n\r\n";
    for (kind, text) in [("application/json", whole), ("text/event-stream", stream)] {
        let (answer, ()) = tokio::join!(proxy.post(CHAT, "{}"), async {
            let received = upstream.next().await;
            let head = http::Response::builder().header("content-type", kind);
            let head = head.header("x-dashscope-call-gateway", "true").header("x-request-id", "r");
            received.begin_with(head).send(text).await;
        });
        assert_eq!(answer.header("x-dashscope-call-gateway"), Some("true"));
        assert_eq!(answer.header("x-request-id"), Some("r"));
        assert_eq!(answer.text().await, text);
    }
}
