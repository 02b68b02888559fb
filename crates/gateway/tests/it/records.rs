//! What the record of a request says of its end.

use crate::{
    log::{Log, reporting},
    support::{FakeUpstream, OneUpstream, Received, Running, listen},
};
use gateway::{Listen, Timeouts};
use http::Request;
use request_log::{Entry, Outcome};
use serde_json::json;
use std::time::Duration;

const CHAT: &str = "/v1/chat/completions";
const STREAM: &str = r#"{"model":"m","stream":true}"#;
const EVENT: &str = "data: {\"choices\":[{\"finish_reason\":null}]}\n\n";
const STREAM_TYPE: &str = "text/event-stream";

/// A silent upstream is given up on soon.
fn impatient() -> Timeouts {
    let soon = Duration::from_millis(100);
    Timeouts { first_byte: soon, idle: soon, ..Timeouts::default() }
}

async fn gateway(upstream: &FakeUpstream, timeouts: Timeouts) -> (Running, Log) {
    let (log, reporter) = Log::start().await;
    let application = OneUpstream::with(&upstream.base_url(), timeouts);
    let gateway = reporting(application, listen(), reporter).await;
    (gateway, log)
}

/// What the record says after a request with `body` that is answered by `answer`, which the caller
/// reads to its end.
async fn told<F: Future>(
    body: &str,
    timeouts: Timeouts,
    answer: impl FnOnce(Received) -> F,
) -> Entry {
    let mut upstream = FakeUpstream::start().await;
    let (gateway, mut log) = gateway(&upstream, timeouts).await;
    let scripted = async { answer(upstream.next().await).await };
    let (mut response, _kept) = tokio::join!(gateway.post(CHAT, body.to_owned()), scripted);
    while let Some(Ok(_)) = response.chunk().await {}
    log.next_end().await
}

#[track_caller]
fn check(entry: &Entry, outcome: Outcome, status: u16) {
    assert_eq!((entry.outcome, entry.status), (Some(outcome), Some(status)), "{entry:?}");
}

