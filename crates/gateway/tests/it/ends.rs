//! Streams that an upstream ends too soon, or not at all.

use crate::support::{FakeUpstream, Running, expect_error};
use serde_json::{Value, json};

const CHAT: &str = "/v1/chat/completions";
const STREAM: &str = "text/event-stream";

/// What the caller of `path` gets of a stream that ends properly after `sent`, and whether its
/// connection was broken off.
async fn got(path: &str, sent: &str) -> (String, bool) {
    got_in_pieces(path, &[sent]).await
}

/// The same of one that is sent in pieces.
async fn got_in_pieces(path: &str, sent: &[&str]) -> (String, bool) {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let (mut answer, ()) = tokio::join!(gateway.post(path, r#"{"stream":true}"#), async {
        let chunks = upstream.next().await.begin(200, STREAM);
        for piece in sent.iter().filter(|piece| !piece.is_empty()) {
            chunks.send((*piece).to_owned()).await;
        }
    });
    let mut text = String::new();
    loop {
        match answer.chunk().await {
            Some(Ok(chunk)) => text.push_str(std::str::from_utf8(&chunk).expect("text")),
            end => return (text, end.is_some()),
        }
    }
}

#[tokio::test]
async fn a_stream_that_ends_without_a_sign_of_its_end_is_broken_off() {
    for sent in [
        "",
        ": ping\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n",
        "<html>Bad gateway</html>\n",
        "da",
        "data: {\"choices\":[{\"delta\":{\"content\":\"a",
        "data: {\"choices\":[]}\n",
    ] {
        let (text, is_broken) = got(CHAT, sent).await;
        assert!(text.starts_with(sent), "what came, as it came: {text}");
        assert!(text.ends_with("\n\n") && is_broken, "{text}");
        let events = text.lines().filter_map(|line| line.strip_prefix("data: "));
        let events: Vec<Value> =
            events.map(|data| serde_json::from_str(data).expect("JSON")).collect();
        expect_error(events.last().expect("an event"), "upstream_error", "upstream_cut");
    }
    // Nothing that a client could read can be made of this.
    let sent = "data: [DO";
    assert_eq!(got(CHAT, sent).await, (sent.to_owned(), true));
    let sent = "data: {\"choices\":[{\"finish_reason\":\"stop\"}]}\n\n";
    assert_eq!(got(CHAT, sent).await, (sent.to_owned(), false));
}

#[tokio::test]
async fn an_end_without_an_answer_is_none() {
    const END: &str = "data: [DONE]\n\n";
    const NOTHING: &str = "data: {\"choices\":[]}\n\n";
    for (passed, end) in [
        ("", END),
        ("", ": ping\n\ndata:[DONE]\n\n"),
        (NOTHING, END),
        ("", "data: {\"choices\" : [ ],\"usage\":{}}\r\n\r\ndata: [DONE]\r\n\r\n"),
    ] {
        let (text, is_broken) = got_in_pieces(CHAT, &[passed, end]).await;
        let event = text.strip_prefix(passed).expect("what came, as it came");
        let error = event.strip_prefix("data: ").expect("an event");
        let error: Value = serde_json::from_str(error).expect("JSON");
        expect_error(&error, "upstream_error", "upstream_invalid_response");
        assert!(is_broken, "{passed} {end}");
    }
    let choice = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";
    for sent in [["data: {}\n\n", END], [choice, "data: {\"choices\":[]}\n\ndata: [DONE]\n\n"]] {
        assert_eq!(got_in_pieces(CHAT, &sent).await, (sent.concat(), false));
    }
}

#[tokio::test]
async fn lines_may_end_with_a_return() {
    for end in ["\n", "\r\n", "\r"] {
        for last in ["data: {\"choices\":[{\"finish_reason\":\"stop\"}]}\n\n", "data: [DONE]\n\n"] {
            let sent = format!("data: {{\"n\":1}}\n\n{last}").replace('\n', end);
            assert_eq!(got(CHAT, &sent).await, (sent.clone(), false), "{sent:?}");
        }
        let sent = "data: 1\n\n".replace('\n', end);
        let (text, is_broken) = got(CHAT, &sent).await;
        let event = text.strip_prefix(&sent).expect("what came, as it came");
        assert!(is_broken && event.starts_with("data: {\"error\""), "{text:?}");
    }
}

#[tokio::test]
async fn the_error_of_responses_has_the_next_number() {
    for (sent, number) in [
        ("", 0),
        (
            "event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":4}\n\n",
            5,
        ),
    ] {
        let (text, is_broken) = got("/v1/responses", sent).await;
        let event = text.strip_prefix(sent).expect("what came, as it came");
        let error = event.strip_prefix("event: error\ndata: ").expect("an event");
        let error: Value = serde_json::from_str(error).expect("JSON");
        assert_eq!((&error["type"], &error["sequence_number"]), (&json!("error"), &json!(number)));
        assert!(is_broken, "{sent}");
    }
}

#[tokio::test]
async fn an_upstream_that_does_not_end_holds_nobody_up() {
    let message = r#"{"stream":true,"max_tokens":1,"messages":[{"role":"user","content":"a"}]}"#;
    for (path, body) in [(CHAT, r#"{"stream":true}"#), ("/v1/messages", message)] {
        let mut upstream = FakeUpstream::start().await;
        let gateway = Running::gateway(&upstream).await;
        let (answer, chunks) = tokio::join!(gateway.post(path, body), async {
            upstream.next().await.begin(200, STREAM)
        });
        chunks.send("data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n").await;
        chunks.send("data: [DONE]\n\n").await;
        // It would be held for five minutes, which no test waits.
        assert!(!answer.text().await.is_empty());
        chunks.cancelled().await;
    }
}
