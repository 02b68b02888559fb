//! Clients of Anthropic's messages and OpenAI's responses, in front of a provider of chat
//! completions.

use crate::support::{Answer, FakeUpstream, OneUpstream, Running, expect_error, listen};
use gateway::Timeouts;
use http::Request;
use serde_json::{Value, json};
use std::time::Duration;

const MESSAGES: &str = "/v1/messages?beta=true";
const RESPONSES: &str = "/v1/responses";
const CHAT: &str = "/v1/chat/completions";

fn message(stream: bool) -> String {
    json!({"model": "m", "max_tokens": 9, "stream": stream, "messages": [{"role": "user", "content": "hi"}]})
        .to_string()
}

fn response(stream: bool) -> String {
    json!({"model": "m", "stream": stream, "input": "hi"}).to_string()
}

fn completion() -> Value {
    json!({"model": "up", "choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2}})
}

fn chunk(delta: &Value, finish: Option<&str>) -> String {
    let chunk = json!({"model": "up", "choices": [{"delta": delta, "finish_reason": finish}]});
    format!("data: {chunk}\n\n")
}

/// The types of the events in a chunk of the answer.
fn types(chunk: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(chunk).expect("text");
    let names = text.lines().filter_map(|line| line.strip_prefix("event: "));
    names.map(str::to_owned).collect()
}

async fn next(answer: &mut Answer) -> Vec<String> {
    types(&answer.chunk().await.expect("a chunk").expect("whole"))
}

#[tokio::test]
async fn a_message_becomes_a_chat_completion_and_back() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let request = Request::post(MESSAGES)
        .header("x-api-key", "theirs")
        .header("anthropic-version", "2023-06-01")
        .header("anthropic-beta", "b")
        .header("x-stainless-os", "Linux")
        .header("user-agent", "sdk");
    let caller = gateway.call().await;
    let (answer, ()) = tokio::join!(caller.send_body(request, message(false)), async {
        let received = upstream.next().await;
        assert_eq!(received.head.uri, CHAT);
        let names = ["x-api-key", "anthropic-version", "anthropic-beta", "x-stainless-os"];
        assert!(names.iter().all(|name| !received.head.headers.contains_key(*name)));
        assert_eq!(received.head.headers["authorization"], "Bearer upstream-key");
        assert_eq!(received.head.headers["user-agent"], "sdk");
        let body: Value = serde_json::from_slice(&received.body).expect("JSON");
        let expected =
            json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]});
        assert_eq!(body, expected);
        received.answer_json(200, &completion()).await;
    });
    assert_eq!((answer.status(), answer.header("content-type")), (200, Some("application/json")));
    let body = answer.json().await;
    assert_eq!(body["content"], json!([{"type": "text", "text": "hi"}]));
    assert_eq!(body["usage"]["input_tokens"], 3);
}

#[tokio::test]
async fn each_chunk_is_told_before_the_next_is_sent() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let (mut answer, chunks) = tokio::join!(gateway.post(MESSAGES, message(true)), async {
        let received = upstream.next().await;
        let body: Value = serde_json::from_slice(&received.body).expect("JSON");
        assert_eq!(body["stream_options"], json!({"include_usage": true}));
        received.begin(200, "text/event-stream")
    });
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    assert_eq!(answer.header("x-accel-buffering"), Some("no"));
    let steps: [(String, &[&str]); 5] = [
        (": still at it\n\n".to_owned(), &["ping"]),
        (chunk(&json!({"role": "assistant", "content": ""}), None), &["message_start"]),
        (chunk(&json!({"content": "a"}), None), &["content_block_start", "content_block_delta"]),
        (chunk(&json!({}), Some("stop")), &["content_block_stop"]),
        ("data: [DONE]\n\n".to_owned(), &["message_delta", "message_stop"]),
    ];
    for (sent, told) in steps {
        chunks.send(sent).await;
        assert_eq!(next(&mut answer).await, told);
    }
    drop(chunks);
    assert!(answer.chunk().await.is_none());
}

#[tokio::test]
async fn a_provider_with_responses_is_asked_for_them() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let body = json!({"id": "resp_up", "x": 1});
    let (answer, ()) = tokio::join!(gateway.post(RESPONSES, response(false)), async {
        let received = upstream.next().await;
        assert_eq!(received.head.uri, RESPONSES);
        assert_eq!(received.body, response(false));
        received.answer_json(200, &body).await;
    });
    assert_eq!(answer.json().await, body);
}

