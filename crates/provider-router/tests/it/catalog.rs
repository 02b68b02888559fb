//! Where requests go by the catalog, and what callers are told where they do not.

use crate::support::{FakeUpstream, expect_error};
use crate::{
    CHAT, active, catalog, error_of, list, passed, provider, provider_at, put, until_status,
    with_catalog,
};
use serde_json::json;
use store::{Change, Model, OwnTimeouts, Provider, Seconds, Setting};

fn model(id: &str, provider: &str, upstream: &str) -> Change {
    Change::PutModel(Model {
        id: id.to_owned(),
        name: format!("Model {id}"),
        provider_id: provider.to_owned(),
        upstream_model: upstream.to_owned(),
        capabilities: Vec::new(),
        created_at_ms: 1,
        updated_at_ms: 1,
    })
}

#[tokio::test]
async fn the_model_decides_and_only_its_name_changes() {
    let (mut a, mut b) = (FakeUpstream::start().await, FakeUpstream::start().await);
    let providers = [put(provider("a", &a)), put(provider("b", &b)), active("a")];
    let (folder, owner) = catalog(&providers);
    owner.apply(&[model("mine", "b", "org/real")]).expect("a change");
    let (router, _) = with_catalog(folder.path()).await;
    list(&mut a, &["m", "org/m"]).await;
    list(&mut b, &["n"]).await;
    until_status(&router, "a", "ok").await;
    until_status(&router, "b", "ok").await;

    let body = r#" {"x_unknown": [1.50, null],"model" : "b/k", "stream":false}"#;
    let renamed = r#" {"x_unknown": [1.50, null],"model" : "k", "stream":false}"#;
    passed(&router, body, &mut b, renamed).await;
    passed(&router, r#"{"model":"mine"}"#, &mut b, r#"{"model":"org/real"}"#).await;
    passed(&router, r#"{"model":"Model mine"}"#, &mut b, r#"{"model":"org/real"}"#).await;
    for body in [r#"{"model":"org/m"}"#, r#"{"model":"m", "n":1e400}"#, "{ }"] {
        passed(&router, body, &mut a, body).await;
    }
    passed(&router, r#"{"model":"n"}"#, &mut b, r#"{"model":"n"}"#).await;
    assert!(a.has_got_nothing() && b.has_got_nothing());
}

#[tokio::test]
async fn each_provider_gets_its_own_key() {
    let mut a = FakeUpstream::start().await;
    let (folder, _owner) = catalog(&[put(provider("a", &a))]);
    let (router, _) = with_catalog(folder.path()).await;
    let received = a.next().await;
    assert_eq!(received.head.headers["authorization"], "Bearer sk-a");
    received.answer_json(200, &json!({"data": []})).await;
    let (answer, ()) = tokio::join!(router.post(CHAT, r#"{"model":"a/m"}"#), async {
        let received = a.next().await;
        assert_eq!(received.head.headers["authorization"], "Bearer sk-a");
        received.answer_json(200, &json!({})).await;
    });
    assert_eq!(answer.status(), 200);
    let health = router.get("/health").await.text().await;
    assert!(!health.contains("sk-a"), "{health}");
}

#[tokio::test]
async fn a_model_that_is_new_is_found_before_anybody_is_guessed() {
    let (mut a, mut b) = (FakeUpstream::start().await, FakeUpstream::start().await);
    let providers = [put(provider("a", &a)), put(provider("b", &b)), active("a")];
    let (folder, _owner) = catalog(&providers);
    let (router, _) = with_catalog(folder.path()).await;
    // Nobody has listed anything yet.
    let (answer, ()) = tokio::join!(router.post(CHAT, r#"{"model":"new"}"#), async {
        list(&mut a, &["m"]).await;
        list(&mut b, &["new"]).await;
        b.next().await.answer_json(200, &json!({})).await;
    });
    assert_eq!(answer.status(), 200);
    // Asked just now, so the active one is guessed at once.
    passed(&router, r#"{"model":"x"}"#, &mut a, r#"{"model":"x"}"#).await;
    assert!(a.has_got_nothing() && b.has_got_nothing());
}

#[tokio::test]
async fn an_unknown_model_without_an_active_provider_is_404_with_what_there_is() {
    let mut a = FakeUpstream::start().await;
    let nobody = provider_at("dead", "http://127.0.0.1:1/v1");
    let off = Provider { enabled: false, ..provider_at("off", "http://127.0.0.1:1/v1") };
    let (folder, _owner) = catalog(&[put(provider("a", &a)), put(nobody), put(off)]);
    let (router, _) = with_catalog(folder.path()).await;
    list(&mut a, &["m", "n"]).await;
    until_status(&router, "a", "ok").await;
    let answer = router.post(CHAT, r#"{"model":"x"}"#).await;
    let body = error_of(answer, 404).await;
    assert_eq!(body["error"]["param"], "model");
    let message = expect_error(&body, "invalid_request_error", "model_not_found");
    for part in ["`x`", "no active provider", "There are: m, n", "no answer from dead"] {
        assert!(message.contains(part), "{part}: {message}");
    }
    let answer = router.post(CHAT, r#"{"model":"off/m"}"#).await;
    let body = error_of(answer, 404).await;
    let message = expect_error(&body, "invalid_request_error", "model_not_found");
    assert!(message.contains("`off`, which is disabled"), "{message}");
}

#[tokio::test]
async fn a_request_without_a_model_gets_the_active_one() {
    let mut a = FakeUpstream::start().await;
    let set = Change::Set(Setting::ActiveModel, "m".into());
    let (folder, _owner) = catalog(&[put(provider("a", &a)), active("a"), set]);
    let (router, _) = with_catalog(folder.path()).await;
    list(&mut a, &["m"]).await;
    passed(&router, r#"{"n":1}"#, &mut a, r#"{"model":"m","n":1}"#).await;
    passed(&router, r#"{"model":null}"#, &mut a, r#"{"model":"m"}"#).await;
}

#[tokio::test]
async fn errors_name_the_provider_and_what_it_said() {
    let mut a = FakeUpstream::start().await;
    let dead = provider_at("dead", "http://127.0.0.1:1/v1");
    let (folder, _owner) = catalog(&[put(provider("qwen-proxy", &a)), put(dead)]);
    let (router, _) = with_catalog(folder.path()).await;
    let said = json!({"error": {"message": "no Qwen credentials: do this", "param": null,
        "type": "authentication_error", "code": "missing_credentials"}});
    a.next().await.answer_json(401, &said).await;
    let health = until_status(&router, "qwen-proxy", "rejected").await;
    let error = health["providers"]["qwen-proxy"]["error"].as_str().expect("an error");
    assert!(error.contains("no Qwen credentials: do this"), "{error}");
    let (answer, ()) = tokio::join!(router.post(CHAT, r#"{"model":"qwen-proxy/m"}"#), async {
        a.next().await.answer_json(401, &said).await;
    });
    let body = error_of(answer, 401).await;
    assert_eq!(body["error"]["message"], said["error"]["message"]);
    assert_eq!(body["error"]["code"], "missing_credentials");
    assert_eq!(body["error"]["provider"], "qwen-proxy");

    let answer = router.post(CHAT, r#"{"model":"dead/m"}"#).await;
    let body = error_of(answer, 502).await;
    assert_eq!(body["error"]["provider"], "dead");
    let message = expect_error(&body, "upstream_error", "upstream_unreachable");
    assert!(message.starts_with("dead (127.0.0.1:1)"), "{message}");
}

#[tokio::test]
async fn a_provider_may_have_timeouts_of_its_own() {
    let (mut a, mut b) = (FakeUpstream::start().await, FakeUpstream::start().await);
    let soon = OwnTimeouts { first_byte: Seconds::try_new(0.05), ..OwnTimeouts::default() };
    let hasty = Provider { timeouts: soon, ..provider("a", &a) };
    let set = Change::Set(Setting::FirstByteTimeout, json!(20));
    let (folder, _owner) = catalog(&[put(hasty), put(provider("b", &b)), set]);
    let (router, _) = with_catalog(folder.path()).await;
    list(&mut b, &[]).await;
    until_status(&router, "a", "error").await;
    drop(a.next().await);
    let (answer, _held) =
        tokio::join!(router.post(CHAT, r#"{"model":"a/m"}"#), async { a.next().await });
    let body = error_of(answer, 504).await;
    let message = expect_error(&body, "upstream_error", "upstream_timeout");
    assert!(message.ends_with("did not answer within 0.05 s"), "{message}");
    // Who has none of its own is not hurried.
    passed(&router, r#"{"model":"b/m"}"#, &mut b, r#"{"model":"m"}"#).await;
}

#[tokio::test]
async fn timeouts_are_those_of_the_settings() {
    let mut a = FakeUpstream::start().await;
    let soon = Change::Set(Setting::FirstByteTimeout, json!(0.05));
    let (folder, _owner) = catalog(&[put(provider("a", &a)), soon]);
    let (router, _) = with_catalog(folder.path()).await;
    let first = a.next().await;
    until_status(&router, "a", "error").await;
    drop(first);
    let (answer, _held) =
        tokio::join!(router.post(CHAT, r#"{"model":"a/m"}"#), async { a.next().await });
    let body = error_of(answer, 504).await;
    let message = expect_error(&body, "upstream_error", "upstream_timeout");
    assert!(message.ends_with("did not answer within 0.05 s"), "{message}");
}
