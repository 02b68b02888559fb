//! The Qwen proxy over the wire, with and without a key.

#![cfg(test)]

#[path = "../../gateway/tests/it/support.rs"]
#[expect(dead_code, reason = "the gateway's own tests use all of it")]
mod support;

use qwen_proxy::{Options, Secret, run};
use serde_json::json;
use store::{ApiKey, Catalog, Change, QwenCredentials, Region};
use support::{FakeUpstream, Running, expect_error, within};

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
async fn a_rejected_key_is_not_sent_again() {
    let mut upstream = FakeUpstream::start().await;
    let proxy = proxy(&upstream, Some("sk-canary")).await;
    // A 429 says nothing about the key.
    for (status, valid) in [(200, true), (429, true), (401, false)] {
        let (answer, ()) = tokio::join!(proxy.post(CHAT, "{}"), async {
            upstream.next().await.answer_json(status, &json!({})).await;
        });
        assert_eq!(answer.status(), status);
        let expected = json!({"valid": valid, "expiresAt": null});
        assert_eq!(credentials(&proxy).await, expected, "after {status}");
    }
    let answer = proxy.post(CHAT, "{}").await;
    assert_eq!(answer.status(), 401);
    let message = expect_error(&answer.json().await, "authentication_error", "invalid_api_key");
    assert!(message.contains("rejected") && !message.contains("sk-canary"), "{message}");
    assert!(upstream.has_got_nothing());
}

/// A data directory with these credentials in its catalog, and its owner.
fn stored(key: &str, expires_at_ms: Option<u64>) -> (tempfile::TempDir, Catalog) {
    let folder = tempfile::tempdir().expect("a folder");
    let (catalog, _, warnings) = Catalog::open(&folder.path().join(store::CATALOG_FILE));
    assert_eq!(warnings, Vec::<String>::new());
    store_key(&catalog, key, expires_at_ms);
    (folder, catalog)
}

fn store_key(catalog: &Catalog, key: &str, expires_at_ms: Option<u64>) {
    let credentials = QwenCredentials {
        api_key: ApiKey::try_new(key).expect("a key"),
        expires_at_ms,
        region: Region::China,
        base_url: None,
        created_at_ms: 1,
        updated_at_ms: 1,
    };
    catalog.apply(&[Change::PutQwen(credentials)]).expect("a change");
}

#[tokio::test]
async fn a_replaced_key_is_used_at_once_and_a_stream_goes_on() {
    let mut upstream = FakeUpstream::start().await;
    let (folder, catalog) = stored("sk-first", Some(u64::MAX >> 1));
    let options = Options {
        port: 0,
        base_url: Some(upstream.base_url()),
        data_dir: Some(folder.path().to_owned()),
        api_key: Some(Secret::new("sk-environment")),
        ..Options::default()
    };
    let reload = options.reload.clone();
    let proxy = Running::start(|shutdown, on_listening| run(options, shutdown, on_listening)).await;
    let (mut stream, chunks) = tokio::join!(proxy.post(CHAT, r#"{"stream":true}"#), async {
        let received = upstream.next().await;
        assert_eq!(received.head.headers["authorization"], "Bearer sk-first");
        received.begin(200, "text/event-stream")
    });
    store_key(&catalog, "sk-second", Some(u64::MAX >> 2));
    reload.notify_one();
    let expected = json!({"valid": true, "expiresAt": u64::MAX >> 2});
    within("the new key", async {
        while credentials(&proxy).await != expected {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let (answer, ()) = tokio::join!(proxy.get("/v1/models"), async {
        let received = upstream.next().await;
        assert_eq!(received.head.headers["authorization"], "Bearer sk-second");
        received.answer_json(200, &json!({"object": "list", "data": []})).await;
    });
    assert_eq!(answer.status(), 200);
    for chunk in ["data: 1\n\n", "data: [DONE]\n\n"] {
        chunks.send(chunk).await;
        assert_eq!(stream.chunk().await.expect("a chunk").expect("whole"), chunk);
    }
    drop(chunks);
    assert!(stream.chunk().await.is_none());
}

#[tokio::test]
async fn expired_credentials_are_never_sent() {
    let mut upstream = FakeUpstream::start().await;
    let (folder, _catalog) = stored("sk-stored", Some(1));
    let options = Options {
        port: 0,
        base_url: Some(upstream.base_url()),
        data_dir: Some(folder.path().to_owned()),
        ..Options::default()
    };
    let proxy = Running::start(|shutdown, on_listening| run(options, shutdown, on_listening)).await;
    assert_eq!(credentials(&proxy).await, json!({"valid": false, "expiresAt": 1}));
    let answer = proxy.post(CHAT, "{}").await;
    assert_eq!(answer.status(), 401);
    expect_error(&answer.json().await, "authentication_error", "expired_credentials");
    assert!(upstream.has_got_nothing());
}