#[tokio::test]
async fn an_answer_that_is_complete() {
    let body = r#"{"model":"org/m","messages":[]}"#;
    let usage = json!({"prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21});
    let answer = json!({"choices": [], "usage": usage});
    let entry = told(body, Timeouts::default(), |received| async move {
        received.answer_json(200, &answer).await;
    })
    .await;
    check(&entry, Outcome::Complete, 200);
    assert_eq!(&*entry.path, CHAT);
    assert_eq!((entry.model.as_deref(), entry.provider.as_deref()), (Some("org/m"), Some("fake")));
    assert!(!entry.stream);
    assert_eq!((entry.prompt_tokens, entry.completion_tokens), (Some(9), Some(12)));
    assert_eq!(entry.error, None);
    let (first, total) = (entry.first_token_ms.expect("a time"), entry.total_ms.expect("a time"));
    assert!(0.0 < first && first <= total, "{first} {total}");
}

#[tokio::test]
async fn a_stream_that_is_complete() {
    let entry = told(STREAM, Timeouts::default(), |received| async move {
        let chunks = received.begin(200, STREAM_TYPE);
        chunks.send(EVENT).await;
        chunks.send("data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"comp").await;
        chunks.send("letion_tokens\":2}}\n\n").await;
        chunks.send("data: [DONE]\n\n").await;
    })
    .await;
    check(&entry, Outcome::Complete, 200);
    assert!(entry.stream);
    assert_eq!((entry.prompt_tokens, entry.completion_tokens), (Some(1), Some(2)));
}

#[tokio::test]
async fn a_caller_that_leaves_after_the_last_event_has_it_all() {
    let mut upstream = FakeUpstream::start().await;
    let (gateway, mut log) = gateway(&upstream, Timeouts::default()).await;
    let (mut answer, chunks) = tokio::join!(gateway.post(CHAT, STREAM), async {
        upstream.next().await.begin(200, STREAM_TYPE)
    });
    chunks.send(format!("{EVENT}data: [DONE]\n\n")).await;
    answer.chunk().await.expect("a chunk").expect("whole");
    drop(answer);
    check(&log.next_end().await, Outcome::Complete, 200);
    chunks.cancelled().await;
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_last_event_costs_nobody_anything() {
    let mut upstream = FakeUpstream::start().await;
    let (gateway, mut log) = gateway(&upstream, Timeouts::default()).await;
    let (mut answer, chunks) = tokio::join!(gateway.post(CHAT, STREAM), async {
        upstream.next().await.begin(200, STREAM_TYPE)
    });
    chunks.send(format!("{EVENT}data: [DONE]\n\n")).await;
    answer.chunk().await.expect("a chunk").expect("whole");
    chunks.break_off().await;
    assert!(answer.chunk().await.is_none());
    check(&log.next_end().await, Outcome::Complete, 200);
}

#[tokio::test]
async fn an_upstream_that_breaks_off() {
    let entry = told(STREAM, Timeouts::default(), |received| async move {
        let chunks = received.begin(200, STREAM_TYPE);
        chunks.send(EVENT).await;
        chunks.break_off().await;
    })
    .await;
    check(&entry, Outcome::UpstreamCut, 200);
    assert_eq!(entry.error.as_deref(), Some("fake: the upstream ended the answer too soon"));
    let document = told("{}", Timeouts::default(), |received| async move {
        let chunks = received.begin(200, "application/json");
        chunks.send("{\"choices\":").await;
        chunks.break_off().await;
    })
    .await;
    check(&document, Outcome::UpstreamCut, 502);
    let nothing = told("{}", Timeouts::default(), |received| async move { drop(received) }).await;
    check(&nothing, Outcome::UpstreamCut, 502);
}

#[tokio::test]
async fn a_stream_that_ends_without_having_been_finished() {
    let entry = told(STREAM, Timeouts::default(), |received| async move {
        received.begin(200, STREAM_TYPE).send(EVENT).await;
    })
    .await;
    check(&entry, Outcome::UpstreamCut, 200);
    assert_eq!(
        entry.error.as_deref(),
        Some("fake: the upstream ended the stream before it was finished")
    );
    // Not all servers say `[DONE]`.
    let finished = told(STREAM, Timeouts::default(), |received| async move {
        let last = "data: {\"choices\":[{\"finish_reason\":\"stop\"}]}\n\n";
        received.begin(200, STREAM_TYPE).send(last).await;
    })
    .await;
    check(&finished, Outcome::Complete, 200);
}

#[tokio::test]
async fn an_upstream_that_is_silent() {
    let before = told("{}", impatient(), |received| async move { received }).await;
    check(&before, Outcome::FirstByteTimeout, 504);
    assert!(before.error.is_some_and(|error| error.contains("did not answer within")));
    let within = told(STREAM, impatient(), |received| async move {
        let chunks = received.begin(200, STREAM_TYPE);
        chunks.send(EVENT).await;
        chunks
    })
    .await;
    check(&within, Outcome::IdleTimeout, 200);
    let at_once =
        told("{}", impatient(), |received| async move { received.begin(200, "application/json") })
            .await;
    check(&at_once, Outcome::IdleTimeout, 504);
}

#[tokio::test]
async fn an_upstream_that_refuses() {
    let entry = told(STREAM, Timeouts::default(), |received| async move {
        let message = "no such key: upstream-key";
        received.answer_json(401, &json!({"error": {"message": message}})).await;
    })
    .await;
    check(&entry, Outcome::UpstreamError, 401);
    assert_eq!(entry.error.as_deref(), Some("no such key: ***"));
    let entry = told(STREAM, Timeouts::default(), |received| async move {
        let chunks = received.begin(200, STREAM_TYPE);
        chunks.send(EVENT).await;
        let message = "overloaded, upstream-key";
        chunks.send(format!("data: {}\n\n", json!({"error": {"message": message}}))).await;
    })
    .await;
    check(&entry, Outcome::UpstreamError, 200);
    assert_eq!(entry.error.as_deref(), Some("overloaded, ***"));
}

#[tokio::test]
async fn what_no_upstream_saw() {
    let upstream = FakeUpstream::start().await;
    let (gateway, mut log) = gateway(&upstream, Timeouts::default()).await;
    gateway.post(CHAT, "{").await;
    let entry = log.next_end().await;
    check(&entry, Outcome::Refused, 400);
    assert!(entry.error.is_some_and(|error| error.starts_with("the body must be a JSON object")));
    let request = Request::post(CHAT).header("origin", "https://evil.example");
    gateway.call().await.send_body(request, "{}").await;
    check(&log.next_end().await, Outcome::Refused, 403);
    let message = r#"{"model":"org/m","messages":[{"role":"user","content":"hi"}]}"#;
    gateway.post("/v1/messages/count_tokens", message).await;
    let entry = log.next_end().await;
    check(&entry, Outcome::Complete, 200);
    assert_eq!(entry.model.as_deref(), Some("org/m"));
    // Questions about health and models are not recorded: the next record is that of a post.
    gateway.get("/health").await;
    gateway.get("/v1/unknown").await;
    gateway.post("/v1/unknown", "{}").await;
    check(&log.next_end().await, Outcome::Refused, 404);
}

#[tokio::test]
async fn a_caller_that_goes_away() {
    let mut upstream = FakeUpstream::start().await;
    let (gateway, mut log) = gateway(&upstream, Timeouts::default()).await;
    let caller = gateway.call().await;
    let received = tokio::select! {
        _ = caller.try_send(Request::post(CHAT).header("user-agent", "test/1"), STREAM) => {
            panic!("nobody answered")
        }
        received = upstream.next() => received,
    };
    let entry = log.next_end().await;
    check(&entry, Outcome::ClientGone, 499);
    assert_eq!(entry.client.as_deref(), Some("test/1"));
    received.cancelled().await;
    let (mut answer, chunks) = tokio::join!(gateway.post(CHAT, STREAM), async {
        upstream.next().await.begin(200, STREAM_TYPE)
    });
    chunks.send("data: {\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1}}\n\n").await;
    answer.chunk().await.expect("a chunk").expect("whole");
    drop(answer);
    let entry = log.next_end().await;
    check(&entry, Outcome::ClientGone, 200);
    assert_eq!((entry.prompt_tokens, entry.completion_tokens), (Some(3), Some(1)));
    chunks.cancelled().await;
}

#[tokio::test]
async fn a_caller_that_does_not_wait_for_a_model_to_be_loaded() {
    let mut upstream = FakeUpstream::start().await;
    let (mut log, reporter) = Log::start().await;
    let mut application = OneUpstream::at(&upstream.base_url());
    application.0.loads = true;
    let gateway = reporting(application, listen(), reporter).await;
    let caller = gateway.call().await;
    tokio::select! {
        _ = caller.try_send(Request::post(CHAT), STREAM) => panic!("nobody answered"),
        () = async {
            for _ in 0..2 {
                let loading = json!({"error": {"message": "Loading model"}});
                upstream.next().await.answer_json(503, &loading).await;
            }
        } => {}
    }
    check(&log.next_end().await, Outcome::ClientGone, 499);
}

#[tokio::test]
async fn a_shutdown_that_cannot_wait() {
    let mut upstream = FakeUpstream::start().await;
    let (mut log, reporter) = Log::start().await;
    let listen = Listen { drain: Duration::from_millis(50), ..listen() };
    let application = OneUpstream::at(&upstream.base_url());
    let mut gateway = reporting(application, listen, reporter).await;
    let (_answer, _chunks) = tokio::join!(gateway.post(CHAT, STREAM), async {
        upstream.next().await.begin(200, STREAM_TYPE)
    });
    let caller = gateway.call().await;
    let (waits, ()) = tokio::join!(caller.send_body(Request::post(CHAT), "{}"), async {
        let _received = upstream.next().await;
        gateway.ask_to_stop();
        let (one, other) = (log.next_end().await, log.next_end().await);
        assert_eq!((one.outcome, other.outcome), (Some(Outcome::Drained), Some(Outcome::Drained)));
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [Some(200), Some(503)]);
    });
    assert_eq!(waits.status(), 503);
    gateway.stopped().await;
}
