//! What a caller is told when the upstream fails.

use crate::support::{
    FakeUpstream, LOOPBACK, OneUpstream, Received, Running, expect_error, listen,
};
use gateway::Timeouts;
use serde_json::json;
use std::time::Duration;
use tokio::net::TcpListener;

const CHAT: &str = "/v1/chat/completions";

/// An address that nobody listens on: no other test uses this host.
async fn nobody() -> String {
    let listener = TcpListener::bind("127.9.1.8:0").await.expect("a free port");
    listener.local_addr().expect("an address").to_string()
}

/// A silent upstream is given up on soon.
fn impatient() -> Timeouts {
    let soon = Duration::from_millis(100);
    Timeouts { connect: Duration::from_secs(10), first_byte: soon, idle: soon }
}

fn patient() -> Timeouts {
    Timeouts::default()
}

async fn gateway(url: &str, timeouts: Timeouts) -> Running {
    Running::gateway_with(listen(), OneUpstream::with(url, timeouts)).await
}

#[tokio::test]
async fn down_is_502() {
    let address = nobody().await;
    let gateway = gateway(&format!("http://{address}/v1"), patient()).await;
    let answer = gateway.post(CHAT, "{}").await;
    assert_eq!(answer.status(), 502);
    let message = expect_error(&answer.json().await, "upstream_error", "upstream_unreachable");
    let why = format!("nothing listens at {address}: is fake running?");
    assert_eq!(message, format!("fake ({address}) cannot be reached: {why}"));
}

#[tokio::test]
async fn no_tls_where_tls_was_promised_is_502() {
    let upstream = FakeUpstream::start().await;
    let url = format!("https://{}/v1", upstream.address);
    let gateway = gateway(&url, patient()).await;
    let answer = gateway.get("/v1/models").await;
    assert_eq!(answer.status(), 502);
    let message = expect_error(&answer.json().await, "upstream_error", "upstream_unreachable");
    assert!(message.ends_with("does not speak TLS: the base URL should begin with http://"));
}

/// Answers one request by `answer` and checks status and code of what the caller gets.
async fn check<F>(
    status: u16,
    code: &str,
    timeouts: Timeouts,
    answer: impl FnOnce(Received) -> F,
) -> String
where
    F: Future,
{
    let mut upstream = FakeUpstream::start().await;
    let gateway = gateway(&upstream.base_url(), timeouts).await;
    let scripted = async { answer(upstream.next().await).await };
    let (answer, _kept) = tokio::join!(gateway.post(CHAT, "{}"), scripted);
    assert_eq!(answer.status(), status);
    let body = answer.json().await;
    assert_eq!(body["error"]["provider"], "fake");
    expect_error(&body, "upstream_error", code)
}

#[tokio::test]
async fn what_is_not_json_is_502_and_shown() {
    let page = "<html>\n <b>Bad gateway</b>";
    for kind in ["text/html", "application/json"] {
        let html = |received: Received| received.answer(200, kind, page);
        let message = check(502, "upstream_invalid_response", patient(), html).await;
        let expected = "HTTP 200 with what is not JSON: <html> <b>Bad gateway</b>";
        assert!(message.contains(expected), "{message}");
    }
}

#[tokio::test]
async fn an_error_that_is_a_page_keeps_what_it_says_of_the_request_and_is_shown() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let page = "<html>\n <h1>Not for you</h1>";
    for status in [400, 401, 403, 404, 413, 429, 500, 503, 504] {
        let told = if status < 500 { status } else { 502 };
        for (body, shown) in [(page, "<html> <h1>Not for you</h1>"), ("", "nothing")] {
            let (answer, ()) = tokio::join!(gateway.post(CHAT, "{}"), async {
                let head = http::Response::builder().status(status).header("retry-after", "17");
                let chunks =
                    upstream.next().await.begin_with(head.header("content-type", "text/html"));
                if !body.is_empty() {
                    chunks.send(body).await;
                }
            });
            assert_eq!((answer.status(), answer.header("retry-after")), (told, Some("17")));
            assert_eq!(answer.header("content-type"), Some("application/json"));
            let body = answer.json().await;
            let error = &body["error"];
            let kind = (&error["type"], &error["code"]);
            assert_eq!(kind, (&json!("upstream_error"), &json!("upstream_invalid_response")));
            assert_eq!((&error["param"], &error["provider"]), (&json!(null), &json!("fake")));
            let what = format!("answered HTTP {status} with what is not JSON: {shown}");
            let message = format!("fake ({}) {what}", upstream.address);
            assert_eq!(error["message"], message);
        }
    }
}

#[tokio::test]
async fn nothing_at_all_is_502() {
    let empty = |received: Received| async { drop(received.begin(200, "application/json")) };
    let message = check(502, "upstream_invalid_response", patient(), empty).await;
    assert!(message.ends_with("what is not JSON: nothing"), "{message}");
}

