//! With which keys requests go out, and with which they do not.

use qwen_proxy::{Options, Secret, run};
use serde_json::{Value, json};
use store::{ApiKey, Catalog, Change, QwenCredentials, Region};

use crate::{
    CHAT, proxy,
    support::{FakeUpstream, Running, expect_error, within},
};

async fn credentials(proxy: &Running) -> Value {
    let health = proxy.get("/health").await.json().await;
    assert_eq!(health["status"], "ok");
    assert_eq!(health["version"], env!("CARGO_PKG_VERSION"));
    health["credentials"].clone()
}

fn state(state: &str, valid: bool, expires_at: Option<u64>) -> Value {
    json!({"valid": valid, "expiresAt": expires_at, "state": state, "warning": null})
}

#[tokio::test]
async fn without_a_key_it_says_what_to_set() {
    let mut upstream = FakeUpstream::start().await;
    for key in [None, Some(" ")] {
        let proxy = proxy(&upstream, key).await;
        assert_eq!(credentials(&proxy).await, state("missing", false, None));
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
    assert_eq!(credentials(&proxy).await, state("unverified", true, None));
    for (status, expected, valid) in [
        (500, "unverified", true),
        (403, "unverified", true),
        (200, "valid", true),
        (403, "valid", true),
        (401, "rejected", false),
    ] {
        let (answer, ()) = tokio::join!(proxy.post(CHAT, "{}"), async {
            upstream.next().await.answer_json(status, &json!({})).await;
        });
        assert_eq!(answer.status(), status);
        assert_eq!(credentials(&proxy).await, state(expected, valid, None), "after {status}");
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
    let proxy =
        Running::start(|shutdown, on_listening| run(options, shutdown, on_listening, |_| {})).await;
    let (mut stream, chunks) = tokio::join!(proxy.post(CHAT, r#"{"stream":true}"#), async {
        let received = upstream.next().await;
        assert_eq!(received.head.headers["authorization"], "Bearer sk-first");
        received.begin(200, "text/event-stream")
    });
    store_key(&catalog, "sk-second", Some(u64::MAX >> 2));
    reload.notify_one();
    let expected = state("unverified", true, Some(u64::MAX >> 2));
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
    let proxy =
        Running::start(|shutdown, on_listening| run(options, shutdown, on_listening, |_| {})).await;
    assert_eq!(credentials(&proxy).await, state("expired", false, Some(1)));
    let answer = proxy.post(CHAT, "{}").await;
    assert_eq!(answer.status(), 401);
    expect_error(&answer.json().await, "authentication_error", "expired_credentials");
    assert!(upstream.has_got_nothing());
}

#[tokio::test]
async fn an_account_that_does_not_pay_is_not_asked_again_at_once() {
    let mut upstream = FakeUpstream::start().await;
    let proxy = proxy(&upstream, Some("sk-canary")).await;
    let unpaid = json!({"error": {"message": "Access denied.", "code": "Arrearage"}});
    let (answer, ()) = tokio::join!(proxy.post(CHAT, "{}"), async {
        upstream.next().await.answer_json(400, &unpaid).await;
    });
    assert_eq!(answer.status(), 400);
    let body = answer.json().await;
    let message = expect_error(&body, "insufficient_quota", "insufficient_quota");
    assert!(message.starts_with("Access denied. The account has to be settled"), "{message}");
    assert_eq!(body["error"]["qwen_code"], "Arrearage");
    assert_eq!(credentials(&proxy).await, state("out_of_quota", true, None));
    let answer = proxy.post(CHAT, "{}").await;
    assert_eq!(answer.status(), 429);
    let message = expect_error(&answer.json().await, "insufficient_quota", "insufficient_quota");
    assert!(message.ends_with("Model Studio said: Access denied."), "{message}");
    assert!(upstream.has_got_nothing());
    let (models, ()) = tokio::join!(proxy.get("/v1/models"), async {
        upstream.next().await.answer_json(200, &json!({"object": "list", "data": []})).await;
    });
    assert_eq!(models.status(), 200, "which cost nothing");
    assert_eq!(credentials(&proxy).await, state("out_of_quota", true, None));
}

#[tokio::test]
async fn a_coding_plans_key_comes_with_a_warning() {
    let upstream = FakeUpstream::start().await;
    let proxy = proxy(&upstream, Some("sk-sp-canary")).await;
    let health = credentials(&proxy).await;
    let warning = health["warning"].as_str().expect("a warning");
    assert!(warning.contains("Coding Plan") && !warning.contains("canary"), "{warning}");
}
