//! What is refused because it came too soon, and what the caller hears of it.

use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

use crate::{
    CHAT, proxy,
    support::{FakeUpstream, Received, expect_error},
};

fn too_many() -> Value {
    json!({"error": {"message": "You exceeded your current requests list.", "type": "limit_requests",
        "param": null, "code": "limit_requests"}})
}

async fn refuse(received: Received, header: &str, value: &str) {
    let head = http::Response::builder().status(429).header("content-type", "application/json");
    received.begin_with(head.header(header, value)).send(too_many().to_string()).await;
}

#[tokio::test]
async fn a_refused_request_waits_and_is_answered() {
    let mut upstream = FakeUpstream::start().await;
    let proxy = proxy(&upstream, Some("sk-canary")).await;
    let began = Instant::now();
    let (answer, ()) = tokio::join!(proxy.post(CHAT, r#"{"model":"m"}"#), async {
        refuse(upstream.next().await, "retry-after-ms", "300").await;
        let again = upstream.next().await;
        assert!(began.elapsed() >= Duration::from_millis(300), "{:?}", began.elapsed());
        assert_eq!(again.body, r#"{"model":"m"}"#);
        again.answer_json(200, &json!({"ok": true})).await;
    });
    assert_eq!(answer.json().await, json!({"ok": true}));
}

#[tokio::test]
async fn a_wait_that_is_too_long_is_the_callers() {
    let mut upstream = FakeUpstream::start().await;
    let proxy = proxy(&upstream, Some("sk-canary")).await;
    let (answer, ()) = tokio::join!(proxy.post(CHAT, r#"{"model":"m"}"#), async {
        refuse(upstream.next().await, "retry-after", "3600").await;
    });
    assert_eq!((answer.status(), answer.header("retry-after")), (429, Some("3600")));
    let body = answer.json().await;
    let message = expect_error(&body, "rate_limit_error", "rate_limit_exceeded");
    assert!(message.starts_with("You exceeded your current requests list. Too many"), "{message}");
    assert_eq!(body["error"]["qwen_code"], "limit_requests");
    // The next one is not even sent.
    let answer = proxy.post(CHAT, r#"{"model":"m"}"#).await;
    assert_eq!(answer.status(), 429);
    let wait: u64 = answer.header("retry-after").expect("a wait").parse().expect("seconds");
    assert!((3_500..=3_600).contains(&wait), "{wait}");
    expect_error(&answer.json().await, "rate_limit_error", "rate_limit_exceeded");
    assert!(upstream.has_got_nothing());
    let (other, ()) = tokio::join!(proxy.post(CHAT, r#"{"model":"other"}"#), async {
        upstream.next().await.answer_json(200, &json!({})).await;
    });
    assert_eq!(other.status(), 200, "another model has limits of its own");
}

#[tokio::test]
async fn who_goes_away_while_waiting_is_not_sent() {
    let mut upstream = FakeUpstream::start().await;
    let proxy = proxy(&upstream, Some("sk-canary")).await;
    let leaving = proxy.post(CHAT, r#"{"model":"m","n":1}"#);
    tokio::select! {
        answer = leaving => panic!("an answer: {}", answer.status()),
        () = async { refuse(upstream.next().await, "retry-after-ms", "500").await } => {}
    }
    // It would be before this one.
    let (answer, ()) = tokio::join!(proxy.post(CHAT, r#"{"model":"m","n":2}"#), async {
        let received = upstream.next().await;
        assert_eq!(received.body, r#"{"model":"m","n":2}"#);
        received.answer_json(200, &json!({})).await;
    });
    assert_eq!(answer.status(), 200);
    assert!(upstream.has_got_nothing());
}

#[tokio::test]
async fn a_key_that_is_rejected_meanwhile_is_not_waited_for() {
    let mut upstream = FakeUpstream::start().await;
    let proxy = proxy(&upstream, Some("sk-canary")).await;
    let began = Instant::now();
    let waits = proxy.post(CHAT, r#"{"model":"m"}"#);
    let (waited, (other, ())) = tokio::join!(waits, async {
        refuse(upstream.next().await, "retry-after", "60").await;
        tokio::join!(proxy.post(CHAT, r#"{"model":"other"}"#), async {
            upstream.next().await.answer_json(401, &json!({})).await;
        })
    });
    assert_eq!((waited.status(), other.status()), (401, 401));
    expect_error(&waited.json().await, "authentication_error", "invalid_api_key");
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert!(upstream.has_got_nothing());
}
