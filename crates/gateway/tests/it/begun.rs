//! When a stream has begun, where others could still answer.

use crate::{
    bare::accepted,
    log::{Log, reporting},
    support::{
        Answer, Chunks, FakeUpstream, LOOPBACK, Running, Several, expect_error, listen, within,
    },
};
use gateway::Timeouts;
use request_log::Outcome;
use serde_json::json;
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

const CHAT: &str = "/v1/chat/completions";
const BODY: &str = r#"{"model":"m","stream":true}"#;
const STREAM: &str = "text/event-stream";
const EVENT: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";

/// What a stream says before it dies, none of which is an event.
const NOTHING: [&str; 4] = ["", ": ping\n\n", "\r\n", "data: {\"cho"];

async fn two(timeouts: Timeouts) -> (FakeUpstream, FakeUpstream, Running) {
    let (a, b) = (FakeUpstream::start().await, FakeUpstream::start().await);
    let several = Several::at(&[&a.base_url(), &b.base_url()], timeouts);
    let gateway = Running::gateway_with(listen(), several).await;
    (a, b, gateway)
}

fn told(answer: &Answer) -> (u16, Option<&str>) {
    (answer.status(), answer.header("x-provider"))
}

/// An upstream that nothing listens for but a test.
pub(crate) async fn bare() -> (TcpListener, String) {
    let listener = TcpListener::bind((LOOPBACK, 0)).await.expect("a free port");
    let url = format!("http://{}/v1", listener.local_addr().expect("an address"));
    (listener, url)
}

/// Sends the head of a stream and this, and then ends the stream, or the connection without that.
pub(crate) async fn dies(upstream: &TcpListener, said: &str, is_cut: bool) {
    let mut connection = accepted(upstream).await;
    let mut request = Vec::new();
    while !request.ends_with(BODY.as_bytes()) {
        within("the request", connection.read_buf(&mut request)).await.expect("more");
    }
    let mut answer = format!("HTTP/1.1 200 OK\r\ncontent-type: {STREAM}\r\n");
    answer.push_str("transfer-encoding: chunked\r\n\r\n");
    if !said.is_empty() {
        answer.push_str(&format!("{:x}\r\n{said}\r\n", said.len()));
    }
    if !is_cut {
        answer.push_str("0\r\n\r\n");
    }
    connection.write_all(answer.as_bytes()).await.expect("the gateway reads");
}

async fn says(upstream: &mut FakeUpstream, text: &str) -> Chunks {
    let chunks = upstream.next().await.begin(200, STREAM);
    if !text.is_empty() {
        chunks.send(text.to_owned()).await;
    }
    chunks
}

#[tokio::test]
async fn who_dies_before_the_first_event_is_followed_by_the_next_one() {
    for said in NOTHING {
        for is_cut in [true, false] {
            let ((a, url), mut b) = (bare().await, FakeUpstream::start().await);
            let (mut log, reporter) = Log::start().await;
            let several = Several::at(&[&url, &b.base_url()], Timeouts::default());
            let gateway = reporting(several, listen(), reporter).await;
            let (answer, ()) = tokio::join!(gateway.post(CHAT, BODY), async {
                dies(&a, said, is_cut).await;
                let second = b.next().await;
                assert_eq!(second.body, BODY);
                second.answer_json(200, &json!({"by": "b"})).await;
            });
            assert_eq!(told(&answer), (200, Some("b")), "{said:?}");
            assert_eq!(answer.json().await, json!({"by": "b"}));
            let entry = log.next_end().await;
            assert_eq!((entry.outcome, entry.error), (Some(Outcome::Complete), None));
            assert_eq!(entry.provider.as_deref(), Some("b"));
        }
    }
}

#[tokio::test]
async fn so_is_who_begins_with_an_error_of_its_own() {
    let busy = "data: {\"error\":{\"message\":\"overloaded\",\"code\":503}}\n\n";
    for said in [busy, "data: {\"object\":\"error\",\"message\":\"no\"}\n\n", "data: [DONE]\n\n"] {
        let (mut a, mut b, gateway) = two(Timeouts::default()).await;
        let (answer, _kept) = tokio::join!(gateway.post(CHAT, BODY), async {
            let kept = says(&mut a, said).await;
            b.next().await.answer_json(200, &json!({})).await;
            kept
        });
        assert_eq!(told(&answer), (200, Some("b")), "{said}");
    }
    // What is wrong with the request is the answer.
    let (mut a, mut b, gateway) = two(Timeouts::default()).await;
    let too_long = "data: {\"error\":{\"message\":\"too long\",\"code\":400}}\n\n";
    let (answer, chunks) = tokio::join!(gateway.post(CHAT, BODY), says(&mut a, too_long));
    drop(chunks);
    assert_eq!(told(&answer), (200, Some("a")));
    assert_eq!(answer.text().await, too_long);
    assert!(b.has_got_nothing());
}