#[tokio::test]
async fn a_provider_without_responses_is_asked_for_them_once() {
    for (status, kind, page) in [
        (404, "text/plain", "404 page not found"),
        (405, "application/json", "{}"),
        (200, "text/html", "<html>"),
    ] {
        let mut upstream = FakeUpstream::start().await;
        let gateway = Running::gateway(&upstream).await;
        for is_first in [true, false] {
            let (answer, ()) = tokio::join!(gateway.post(RESPONSES, response(false)), async {
                let mut received = upstream.next().await;
                if is_first {
                    assert_eq!(received.head.uri, RESPONSES);
                    received.answer(status, kind, page).await;
                    received = upstream.next().await;
                }
                assert_eq!(received.head.uri, CHAT);
                received.answer_json(200, &completion()).await;
            });
            let body = answer.json().await;
            assert_eq!(body["object"], "response");
            assert_eq!(body["output"][0]["content"][0]["text"], "hi");
        }
    }
}

#[tokio::test]
async fn a_missing_model_says_nothing_about_responses() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let missing = json!({"error": {"message": "no such model", "code": "model_not_found"}});
    let (answer, ()) = tokio::join!(gateway.post(RESPONSES, response(false)), async {
        upstream.next().await.answer_json(404, &missing).await;
    });
    assert_eq!(answer.status(), 404);
    let message = expect_error(&answer.json().await, "upstream_error", "model_not_found");
    assert_eq!(message, "no such model");
    let (_, ()) = tokio::join!(gateway.post(RESPONSES, response(false)), async {
        let received = upstream.next().await;
        assert_eq!(received.head.uri, RESPONSES);
        received.answer_json(200, &json!({})).await;
    });
}

#[tokio::test]
async fn who_has_answered_with_a_response_is_asked_for_them_whatever_it_says_later() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let invalid_url = json!({"error": {"message": "Invalid URL (POST /v1/responses)"}});
    for (status, body) in [(200, json!({"id": "resp_up"})), (404, invalid_url), (200, json!({}))] {
        let (answer, ()) = tokio::join!(gateway.post(RESPONSES, response(false)), async {
            let received = upstream.next().await;
            assert_eq!(received.head.uri, RESPONSES);
            received.answer_json(status, &body).await;
        });
        assert_eq!(answer.status(), status);
    }
    assert!(upstream.has_got_nothing());
}

#[tokio::test]
async fn what_cannot_be_translated_is_refused_where_it_must_be() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let body = json!({"model": "m", "input": "hi", "previous_response_id": "resp_1"}).to_string();
    let (answer, ()) = tokio::join!(gateway.post(RESPONSES, body.clone()), async {
        upstream.next().await.answer(404, "text/plain", "no").await;
    });
    assert_eq!(answer.status(), 400);
    let refusal = answer.json().await;
    let message = expect_error(&refusal, "invalid_request_error", "invalid_request");
    assert_eq!(refusal["error"]["param"], "previous_response_id");
    assert!(message.starts_with("previous_response_id: answers are not stored here"), "{message}");
    let (answer, ()) = tokio::join!(gateway.post(RESPONSES, body), async {
        upstream.next().await.answer_json(200, &json!({})).await;
    });
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn errors_come_in_the_envelope_of_the_protocol() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let (answer, ()) = tokio::join!(gateway.post(MESSAGES, message(true)), async {
        upstream.next().await.refuse(429, "97");
    });
    assert_eq!((answer.status(), answer.header("retry-after")), (429, Some("97")));
    let body = answer.json().await;
    assert_eq!(
        (&body["type"], &body["error"]["type"]),
        (&json!("error"), &json!("rate_limit_error"))
    );
    assert_eq!(body["error"]["message"], "slow down");
    for (path, body, message) in [
        (MESSAGES, "{", "the body must be a JSON object"),
        (MESSAGES, "{\"model\":\"m\"}", "messages: is missing"),
        ("/v1/messages/count_tokens", "{\"messages\":7}", "messages: must be a list"),
    ] {
        let answer = gateway.post(path, body).await;
        assert_eq!(answer.status(), 400);
        let body = answer.json().await;
        assert_eq!(body["error"]["type"], "invalid_request_error", "{path}");
        let found = body["error"]["message"].as_str().expect("a message");
        assert!(found.starts_with(message), "{found}");
    }
}

#[tokio::test]
async fn tokens_are_counted_without_a_provider() {
    let upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let answer = gateway.post("/v1/messages/count_tokens", message(false)).await;
    assert_eq!(answer.json().await, json!({"input_tokens": 5}));
}

