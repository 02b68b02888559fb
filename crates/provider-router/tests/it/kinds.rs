//! What is different from one kind of provider to another, over the wire.

use crate::support::{FakeUpstream, Running, within};
use crate::{CHAT, catalog, list, provider, put, until_status, with_catalog};
use serde_json::{Value, json};
use store::{Catalog, Provider, ProviderKind};

async fn with(
    kind: ProviderKind,
    upstream: &FakeUpstream,
) -> (tempfile::TempDir, Catalog, Running) {
    let (folder, owner) = catalog(&[put(Provider { kind, ..provider("a", upstream) })]);
    let (router, _) = with_catalog(folder.path()).await;
    (folder, owner, router)
}

/// Answers the questions for both lists, whichever comes first; without an answer it is 404.
async fn lists(upstream: &mut FakeUpstream, answers: &[(&str, Value)]) {
    for _ in 0..2 {
        let received = upstream.next().await;
        assert_eq!(received.head.headers["authorization"], "Bearer sk-a");
        let path = received.head.uri.path().to_owned();
        match answers.iter().find(|(at, _)| *at == path) {
            Some((_, answer)) => received.answer_json(200, answer).await,
            None => received.answer_json(404, &json!({"error": "not found"})).await,
        }
    }
}

async fn first_model(router: &Running) -> Value {
    until_status(router, "a", "ok").await;
    router.get("/v1/models").await.json().await["data"][0].take()
}

#[tokio::test]
async fn lm_studio_tells_more_beside_its_list() {
    let mut upstream = FakeUpstream::start().await;
    let (_folder, _owner, router) = with(ProviderKind::LmStudio, &upstream).await;
    let more =
        json!({"data": [{"id": "m", "type": "vlm", "state": "loaded", "max_context_length": 9}]});
    let list = json!({"data": [{"id": "m", "object": "model"}]});
    lists(&mut upstream, &[("/v1/models", list), ("/api/v0/models", more)]).await;
    let expected = json!({"id": "m", "object": "model", "created": 0, "owned_by": "a",
        "type": "vlm", "state": "loaded", "max_context_length": 9, "context_length": 9});
    assert_eq!(first_model(&router).await, expected);
}

#[tokio::test]
async fn lm_studio_is_known_without_that() {
    let mut upstream = FakeUpstream::start().await;
    let (_folder, _owner, router) = with(ProviderKind::LmStudio, &upstream).await;
    lists(&mut upstream, &[("/v1/models", json!({"data": [{"id": "m"}]}))]).await;
    assert_eq!(first_model(&router).await["id"], "m");
}

#[tokio::test]
async fn ollama_is_known_by_either_list() {
    let tags =
        || json!({"models": [{"name": "m:latest", "digest": "d", "details": {"family": "f"}}]});
    for answers in [
        vec![("/api/tags", tags())],
        vec![("/v1/models", json!({"data": [{"id": "m:latest"}]})), ("/api/tags", tags())],
    ] {
        let mut upstream = FakeUpstream::start().await;
        let (_folder, _owner, router) = with(ProviderKind::Ollama, &upstream).await;
        lists(&mut upstream, &answers).await;
        let model = first_model(&router).await;
        assert_eq!((&model["id"], &model["details"]["family"]), (&json!("m:latest"), &json!("f")));
        let body = r#"{"model":"m"}"#;
        crate::passed(&router, body, &mut upstream, body).await;
    }
}

#[tokio::test]
async fn openrouter_is_told_who_calls_unless_the_caller_says_it() {
    let mut upstream = FakeUpstream::start().await;
    let (_folder, _owner, router) = with(ProviderKind::OpenRouter, &upstream).await;
    list(&mut upstream, &["m"]).await;
    let (answer, ()) = tokio::join!(router.post(CHAT, r#"{"model":"a/m"}"#), async {
        let received = upstream.next().await;
        let header = |name: &str| received.head.headers[name].to_str().expect("text").to_owned();
        assert_eq!(
            (header("x-title"), header("http-referer")),
            ("Signalbox".into(), "http://localhost".into())
        );
        received.answer_json(200, &json!({})).await;
    });
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn llama_cpp_is_waited_for_while_it_loads_a_model() {
    let mut upstream = FakeUpstream::start().await;
    let (_folder, _owner, router) = with(ProviderKind::LlamaCpp, &upstream).await;
    list(&mut upstream, &["m"]).await;
    let loading =
        json!({"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}});
    let asked = within("the model", async {
        tokio::join!(router.post(CHAT, r#"{"model":"a/m"}"#), async {
            for _ in 0..3 {
                upstream.next().await.answer_json(503, &loading).await;
            }
            upstream.next().await.answer_json(200, &json!({"by": "a"})).await;
        })
    });
    assert_eq!(asked.await.0.json().await, json!({"by": "a"}));
}