#[tokio::test]
async fn a_redirect_says_where_to() {
    let redirect = |received: Received| async {
        let to = "https://elsewhere/v1/chat/completions";
        received.answer_with(http::Response::builder().status(308).header("location", to));
    };
    let message = check(502, "upstream_invalid_response", patient(), redirect).await;
    assert!(message.contains("redirects to https://elsewhere/v1"), "{message}");
}

#[tokio::test]
async fn a_connection_closed_without_an_answer_is_502() {
    let close = |received: Received| async { drop(received) };
    check(502, "upstream_cut", patient(), close).await;
}

#[tokio::test]
async fn an_answer_cut_before_its_first_chunk_is_502() {
    let cut = |received: Received| received.begin(200, "application/json").break_off();
    check(502, "upstream_cut", patient(), cut).await;
}

#[tokio::test]
async fn silence_is_504() {
    let silent = |received: Received| async { received };
    let message = check(504, "upstream_timeout", impatient(), silent).await;
    assert!(message.ends_with("did not answer within 0.1 s"), "{message}");
    let without_body = |received: Received| async { received.begin(200, "application/json") };
    check(504, "upstream_timeout", impatient(), without_body).await;
}

#[tokio::test]
async fn a_connection_that_is_never_made_is_504() {
    // Its TCP side accepts; the TLS side never says a word.
    let listener = TcpListener::bind((LOOPBACK, 0)).await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let connect = Duration::from_millis(100);
    let timeouts = Timeouts { connect, ..Timeouts::default() };
    let gateway = gateway(&format!("https://{address}/v1"), timeouts).await;
    let answer = gateway.get("/v1/models").await;
    assert_eq!(answer.status(), 504);
    let message = expect_error(&answer.json().await, "upstream_error", "upstream_timeout");
    assert!(message.ends_with("could not be connected to within 0.1 s"), "{message}");
}

#[tokio::test]
async fn an_error_keeps_status_message_and_what_else_it_says() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let said = json!({"error": {"message": "Request rate increased too quickly", "type": "x",
        "param": null, "code": "limit_burst_rate"}, "request_id": "r-1"});
    let (answer, ()) = tokio::join!(gateway.post(CHAT, "{}"), async {
        upstream.next().await.answer_json(429, &said).await;
    });
    assert_eq!(answer.status(), 429);
    let mut expected = said.clone();
    expected["error"]["provider"] = json!("fake");
    assert_eq!(answer.json().await, expected);
}

#[tokio::test]
async fn a_stream_that_is_cut_is_seen_to_be_cut() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let (mut answer, chunks) = tokio::join!(gateway.post(CHAT, "{}"), async {
        upstream.next().await.begin(200, "text/event-stream")
    });
    chunks.send("data: 1\n\n").await;
    answer.chunk().await.expect("a chunk").expect("whole");
    chunks.break_off().await;
    let event = answer.chunk().await.expect("an event").expect("whole");
    let event = std::str::from_utf8(&event).expect("text");
    let error = event.strip_prefix("data: ").expect("an event").trim_end();
    let error = serde_json::from_str(error).expect("JSON");
    expect_error(&error, "upstream_error", "upstream_cut");
    assert!(answer.chunk().await.expect("no proper end").is_err());
}

#[tokio::test]
async fn a_cut_within_an_event_makes_an_error_of_it() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let (mut answer, chunks) = tokio::join!(gateway.post(CHAT, "{}"), async {
        upstream.next().await.begin(200, "text/event-stream")
    });
    chunks.send("data: {\"half").await;
    answer.chunk().await.expect("a chunk").expect("whole");
    chunks.break_off().await;
    let end = answer.chunk().await.expect("its end").expect("whole");
    let end = std::str::from_utf8(&end).expect("text");
    let (rest, _error_event) = end.split_once("\n\n").expect("the end of the event");
    let event = serde_json::from_str(&format!("{{\"half{rest}")).expect("JSON");
    expect_error(&event, "upstream_error", "upstream_cut");
    assert!(answer.chunk().await.expect("no proper end").is_err());
}

#[tokio::test]
async fn a_stream_that_stalls_is_ended() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = gateway(&upstream.base_url(), impatient()).await;
    let (mut answer, chunks) = tokio::join!(gateway.post(CHAT, "{}"), async {
        upstream.next().await.begin(200, "text/event-stream")
    });
    let event = answer.chunk().await.expect("an event").expect("whole");
    assert!(event.starts_with(b"data: {\"error\""), "{event:?}");
    assert!(answer.chunk().await.expect("no proper end").is_err());
    chunks.cancelled().await;
}
