//! Qwen's credentials, their expiry, and that no key ever comes out.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::world::{Answer, Socket, World, shell, sleeper, within};

const JSON: (&str, &str) = ("content-type", "application/json");
const PATH: &str = "/api/qwen/credentials";
const CANARY: &str = "sk-canary-51d0c3";

fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis().try_into().unwrap()
}

async fn set(world: &World, body: Value) -> Answer {
    world.call("POST", PATH, &[JSON], &body.to_string()).await
}

async fn credentials(socket: &mut Socket) -> Value {
    let told = socket.event_named("credentials:updated").await;
    let keys: Vec<_> = told.as_object().unwrap().keys().map(String::as_str).collect();
    let contract = ["action", "hasCredentials", "isValid", "isExpired", "expiresAt", "timestamp"];
    assert_eq!(keys, contract);
    told
}

#[tokio::test]
async fn they_are_set_shown_without_the_key_and_deleted() {
    let world = World::new(vec![sleeper("a")]).await;
    let none = json!({
        "hasCredentials": false, "isValid": false, "isExpired": false, "expiresAt": null, "createdAt": null,
        "updatedAt": null, "region": null, "baseUrl": null, "state": "missing", "warning": null
    });
    assert_eq!(world.get(PATH).await.json(), none);
    let mut socket = Socket::joined(world.address).await;
    let expires_at = now_ms() + 3_600_000;
    let answer =
        set(&world, json!({ "apiKey": CANARY, "expiresAt": expires_at, "region": "us" })).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let shown = world.get(PATH).await.json();
    assert_eq!(answer.json(), shown);
    assert_eq!((&shown["hasCredentials"], &shown["isValid"]), (&json!(true), &json!(true)));
    assert_eq!((&shown["isExpired"], &shown["expiresAt"]), (&json!(false), &json!(expires_at)));
    assert_eq!((&shown["region"], &shown["baseUrl"]), (&json!("us"), &json!(null)));
    let told = credentials(&mut socket).await;
    assert_eq!((&told["action"], &told["isValid"]), (&json!("updated"), &json!(true)));
    let status = world.get("/api/proxy/status").await.json();
    let expected = json!({
        "valid": true, "hasCredentials": true, "isExpired": false, "expiresAt": expires_at
    });
    assert_eq!(status["credentials"], expected);
    for _ in 0..2 {
        let answer = world.call("DELETE", PATH, &[], "").await;
        assert_eq!((answer.status, answer.json()), (200, json!({ "success": true })));
    }
    assert_eq!(world.get(PATH).await.json(), none);
    assert_eq!(credentials(&mut socket).await["action"], "deleted");
    // That nothing was deleted the second time is not told: this is next.
    set(&world, json!({ "apiKey": CANARY })).await;
    assert_eq!(credentials(&mut socket).await["action"], "updated");
    world.end().await;
}

#[tokio::test]
async fn expiry_is_told_when_it_happens_and_once() {
    let world = World::new(vec![sleeper("a")]).await;
    let mut socket = Socket::joined(world.address).await;
    let expires_at = now_ms() + 400;
    set(&world, json!({ "apiKey": CANARY, "expiresAt": expires_at })).await;
    assert_eq!(credentials(&mut socket).await["action"], "updated");
    let told = credentials(&mut socket).await;
    let late = now_ms() - expires_at;
    assert!(late < 1_000, "{late} ms late");
    assert_eq!((&told["action"], &told["hasCredentials"]), (&json!("expired"), &json!(true)));
    assert_eq!((&told["isValid"], &told["isExpired"]), (&json!(false), &json!(true)));
    assert_eq!(world.get("/api/proxy/status").await.json()["credentials"]["isExpired"], true);
    // Nothing more of it comes before this.
    world.call("DELETE", PATH, &[], "").await;
    assert_eq!(credentials(&mut socket).await["action"], "deleted");
    // What is expired when it is set is said to be so, and does not expire again.
    set(&world, json!({ "apiKey": CANARY, "expiresAt": expires_at })).await;
    let told = credentials(&mut socket).await;
    assert_eq!((&told["action"], &told["isExpired"]), (&json!("updated"), &json!(true)));
    world.call("DELETE", PATH, &[], "").await;
    assert_eq!(credentials(&mut socket).await["action"], "deleted");
    world.end().await;
}

