//! With one upstream for every model.

use crate::support::{FakeUpstream, expect_error};
use crate::{CHAT, error_of, router};
use provider_router::{Error, Options, Secret, run};
use serde_json::json;

fn options(upstream: Option<String>) -> Options {
    let upstream_key = Some(Secret::new("upstream-key"));
    Options { port: 0, upstream, upstream_key, ..Options::default() }
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
    for chunk in ["data: 1\n\n", "data: [DONE]\n\n"] {
        chunks.send(chunk).await;
        assert_eq!(answer.chunk().await.expect("a chunk").expect("whole"), chunk);
    }
    drop(chunks);
    assert!(answer.chunk().await.is_none());
    router.stopped().await;
}

#[tokio::test]
async fn every_model_is_the_upstreams_whatever_its_name() {
    let mut upstream = FakeUpstream::start().await;
    let router = router(options(Some(upstream.base_url()))).await;
    for body in [r#"{"model":"qwen-proxy/x"}"#, r#"{"model":"y", "n":1.0}"#, "{}"] {
        crate::passed(&router, body, &mut upstream, body).await;
    }
}

#[tokio::test]
async fn without_upstream_and_catalog_it_says_what_is_missing() {
    for upstream in [None, Some(String::new())] {
        let router = router(options(upstream)).await;
        let health = router.get("/health").await.json().await;
        assert_eq!(health["status"], "ok");
        assert!(health["catalog"]["error"].as_str().expect("a fault").contains("--data-dir"));
        for answer in [router.post(CHAT, "{}").await, router.get("/v1/models").await] {
            let body = error_of(answer, 503).await;
            let message = expect_error(&body, "server_error", "catalog_unreadable");
            assert!(message.contains("--data-dir"), "{message}");
        }
    }
}

#[tokio::test]
async fn a_router_that_is_its_own_upstream_does_not_start() {
    // No other test uses this host, so nobody takes the port in between.
    let holder = tokio::net::TcpListener::bind("127.9.1.7:0").await.expect("a free port");
    let address = holder.local_addr().expect("an address");
    drop(holder);
    let upstream = Some(format!("http://{address}/v1"));
    let (host, port) = (address.ip(), address.port());
    let options = Options { host, port, upstream, ..Options::default() };
    let ended = run(options, std::future::pending(), |_| panic!("it listens"), |_| {}).await;
    assert!(matches!(ended, Err(Error::InvalidUpstream { .. })), "{ended:?}");
}

#[tokio::test]
async fn a_wrong_base_url_keeps_it_from_starting() {
    let options = options(Some("localhost:1234".to_owned()));
    let ended = run(options, std::future::pending(), |_| panic!("it listens"), |_| {}).await;
    assert!(matches!(ended, Err(Error::InvalidUpstream { .. })), "{ended:?}");
}
