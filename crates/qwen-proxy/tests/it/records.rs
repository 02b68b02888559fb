//! What the record of a request says of its end.

use qwen_proxy::{Options, Secret, run};
use request_log::Outcome;
use serde_json::json;
use tokio::task::JoinSet;

use crate::{
    CHAT,
    log::{Ear, Log},
    support::{FakeUpstream, Running},
};

async fn proxy(upstream: &FakeUpstream) -> (Running, Log) {
    let ear = Ear::open();
    let options = Options {
        port: 0,
        base_url: Some(upstream.base_url()),
        api_key: Some(Secret::new("sk-canary")),
        data_dir: Some(ear.directory().to_owned()),
        source: Some(Ear::source()),
        ..Options::default()
    };
    let proxy =
        Running::start(|shutdown, on_listening| run(options, shutdown, on_listening, |_| {}));
    let proxy = proxy.await;
    (proxy, ear.hear(JoinSet::new()).await)
}

#[tokio::test]
async fn what_model_studio_refuses_is_its_error() {
    let mut upstream = FakeUpstream::start().await;
    let (proxy, mut log) = proxy(&upstream).await;
    let chat = r#"{"model":"m","messages":[{"role":"user","content":"hi"}],"max_tokens":1}"#;
    let response = r#"{"model":"m","input":"hi"}"#;
    for (path, body) in [
        (CHAT, chat),
        ("/v1/embeddings", r#"{"model":"m","input":"hi"}"#),
        ("/v1/messages", chat),
        ("/v1/responses", response),
    ] {
        for status in [400, 404, 429, 500] {
            let said = json!({"error": {"message": "It is not so.", "param": "input"}});
            let (answer, ()) = tokio::join!(proxy.post(path, body), async {
                upstream.next().await.answer_json(status, &said).await;
            });
            assert_eq!(answer.status(), status);
            let entry = log.next_end().await;
            let found = (entry.outcome, entry.status, entry.error.as_deref());
            let expected = (Some(Outcome::UpstreamError), Some(status), Some("It is not so."));
            assert_eq!(found, expected, "{path}");
        }
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_key_or_in_a_stream_is_its_error_too() {
    let mut upstream = FakeUpstream::start().await;
    let (proxy, mut log) = proxy(&upstream).await;
    let stream_only = json!({"error": {"message": "This model only support stream mode."}});
    let (_, ()) = tokio::join!(proxy.post(CHAT, r#"{"model":"m"}"#), async {
        upstream.next().await.answer_json(400, &stream_only).await;
        let failed = "data: {\"error\":{\"message\":\"overloaded\"}}\n\n";
        upstream.next().await.answer(200, "text/event-stream", failed).await;
    });
    let entry = log.next_end().await;
    assert_eq!(entry.outcome, Some(Outcome::UpstreamError));
    assert_eq!((entry.status, entry.error.as_deref()), (Some(502), Some("overloaded")));
    let (_, ()) = tokio::join!(proxy.post(CHAT, r#"{"model":"m"}"#), async {
        let bad = json!({"error": {"message": "Incorrect API key.", "code": "invalid_api_key"}});
        upstream.next().await.answer_json(401, &bad).await;
    });
    let entry = log.next_end().await;
    assert_eq!((entry.outcome, entry.status), (Some(Outcome::UpstreamError), Some(401)));
    let error = entry.error.expect("a reason");
    assert!(error.starts_with("Incorrect API key. The key is not valid"), "{error}");
}
