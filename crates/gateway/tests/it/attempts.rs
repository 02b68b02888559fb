//! Which upstream answers where several could.

use crate::support::{
    Answer, FakeUpstream, LOOPBACK, Running, Several, expect_error, listen, within,
};
use gateway::Timeouts;
use serde_json::json;
use std::time::Duration;
use tokio::{net::TcpListener, time::Instant};

const CHAT: &str = "/v1/chat/completions";
const BODY: &str = r#"{"model":"m"}"#;

/// Nobody listens there.
const DEAD: &str = "http://127.0.0.1:1/v1";

async fn gateway(urls: &[&str], timeouts: Timeouts) -> Running {
    Running::gateway_with(listen(), Several::at(urls, timeouts)).await
}

async fn two() -> (FakeUpstream, FakeUpstream, Running) {
    let (a, b) = (FakeUpstream::start().await, FakeUpstream::start().await);
    let gateway = gateway(&[&a.base_url(), &b.base_url()], Timeouts::default()).await;
    (a, b, gateway)
}

fn provider(answer: &Answer) -> Option<&str> {
    answer.header("x-provider")
}

#[tokio::test]
async fn the_first_that_answers_is_named() {
    let (mut a, mut b, gateway) = two().await;
    let (answer, ()) = tokio::join!(gateway.post(CHAT, BODY), async {
        a.next().await.answer_json(200, &json!({})).await;
    });
    assert_eq!((answer.status(), provider(&answer)), (200, Some("a")));
    assert!(b.has_got_nothing());
}

#[tokio::test]
async fn who_cannot_answer_is_followed_by_the_next_one() {
    for status in [429, 408, 500, 502, 503, 504] {
        let (mut a, mut b, gateway) = two().await;
        let (answer, ()) = tokio::join!(gateway.post(CHAT, BODY), async {
            a.next().await.answer_json(status, &json!({"error": "no"})).await;
            let second = b.next().await;
            assert_eq!(second.body, BODY);
            second.answer_json(200, &json!({"by": "b"})).await;
        });
        assert_eq!((answer.status(), provider(&answer)), (200, Some("b")), "{status}");
        assert_eq!(answer.json().await, json!({"by": "b"}));
    }
}

#[tokio::test]
async fn so_is_who_is_not_there_or_answers_what_is_no_answer() {
    let mut b = FakeUpstream::start().await;
    let alive = gateway(&[DEAD, &b.base_url()], Timeouts::default()).await;
    let (answer, ()) = tokio::join!(alive.post(CHAT, BODY), async {
        b.next().await.answer_json(200, &json!({})).await;
    });
    assert_eq!((answer.status(), provider(&answer)), (200, Some("b")));

    let (mut a, mut b, gateway) = two().await;
    let (answer, ()) = tokio::join!(gateway.post(CHAT, BODY), async {
        a.next().await.answer(200, "text/html", "<html>hello</html>").await;
        b.next().await.answer_json(200, &json!({})).await;
    });
    assert_eq!((answer.status(), provider(&answer)), (200, Some("b")));
}

#[tokio::test]
async fn what_is_about_the_request_is_the_answer() {
    for status in [400, 401, 404, 422] {
        let (mut a, mut b, gateway) = two().await;
        let (answer, ()) = tokio::join!(gateway.post(CHAT, BODY), async {
            a.next().await.answer_json(status, &json!({"error": {"message": "no"}})).await;
        });
        assert_eq!((answer.status(), provider(&answer)), (status, Some("a")));
        assert!(b.has_got_nothing());
    }
}

#[tokio::test]
async fn an_answer_that_has_begun_is_never_begun_again() {
    let (mut a, mut b, gateway) = two().await;
    let (mut answer, chunks) = tokio::join!(gateway.post(CHAT, BODY), async {
        let chunks = a.next().await.begin(200, "text/event-stream");
        chunks.send("data: 1\n\n").await;
        chunks
    });
    assert_eq!(answer.chunk().await.expect("a chunk").expect("whole"), "data: 1\n\n");
    chunks.break_off().await;
    while let Some(Ok(_)) = answer.chunk().await {}
    assert!(b.has_got_nothing());
}

