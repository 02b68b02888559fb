//! The Qwen proxy over the wire, with and without a key.

#![cfg(test)]

#[path = "../../gateway/tests/it/support.rs"]
#[expect(dead_code, reason = "the gateway's own tests use all of it")]
mod support;

use qwen_proxy::{Options, Secret, run};
use serde_json::json;
use support::{FakeUpstream, Running, expect_error};

const CHAT: &str = "/v1/chat/completions";

async fn proxy(upstream: &FakeUpstream, api_key: Option<&str>) -> Running {
    let base_url = Some(upstream.base_url());
    let options =
        Options { port: 0, base_url, api_key: api_key.map(Secret::new), ..Options::default() };
    Running::start(|shutdown, on_listening| run(options, shutdown, on_listening)).await
}

async fn credentials(proxy: &Running) -> serde_json::Value {
    let health = proxy.get("/health").await.json().await;
    assert_eq!(health["status"], "ok");
    assert_eq!(health["version"], env!("CARGO_PKG_VERSION"));
    health["credentials"].clone()
}

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
async fn without_a_key_it_says_what_to_set() {
    let mut upstream = FakeUpstream::start().await;
    for key in [None, Some(" ")] {
        let proxy = proxy(&upstream, key).await;
        assert_eq!(credentials(&proxy).await, json!({"valid": false, "expiresAt": null}));
        for answer in [proxy.post(CHAT, "{}").await, proxy.get("/v1/models").await] {
            assert_eq!(answer.status(), 401);
            let body = answer.json().await;
            let message = expect_error(&body, "authentication_error", "missing_credentials");
            assert!(message.contains("DASHSCOPE_API_KEY"), "{message}");
        }
    }
    assert!(upstream.has_got_nothing());
}

#[tokio::test]
async fn health_follows_what_the_upstream_says_of_the_key() {
    let mut upstream = FakeUpstream::start().await;
    let proxy = proxy(&upstream, Some("sk-canary")).await;
    // A 429 says nothing about the key.
    for (status, valid) in [(200, true), (401, false), (429, false), (200, true)] {
        let (answer, ()) = tokio::join!(proxy.post(CHAT, "{}"), async {
            upstream.next().await.answer_json(status, &json!({})).await;
        });
        assert_eq!(answer.status(), status);
        let expected = json!({"valid": valid, "expiresAt": null});
        assert_eq!(credentials(&proxy).await, expected, "after {status}");
    }
}
