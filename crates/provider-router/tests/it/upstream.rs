//! The router over the wire, with and without its one upstream.

#![cfg(test)]

#[path = "../../gateway/tests/it/support.rs"]
#[expect(dead_code, reason = "the gateway's own tests use all of it")]
mod support;

use provider_router::{Error, Options, Secret, run};
use serde_json::json;
use support::{FakeUpstream, Running, expect_error};

const CHAT: &str = "/v1/chat/completions";

fn options(upstream: Option<String>) -> Options {
    let upstream_key = Some(Secret::new("upstream-key"));
    Options { port: 0, upstream, upstream_key, ..Options::default() }
}

async fn router(options: Options) -> Running {
    Running::start(|shutdown, on_listening| run(options, shutdown, on_listening)).await
}

#[tokio::test]
async fn health_names_the_upstream_and_keeps_its_key() {
    let upstream = FakeUpstream::start().await;
    let router = router(options(Some(upstream.base_url()))).await;
    let answer = router.get("/health").await;
    assert_eq!(answer.status(), 200);
    let text = answer.text().await;
    assert!(!text.contains("upstream-key"), "{text}");
    let expected = json!({
        "status": "ok",
        "version": env!("CARGO_PKG_VERSION"),
        "providers": { "upstream": {
            "configured": true, "host": upstream.address.to_string(), "hasApiKey": true,
        } },
    });
    assert_eq!(text, expected.to_string());
}

#[tokio::test]
async fn a_stream_goes_through_and_the_shutdown_waits_for_it() {
    let mut upstream = FakeUpstream::start().await;
    let mut router = router(options(Some(upstream.base_url()))).await;
    let (mut answer, chunks) = tokio::join!(router.post(CHAT, r#"{"stream":true}"#), async {
        upstream.next().await.begin(200, "text/event-stream")
    });
    router.ask_to_stop();
    chunks.send("data: 1\n\n").await;
    assert_eq!(answer.chunk().await.expect("a chunk").expect("whole"), "data: 1\n\n");
    drop(chunks);
    assert!(answer.chunk().await.is_none());
    router.stopped().await;
}

#[tokio::test]
async fn without_an_upstream_it_says_what_to_set() {
    for upstream in [None, Some(String::new())] {
        let router = router(options(upstream)).await;
        let health = router.get("/health").await.json().await;
        assert_eq!(health["providers"]["upstream"]["configured"], false);
        for answer in [router.post(CHAT, "{}").await, router.get("/v1/models").await] {
            assert_eq!(answer.status(), 404);
            let body = answer.json().await;
            let message = expect_error(&body, "invalid_request_error", "model_not_found");
            assert!(message.contains("--upstream"), "{message}");
            assert!(message.contains("SIGNALBOX_UPSTREAM="), "{message}");
        }
    }
}

#[tokio::test]
async fn a_wrong_base_url_keeps_it_from_starting() {
    let options = options(Some("localhost:1234".to_owned()));
    let ended = run(options, std::future::pending(), |_| panic!("it listens")).await;
    assert!(matches!(ended, Err(Error::InvalidUpstream { .. })), "{ended:?}");
}
