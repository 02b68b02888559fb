//! Answers that come compressed, although no upstream is asked for that: nobody here reads them.

use crate::support::{Answer, Chunks, FakeUpstream, Running, Several, expect_error, listen};
use bytes::Bytes;
use gateway::Timeouts;
use http::{Request, Response};
use serde_json::json;

const CHAT: &str = "/v1/chat/completions";
const JSON: &str = "application/json";

/// What no document begins with, nor text at all.
const GZIP: &[u8] = b"\x1f\x8b\x08\0\0\0\0\0\0\x03";

async fn ask(gateway: &Running, accepted: &str, path: &str, body: &'static str) -> Answer {
    let request = Request::post(path).header("accept-encoding", accepted);
    gateway.call().await.send_body(request, body).await
}

async fn compressed(upstream: &mut FakeUpstream, status: u16, kind: &str) -> Chunks {
    let answer = Response::builder().status(status).header("content-encoding", "gzip");
    let answer = answer.header("content-type", kind).header("retry-after", "7");
    upstream.next().await.begin_with(answer)
}

#[tokio::test]
async fn it_is_passed_on_to_who_reads_it() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    for kind in [JSON, "text/event-stream"] {
        let (mut answer, ()) = tokio::join!(ask(&gateway, "gzip, br", CHAT, "{}"), async {
            let chunks = compressed(&mut upstream, 200, kind).await;
            chunks.send(GZIP).await;
            chunks.break_off().await;
        });
        assert_eq!((answer.status(), answer.header("content-encoding")), (200, Some("gzip")));
        assert_eq!(answer.chunk().await.expect("a chunk").expect("whole"), GZIP);
        assert!(answer.chunk().await.expect("no proper end").is_err());
    }
}

#[tokio::test]
async fn who_does_not_read_it_is_told_or_gets_anothers() {
    let (mut a, mut b) = (FakeUpstream::start().await, FakeUpstream::start().await);
    let gateway = Running::gateway(&a).await;
    for kind in [JSON, "text/event-stream"] {
        let (answer, ()) = tokio::join!(gateway.post(CHAT, "{}"), async {
            compressed(&mut a, 200, kind).await.send(GZIP).await;
        });
        assert_eq!(answer.status(), 502);
        let body = answer.json().await;
        let message = expect_error(&body, "upstream_error", "upstream_invalid_response");
        let what = "answered HTTP 200 with what is compressed (gzip), which nobody asked for";
        assert!(message.starts_with("fake (") && message.ends_with(what), "{message}");
    }
    let several = Several::at(&[&a.base_url(), &b.base_url()], Timeouts::default());
    let gateway = Running::gateway_with(listen(), several).await;
    let (answer, ()) = tokio::join!(ask(&gateway, "br", CHAT, "{}"), async {
        compressed(&mut a, 200, JSON).await.send(GZIP).await;
        b.next().await.answer_json(200, &json!({"by": "b"})).await;
    });
    assert_eq!((answer.status(), answer.header("x-provider")), (200, Some("b")));
}

#[tokio::test]
async fn what_would_be_translated_is_read_here() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let message = r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}"#;
    let (answer, ()) = tokio::join!(ask(&gateway, "gzip", "/v1/messages", message), async {
        compressed(&mut upstream, 200, JSON).await.send(GZIP).await;
    });
    assert_eq!((answer.status(), answer.header("content-encoding")), (502, None));
    let body = answer.json().await;
    assert!(body["error"]["message"].as_str().expect("why").contains("compressed"), "{body}");
}

#[tokio::test]
async fn an_error_keeps_its_status() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    for status in [429, 503] {
        let (answer, ()) = tokio::join!(ask(&gateway, "gzip", CHAT, "{}"), async {
            compressed(&mut upstream, status, JSON).await.send(Bytes::from(GZIP)).await;
        });
        let told = (answer.status(), answer.header("content-encoding"));
        assert_eq!((told, answer.header("retry-after")), ((status, None), Some("7")));
        let body = answer.json().await;
        let said = body["error"]["message"].as_str().expect("a message");
        assert!(said.contains(&format!("HTTP {status} with what is compressed (gzip)")), "{said}");
    }
}
