//! A token in force: who gets in, who does not.

use server::Token;

use crate::world::{Socket, World, sleeper};

const TOKEN: &str = "correct-horse-battery-staple";

async fn guarded() -> World {
    World::with(vec![sleeper("a")], |options| options.token = Some(Token::new(TOKEN))).await
}

#[tokio::test]
async fn every_call_but_health_and_the_pages_needs_it() {
    let world = guarded().await;
    let right = format!("Bearer {TOKEN}");
    let wrong = [
        "",
        "Bearer wrong",
        &right[..right.len() - 1],
        &format!("{right}x"),
        &format!("Basic {TOKEN}"),
        TOKEN,
    ];
    for (method, path) in [
        ("GET", "/api/processes"),
        ("GET", "/api/proxy/status"),
        ("POST", "/api/proxy/start"),
        ("GET", "/api/events"),
        ("GET", "/api/openapi.json"),
        ("GET", "/metrics"),
        ("GET", "/api/nope"),
    ] {
        for authorization in wrong {
            let answer = world.call(method, path, &[("authorization", authorization)], "").await;
            assert_eq!(answer.status, 401, "{method} {path} {authorization}");
            assert_eq!(answer.json()["error"]["code"], "unauthorized");
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
    }
    for path in ["/", "/api/health", "/api/docs", "/assets/docs.js", "/processes/a"] {
        assert_eq!(world.get(path).await.status, 200, "{path}");
    }
    let answer = world.call("GET", "/api/processes", &[("authorization", &right)], "").await;
    assert_eq!(answer.status, 200);
    assert_eq!(world.supervisor.snapshot().seq, 0, "nothing was started");
    world.end().await;
}

#[tokio::test]
async fn socket_io_asks_for_it_at_connect() {
    let world = guarded().await;
    for auth in ["", "{}", r#"{"token":""}"#, r#"{"token":7}"#, r#"{"token":"wrong"}"#, "[]"] {
        let mut socket = Socket::connect(world.address, auth).await;
        let refusal = socket.frame().await.unwrap();
        assert_eq!(
            refusal,
            r#"44{"message":"unauthorized: connect with `auth: { token }`, the token of this server"}"#
        );
    }
    let mut socket = world.socket(&format!(r#"{{"token":"{TOKEN}"}}"#)).await;
    assert!(socket.frame().await.unwrap().starts_with("40{"));
    assert_eq!(socket.event().await.0, "proxy:status");
    world.end().await;
}

#[tokio::test]
async fn wrong_tokens_are_slowed_down_and_the_right_one_is_let_in() {
    let world = guarded().await;
    let right = format!("Bearer {TOKEN}");
    let ask = async |authorization: &str| {
        world.call("GET", "/api/processes", &[("authorization", authorization)], "").await
    };
    let mut refused = Vec::new();
    for attempt in 0..150 {
        refused.push(ask(&format!("Bearer wrong-{attempt}")).await);
    }
    assert!(refused[..100].iter().all(|answer| answer.status == 401));
    let last = refused.pop().unwrap();
    assert_eq!(last.status, 429, "{}", last.text);
    assert_eq!(last.json()["error"]["code"], "too_many_wrong_tokens");
    assert!((1..=60).contains(&last.header("retry-after").parse::<u64>().unwrap()));
    assert_eq!(ask(&right).await.status, 200);
    for nothing in ["", "Bearer", &format!("Basic {TOKEN}")] {
        assert_eq!(ask(nothing).await.status, 401, "no guess, so not counted");
    }
    let mut socket = Socket::connect(world.address, r#"{"token":"wrong"}"#).await;
    let refusal = socket.frame().await.unwrap();
    assert!(refusal.starts_with(r#"44{"message":"too many wrong tokens"#), "{refusal}");
    let mut socket = world.socket(&format!(r#"{{"token":"{TOKEN}"}}"#)).await;
    assert!(socket.frame().await.unwrap().starts_with("40{"));
    world.end().await;
}