#[tokio::test]
async fn what_is_no_chat_completion_is_refused() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let (answer, ()) = tokio::join!(gateway.post(MESSAGES, message(false)), async {
        upstream.next().await.answer(200, "application/json", "{\"half\":").await;
    });
    assert_eq!(answer.status(), 502);
    let body = answer.json().await;
    let message = body["error"]["message"].as_str().expect("a message");
    assert!(message.contains("what is not JSON as a whole"), "{message}");
}

#[tokio::test]
async fn a_key_in_an_error_within_a_stream_is_not_passed_on_to_who_asked_for_none() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let said = json!({"error": {"message": "upstream-key may not do that", "code": 400}});
    let (answer, ()) = tokio::join!(gateway.post(MESSAGES, message(false)), async {
        let event = format!("data: {said}\n\n");
        upstream.next().await.answer(200, "text/event-stream", event).await;
    });
    assert_eq!(answer.status(), 400);
    assert_eq!(answer.json().await["error"]["message"], "fake: *** may not do that");
}

/// What a stream tells last before it breaks off, if it is broken off by `end`.
async fn last_told(path: &str, body: String, cut_in: &str) -> Vec<String> {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let (mut answer, chunks) = tokio::join!(gateway.post(path, body), async {
        let mut received = upstream.next().await;
        if received.head.uri.path() == RESPONSES {
            received.answer(404, "text/plain", "no").await;
            received = upstream.next().await;
        }
        received.begin(200, "text/event-stream")
    });
    chunks.send(chunk(&json!({"content": "a"}), None)).await;
    next(&mut answer).await;
    if !cut_in.is_empty() {
        chunks.send(cut_in.to_owned()).await;
    }
    chunks.break_off().await;
    let told = next(&mut answer).await;
    assert!(answer.chunk().await.is_none_or(|chunk| chunk.is_err()), "it breaks off");
    told
}

#[tokio::test]
async fn a_stream_that_is_cut_says_so_in_its_protocol() {
    for cut_in in ["", "data: {\"cho"] {
        assert_eq!(last_told(MESSAGES, message(true), cut_in).await, ["error"], "{cut_in}");
        let told = last_told(RESPONSES, response(true), cut_in).await;
        assert_eq!(told, ["response.failed"], "{cut_in}");
    }
}

#[tokio::test]
async fn a_stream_that_ends_too_soon_is_not_whole() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let (mut answer, chunks) = tokio::join!(gateway.post(MESSAGES, message(true)), async {
        upstream.next().await.begin(200, "text/event-stream")
    });
    chunks.send(chunk(&json!({"content": "a"}), None)).await;
    next(&mut answer).await;
    drop(chunks);
    assert_eq!(next(&mut answer).await, ["error"]);
    assert!(answer.chunk().await.expect("no end").is_err());
}

#[tokio::test]
async fn a_silent_provider_is_given_up_in_the_words_of_the_protocol() {
    let mut upstream = FakeUpstream::start().await;
    let timeouts = Timeouts { idle: Duration::from_millis(100), ..Timeouts::default() };
    let application = OneUpstream::with(&upstream.base_url(), timeouts);
    let gateway = Running::gateway_with(listen(), application).await;
    let (mut answer, chunks) = tokio::join!(gateway.post(MESSAGES, message(true)), async {
        upstream.next().await.begin(200, "text/event-stream")
    });
    assert_eq!(next(&mut answer).await, ["error"]);
    assert!(answer.chunk().await.expect("no end").is_err());
    chunks.cancelled().await;
}

#[tokio::test]
async fn who_leaves_ends_the_request_upstream() {
    for is_stream in [true, false] {
        let mut upstream = FakeUpstream::start().await;
        let gateway = Running::gateway(&upstream).await;
        let caller = gateway.call().await;
        let asking = caller.try_send(Request::post(MESSAGES), message(is_stream));
        let received = tokio::select! {
            _ = asking => panic!("there is no answer yet"),
            received = upstream.next() => received,
        };
        received.cancelled().await;
    }
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let (answer, chunks) = tokio::join!(gateway.post(MESSAGES, message(true)), async {
        upstream.next().await.begin(200, "text/event-stream")
    });
    drop(answer);
    chunks.cancelled().await;
}

#[tokio::test]
async fn a_provider_that_does_not_stream_is_told_as_if_it_did() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let (answer, ()) = tokio::join!(gateway.post(MESSAGES, message(true)), async {
        upstream.next().await.answer_json(200, &completion()).await;
    });
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    let told = types(answer.text().await.as_bytes());
    assert_eq!(told.first().map(String::as_str), Some("message_start"));
    assert_eq!(told.last().map(String::as_str), Some("message_stop"));
}