#[tokio::test]
async fn where_all_fail_each_is_named_with_its_reason() {
    let (mut a, mut b) = (FakeUpstream::start().await, FakeUpstream::start().await);
    let urls = [a.base_url(), DEAD.to_owned(), b.base_url()];
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    let gateway = gateway(&urls, Timeouts::default()).await;
    let (answer, ()) = tokio::join!(gateway.post(CHAT, BODY), async {
        a.next().await.refuse(429, "30");
        b.next().await.answer_json(401, &json!({"error": {"message": "bad key"}})).await;
    });
    assert_eq!((answer.status(), answer.header("retry-after")), (429, Some("30")));
    let body = answer.json().await;
    let message = expect_error(&body, "upstream_error", "upstream_error");
    for part in [
        "a (",
        "HTTP 429: slow down; b (127.0.0.1:1) cannot be reached",
        "401: bad key",
        "z (asleep)",
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
}

#[tokio::test]
async fn a_page_in_front_of_a_provider_is_its_error() {
    // The first one is busy; what the second one says of the request is the answer.
    let (mut a, mut b, gateway) = two().await;
    let (answer, ()) = tokio::join!(gateway.post(CHAT, BODY), async {
        a.next().await.answer(429, "text/html", "<html>busy</html>").await;
        b.next().await.answer(413, "text/html", "<html>too large</html>").await;
    });
    assert_eq!((answer.status(), provider(&answer)), (413, Some("b")));
    let (answer, ()) = tokio::join!(gateway.post(CHAT, BODY), async {
        a.next().await.answer(503, "text/html", "<html>busy</html>").await;
        b.next().await.answer(503, "text/html", "<html>busy</html>").await;
    });
    assert_eq!(answer.status(), 502);
    let message = answer.json().await["error"]["message"].clone();
    let [a, b] = [("a", &a), ("b", &b)].map(|(name, upstream)| {
        let address = upstream.address;
        format!("{name} ({address}) answered HTTP 503 with what is not JSON: <html>busy</html>")
    });
    assert_eq!(message, format!("no provider answered: {a}; {b}; not asked: z (asleep)"));
}

#[tokio::test]
async fn where_nobody_says_when_to_come_again_who_was_left_out_does() {
    let gateway = gateway(&[DEAD, DEAD], Timeouts::default()).await;
    let answer = gateway.post(CHAT, BODY).await;
    assert_eq!((answer.status(), answer.header("retry-after")), (502, Some("40")));
}

#[tokio::test]
async fn a_connection_that_fails_is_tried_once_more_where_nobody_else_can_answer() {
    // What accepts and says no word of TLS cannot be connected to.
    let listener = TcpListener::bind((LOOPBACK, 0)).await.expect("a free port");
    let url = format!("https://{}/v1", listener.local_addr().expect("an address"));
    let gateway = gateway(&[&url], Timeouts::default()).await;
    let accepted = async {
        for _ in 0..2 {
            drop(within("a connection", listener.accept()).await.expect("a connection"));
        }
    };
    let (answer, ()) = tokio::join!(gateway.post(CHAT, BODY), accepted);
    assert_eq!(answer.status(), 502);
    expect_error(&answer.json().await, "upstream_error", "upstream_unreachable");
}

#[tokio::test]
async fn all_attempts_share_one_deadline() {
    let (mut a, mut b) = (FakeUpstream::start().await, FakeUpstream::start().await);
    let timeouts = Timeouts { first_byte: Duration::from_millis(600), ..Timeouts::default() };
    let gateway = gateway(&[&a.base_url(), &b.base_url()], timeouts).await;
    let begun = Instant::now();
    let (answer, _held) =
        tokio::join!(gateway.post(CHAT, BODY), async { (a.next().await, b.next().await) });
    assert!(begun.elapsed() >= Duration::from_millis(550), "{:?}", begun.elapsed());
    assert!(begun.elapsed() < Duration::from_millis(1_100), "{:?}", begun.elapsed());
    assert_eq!(answer.status(), 504);
    let body = answer.json().await;
    let message = expect_error(&body, "upstream_error", "upstream_timeout");
    assert!(message.contains("a (") && message.contains("b ("), "{message}");
}

#[tokio::test]
async fn each_gets_its_own_time_within_that_of_the_most_patient() {
    let (mut a, mut b) = (FakeUpstream::start().await, FakeUpstream::start().await);
    let mut several = Several::at(&[&a.base_url(), &b.base_url()], Timeouts::default());
    several.0[0].0.timeouts.first_byte = Duration::from_millis(100);
    several.0[1].0.timeouts.first_byte = Duration::from_secs(18);
    let gateway = Running::gateway_with(listen(), several).await;
    let (answer, _held) = tokio::join!(gateway.post(CHAT, BODY), async {
        let held = a.next().await;
        // Who is asked next has far more time left than the first one ever had.
        let second = b.next().await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        second.answer_json(200, &json!({})).await;
        held
    });
    assert_eq!((answer.status(), provider(&answer)), (200, Some("b")));
}

#[tokio::test]
async fn a_short_wait_is_waited_where_nobody_else_can_answer() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    for status in [429, 503] {
        let (answer, ()) = tokio::join!(gateway.post(CHAT, BODY), async {
            upstream.next().await.refuse(status, "0.05");
            let again = upstream.next().await;
            assert_eq!(again.body, BODY);
            again.answer_json(200, &json!({})).await;
        });
        assert_eq!(answer.status(), 200);
    }
}

#[tokio::test]
async fn a_long_wait_is_told() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let (answer, ()) = tokio::join!(gateway.post(CHAT, BODY), async {
        upstream.next().await.refuse(429, "17");
    });
    assert_eq!((answer.status(), answer.header("retry-after")), (429, Some("17")));
    assert_eq!(answer.json().await["error"]["message"], "slow down");
    assert!(upstream.has_got_nothing());
}

#[tokio::test]
async fn a_client_that_goes_away_ends_the_attempts() {
    let (mut a, mut b, gateway) = two().await;
    let waiting = gateway.post(CHAT, BODY);
    let first = tokio::select! {
        _ = waiting => panic!("nobody answered"),
        first = a.next() => first,
    };
    first.cancelled().await;
    assert!(b.has_got_nothing());
}