#[tokio::test]
async fn so_is_who_says_nothing_but_the_end_in_whatever_way() {
    for (kind, chunks) in [
        (STREAM, &["data: [DO", "NE]\n\n"][..]),
        (STREAM, &[": ping\n\n", "event: x\n", "data:", "[DONE]\n\n"]),
        ("text/plain", &["data: [DONE]\n\n"]),
    ] {
        let (mut a, mut b, gateway) = two(Timeouts::default()).await;
        let (answer, ()) = tokio::join!(gateway.post(CHAT, BODY), async {
            let answer = a.next().await.begin(200, kind);
            for chunk in chunks {
                answer.send(*chunk).await;
            }
            drop(answer);
            b.next().await.answer_json(200, &json!({})).await;
        });
        assert_eq!(told(&answer), (200, Some("b")), "{chunks:?}");
    }
}

#[tokio::test]
async fn what_a_failed_attempt_said_is_no_part_of_the_record() {
    let (mut a, mut b) = (FakeUpstream::start().await, FakeUpstream::start().await);
    let (mut log, reporter) = Log::start().await;
    let several = Several::at(&[&a.base_url(), &b.base_url()], Timeouts::default());
    let gateway = reporting(several, listen(), reporter).await;
    let late = Duration::from_millis(100);
    let (mut answer, _kept) = tokio::join!(gateway.post(CHAT, BODY), async {
        let busy = "data: {\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4},\
                    \"error\":{\"message\":\"overloaded\",\"code\":503}}\n\n";
        let kept = says(&mut a, busy).await;
        let second = b.next().await;
        tokio::time::sleep(late).await;
        let end = "data: {\"choices\":[{\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
        second.answer(200, STREAM, end).await;
        kept
    });
    while let Some(Ok(_)) = answer.chunk().await {}
    let entry = log.next_end().await;
    assert_eq!((entry.outcome, entry.provider.as_deref()), (Some(Outcome::Complete), Some("b")));
    assert!(entry.first_token_ms >= Some(late.as_secs_f64() * 1e3), "{:?}", entry.first_token_ms);
    assert_eq!((entry.prompt_tokens, entry.completion_tokens), (None, None));
}

#[tokio::test]
async fn so_is_who_is_silent_for_too_long() {
    let idle = Duration::from_millis(100);
    let (mut a, mut b, gateway) = two(Timeouts { idle, ..Timeouts::default() }).await;
    let (answer, ()) = tokio::join!(gateway.post(CHAT, BODY), async {
        let silent = says(&mut a, ": ping\n\n").await;
        b.next().await.answer_json(200, &json!({})).await;
        silent.cancelled().await;
    });
    assert_eq!(told(&answer), (200, Some("b")));
}

#[tokio::test]
async fn where_all_die_each_is_named() {
    let ((a, a_url), (b, b_url)) = (bare().await, bare().await);
    let mut c = FakeUpstream::start().await;
    let several = Several::at(&[&a_url, &b_url, &c.base_url()], Timeouts::default());
    let gateway = Running::gateway_with(listen(), several).await;
    let (answer, ()) = tokio::join!(gateway.post(CHAT, BODY), async {
        dies(&a, "", true).await;
        dies(&b, ": ping\n\n", false).await;
        c.next().await.answer_json(500, &json!({"error": "no"})).await;
    });
    assert_eq!(answer.status(), 502);
    let message = expect_error(&answer.json().await, "upstream_error", "upstream_cut");
    let (first, second) =
        ("a: the upstream ended the answer too soon", "b: the upstream ended the stream before");
    assert!(message.contains(first) && message.contains(second), "{message}");
}

#[tokio::test]
async fn the_first_event_is_passed_on_at_once_with_what_came_before_it() {
    let (mut a, mut b, gateway) = two(Timeouts::default()).await;
    let sent = [": ping\n\n", "event: x\n", "data: 1\r\n", "\r\n"];
    let (mut answer, chunks) = tokio::join!(gateway.post(CHAT, BODY), async {
        let chunks = a.next().await.begin(200, STREAM);
        for chunk in sent {
            chunks.send(chunk).await;
        }
        chunks
    });
    assert_eq!(told(&answer), (200, Some("a")));
    let mut got = String::new();
    while got.len() < sent.concat().len() {
        let chunk = answer.chunk().await.expect("a chunk").expect("whole");
        got.push_str(std::str::from_utf8(&chunk).expect("text"));
    }
    assert_eq!(got, sent.concat());
    chunks.send(EVENT).await;
    assert_eq!(answer.chunk().await.expect("a chunk").expect("whole"), EVENT);
    chunks.break_off().await;
    while let Some(Ok(_)) = answer.chunk().await {}
    assert!(b.has_got_nothing());
}

#[tokio::test]
async fn who_thinks_for_long_is_not_given_up_on() {
    let first_byte = Duration::from_millis(600);
    let (mut a, mut b, gateway) = two(Timeouts { first_byte, ..Timeouts::default() }).await;
    let (mut answer, chunks) = tokio::join!(gateway.post(CHAT, BODY), says(&mut a, ": ping\n\n"));
    assert_eq!(told(&answer), (200, Some("a")));
    assert_eq!(answer.chunk().await.expect("a chunk").expect("whole"), ": ping\n\n");
    chunks.send(EVENT).await;
    assert_eq!(answer.chunk().await.expect("a chunk").expect("whole"), EVENT);
    assert!(b.has_got_nothing());
}