#[tokio::test]
async fn wrong_ones_are_refused() {
    let world = World::new(vec![sleeper("a")]).await;
    for (body, status, param) in [
        (json!({}), 422, Some("apiKey")),
        (json!({ "apiKey": "" }), 422, Some("apiKey")),
        (json!({ "apiKey": "a b" }), 422, Some("apiKey")),
        (json!({ "apiKey": CANARY, "region": "eu" }), 422, Some("region")),
        (json!({ "apiKey": CANARY, "expiresAt": "soon" }), 422, Some("expiresAt")),
        (json!({ "apiKey": CANARY, "expiresAt": -1 }), 422, Some("expiresAt")),
        (json!({ "apiKey": CANARY, "expiresAt": 1_767_225_600 }), 422, Some("expiresAt")),
        (json!({ "apiKey": CANARY, "baseUrl": "nowhere" }), 422, Some("baseUrl")),
        (json!({ "apiKey": CANARY, "cookies": "x" }), 422, Some("cookies")),
        (json!({ "token": CANARY, "cookies": CANARY }), 400, None),
    ] {
        let answer = set(&world, body.clone()).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text);
        assert_eq!(answer.json()["error"]["param"].as_str(), param, "{body}");
        assert!(!answer.text.contains(CANARY));
    }
    let answer = set(&world, json!({ "token": "x", "cookies": "y" })).await;
    assert!(answer.text.contains("apiKey") && answer.text.contains("Model Studio"));
    assert_eq!(world.get(PATH).await.json()["hasCredentials"], false);
    world.end().await;
}

/// Answers every request with what it was sent, key and all, as some servers do with an error.
async fn echo(listener: TcpListener, status: &str) {
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = vec![0; 4_096];
        let length = stream.read(&mut head).await.unwrap();
        let body = String::from_utf8_lossy(&head[..length]).into_owned();
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        stream.write_all(answer.as_bytes()).await.unwrap();
    }
}

#[tokio::test]
async fn no_key_ever_comes_out() {
    let world = World::new(vec![shell("a", "env; exec sleep 1000")]).await;
    let mut socket = Socket::joined(world.address).await;
    let mut seen = String::new();
    set(&world, json!({ "apiKey": CANARY })).await;
    let body = json!({
        "id": "k", "name": "K", "type": "openai-compatible", "baseUrl": "http://127.0.0.1:9/v1", "apiKey": CANARY
    });
    seen += &world.call("POST", "/api/providers", &[JSON], &body.to_string()).await.text;
    seen += &world.call("POST", "/api/providers", &[JSON], &body.to_string()).await.text;
    let body = json!({ "name": 1, "apiKey": CANARY }).to_string();
    seen += &world.call("PUT", "/api/providers/k", &[JSON], &body).await.text;
    let body = json!({ "hasApiKey": CANARY, "apiKey": CANARY, "x": CANARY }).to_string();
    let message = world.call("PUT", "/api/providers/k", &[JSON], &body).await.text;
    assert!(message.contains("hasApiKey"));
    seen += &message;
    for status in ["401 No", "200 OK", "500 Broken"] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let body = json!({ "baseUrl": url }).to_string();
        seen += &world.call("PUT", "/api/providers/k", &[JSON], &body).await.text;
        let answer = tokio::select! {
            answer = world.post("/api/providers/k/test") => answer,
            () = echo(listener, status) => panic!("it echoes for ever"),
        };
        assert_eq!(answer.json()["success"], false, "{}", answer.text);
        seen += &answer.text;
    }
    world.post("/api/processes/a/start?wait=10").await;
    for path in [
        "/api/providers",
        "/api/providers/k",
        "/api/proxy/status",
        PATH,
        "/api/settings",
        "/api/processes/a/config",
        "/api/processes/a/logs",
        "/metrics",
        "/api/history",
        "/api/openapi.json",
    ] {
        seen += &world.get(path).await.text;
    }
    loop {
        let (name, told) = socket.event().await;
        seen += &told.to_string();
        if name == "proxy:status" && told["status"]["status"] == "running" {
            break;
        }
    }
    assert!(seen.contains("\"hasApiKey\":true"), "else this test sees nothing");
    assert!(!seen.contains(CANARY));
    world.end().await;
}

