//! Errors that an upstream tells within a stream: they are passed on, recorded, and nothing is added.

use crate::{
    begun::{bare, dies},
    log::{Log, reporting},
    support::{FakeUpstream, OneUpstream, Running, listen},
};
use request_log::{Entry, Outcome};

const CHAT: &str = "/v1/chat/completions";
const STREAM: &str = r#"{"model":"m","stream":true}"#;

/// How a stream goes on after an error.
#[derive(Debug, Clone, Copy)]
enum Then {
    Ends,
    Breaks,
    /// The caller leaves.
    Leaves,
}

/// What the caller of `path` gets of a stream that says this, whether its connection is broken off,
/// and what the record says.
async fn told(path: &str, body: &str, sent: &str, then: Then) -> (String, bool, Entry) {
    let mut upstream = FakeUpstream::start().await;
    let (mut log, reporter) = Log::start().await;
    let gateway = reporting(OneUpstream::at(&upstream.base_url()), listen(), reporter).await;
    let (mut answer, chunks) = tokio::join!(gateway.post(path, body.to_owned()), async {
        upstream.next().await.begin(200, "text/event-stream")
    });
    chunks.send(sent.to_owned()).await;
    let chunk = answer.chunk().await.expect("a chunk").expect("whole");
    let mut text = String::from_utf8(chunk.to_vec()).expect("text");
    match then {
        Then::Ends => drop(chunks),
        Then::Breaks => chunks.break_off().await,
        Then::Leaves => {
            drop(answer);
            chunks.cancelled().await;
            return (text, false, log.next_end().await);
        }
    }
    let is_broken = loop {
        match answer.chunk().await {
            Some(Ok(chunk)) => text.push_str(std::str::from_utf8(&chunk).expect("text")),
            end => break end.is_some(),
        }
    };
    (text, is_broken, log.next_end().await)
}

#[tokio::test]
async fn nothing_is_added_to_them() {
    for (path, sent) in [
        (CHAT, "data: {\"error\":{\"message\":\"too long\",\"code\":400}}\n\n"),
        (
            CHAT,
            "data: {\"object\":\"error\",\"message\":\"too long\",\"type\":\"x\",\"code\":400}\n\n",
        ),
        (
            "/v1/responses",
            "event: error\ndata: {\"type\":\"error\",\"code\":\"x\",\"message\":\"too long\",\
             \"param\":null,\"sequence_number\":1}\n\n",
        ),
    ] {
        for then in [Then::Ends, Then::Breaks, Then::Leaves] {
            let (text, is_broken, entry) = told(path, STREAM, sent, then).await;
            assert_eq!(text, sent, "{then:?}");
            assert_eq!(is_broken, matches!(then, Then::Breaks), "{sent}");
            assert_eq!(entry.outcome, Some(Outcome::UpstreamError), "{sent} {then:?}");
            assert_eq!(entry.error.as_deref(), Some("too long"), "{sent} {then:?}");
        }
    }
}

#[tokio::test]
async fn they_arrive_although_the_connection_breaks_off_with_them() {
    let sent = "data: {\"error\":{\"message\":\"too long\",\"code\":400}}\n\n";
    let (upstream, url) = bare().await;
    let gateway = Running::gateway_with(listen(), OneUpstream::at(&url)).await;
    let (mut answer, ()) = tokio::join!(gateway.post(CHAT, STREAM), dies(&upstream, sent, true));
    let chunk = answer.chunk().await.expect("a chunk").expect("whole");
    assert_eq!(chunk, sent);
    answer.chunk().await.expect("no proper end").expect_err("no more");
}

#[tokio::test]
async fn they_are_told_in_the_words_that_were_asked_in() {
    let message = r#"{"stream":true,"max_tokens":1,"messages":[{"role":"user","content":"a"}]}"#;
    let sent = "data: {\"object\":\"error\",\"message\":\"too long\",\"code\":400}\n\n";
    let (text, _, entry) = told("/v1/messages", message, sent, Then::Ends).await;
    assert!(text.starts_with("event: error\n") && text.contains("too long"), "{text}");
    assert_eq!(entry.outcome, Some(Outcome::UpstreamError));
    assert_eq!(entry.error.as_deref(), Some("too long"));
}