/// Answers one request.
async fn answer_once(answer: &'static str) -> (String, impl Future<Output = String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let served = async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = vec![0; 4_096];
        let length = stream.read(&mut head).await.unwrap();
        let answer =
            format!("HTTP/1.1 {}", answer.replacen("\n", "\r\nconnection: close\r\n\r\n", 1));
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8_lossy(&head[..length]).into_owned()
    };
    (url, served)
}

#[tokio::test]
async fn a_test_makes_one_real_call_and_says_what_came_of_it() {
    let world = World::new(vec![sleeper("a")]).await;
    let body = json!({ "name": "T", "type": "vllm", "apiKey": CANARY }).to_string();
    world.call("POST", "/api/providers", &[JSON], &body).await;
    for (answer, models, error) in [
        ("200 OK\n{\"data\":[{\"id\":\"m1\"},{\"id\":\"m2\"}]}", json!(["m1", "m2"]), None),
        ("200 OK\n<html>", json!([]), Some("not with a list of models")),
        ("401 No\n{}", json!([]), Some("does not take the API key")),
        ("404 No\n{}", json!([]), Some("usually ends in /v1")),
        ("503 No\n{}", json!([]), Some("answered 503")),
        ("200 OK\n <!DOCTYPE html>", json!([]), Some("answered with a web page")),
        ("200 OK\n{\"data\":[{\"name\":1}]}", json!([]), Some("is the base URL right?")),
        ("200 OK\n", json!([]), Some("is the base URL right?")),
        ("301 Moved\n", json!([]), Some("somewhere else now")),
        ("402 No\n{}", json!([]), Some("no credit left")),
        ("429 No\n{}", json!([]), Some("try again in a minute")),
        ("500 No\n{}", json!([]), Some("a fault of its own")),
    ] {
        let (url, served) = answer_once(answer).await;
        let body = json!({ "baseUrl": url }).to_string();
        assert_eq!(world.call("PUT", "/api/providers/t", &[JSON], &body).await.status, 200);
        let (tested, request) =
            within("test", async { tokio::join!(world.post("/api/providers/t/test"), served) })
                .await;
        assert!(request.starts_with("GET /v1/models HTTP/1.1\r\n"), "{request}");
        assert!(request.contains(&format!("authorization: Bearer {CANARY}\r\n")), "{request}");
        let tested = tested.json();
        let keys: Vec<_> = tested.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["success", "durationMs", "models", "error"]);
        assert_eq!((&tested["success"], &tested["models"]), (&json!(error.is_none()), &models));
        let text = tested["error"].as_str().unwrap_or_default();
        assert!(text.contains(error.unwrap_or_default()), "{text}");
    }
    for (change, error) in [
        (json!({ "apiKey": null }), "wants an API key"),
        (json!({ "type": "qwen" }), "Qwen's credentials are missing"),
    ] {
        let (url, served) = answer_once("401 No\n{}").await;
        let mut body = change;
        body["baseUrl"] = url.into();
        world.call("PUT", "/api/providers/t", &[JSON], &body.to_string()).await;
        let test = async { tokio::join!(world.post("/api/providers/t/test"), served) };
        let (tested, request) = within("test", test).await;
        assert!(!request.contains("authorization"), "{request}");
        assert!(tested.text.contains(error), "{}", tested.text);
    }
    let (url, served) = answer_once("400 No\n").await;
    let body = json!({ "baseUrl": url.replace("http:", "https:") }).to_string();
    world.call("PUT", "/api/providers/t", &[JSON], &body).await;
    let test = async { tokio::join!(world.post("/api/providers/t/test"), served) };
    let (tested, _) = within("test", test).await;
    assert!(tested.text.contains("does not speak TLS"), "{}", tested.text);
    let body = json!({ "baseUrl": "http://127.0.0.1:9/v1" }).to_string();
    world.call("PUT", "/api/providers/t", &[JSON], &body).await;
    let tested = world.post("/api/providers/t/test").await.json();
    assert_eq!(tested["models"], json!([]));
    assert_eq!(tested["error"], "Nothing listens at 127.0.0.1:9: is T running?");
    world.end().await;
}
