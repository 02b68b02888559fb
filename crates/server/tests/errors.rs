//! Every error comes in the envelope, with the fitting status, and leaves what runs untouched.

use serde_json::Value;

use crate::world::{Answer, World, sleeper};

#[track_caller]
fn envelope(answer: &Answer, status: u16, kind: &str, what: &str) -> Value {
    assert_eq!(answer.status, status, "{what}: {}", answer.text);
    assert_eq!(answer.header("content-type"), "application/json", "{what}");
    let json = answer.json();
    assert_eq!(json["success"], false, "{what}");
    assert_eq!(json["error"]["type"], kind, "{what}");
    for field in ["message", "code"] {
        assert!(
            json["error"][field].as_str().is_some_and(|text| !text.is_empty()),
            "{what}: {json}"
        );
    }
    json["error"].clone()
}

const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn unknown_paths_and_processes() {
    let world = World::new(vec![sleeper("a")]).await;
    let paths = [
        "/api",
        "/api/",
        "/api/nope",
        "/nope.txt",
        "/socket.iox/x.js",
        "/api/processes/nobody",
        "/api/processes/%20",
        "/api/processes/a/",
        "/api/processes/nobody/logs",
        "/api/processes/nobody/config",
        "/assets/nope.js",
        "/api/providers/",
        "/api/history?process=nobody",
    ];
    for path in paths {
        envelope(&world.get(path).await, 404, "not_found_error", path);
    }
    for verb in ["start", "stop", "restart"] {
        let answer = world.post(&format!("/api/processes/nobody/{verb}")).await;
        let error = envelope(&answer, 404, "not_found_error", verb);
        assert_eq!(error["message"], "There is no process `nobody`; there are: a");
        assert_eq!(error["code"], "unknown_process");
    }
    for path in ["/api/processes/%ff", "/api/processes/%ff/logs", "/assets/%FF"] {
        envelope(&world.get(path).await, 400, "invalid_request_error", path);
    }
    world.end().await;
}

#[tokio::test]
async fn wrong_methods_say_what_is_right() {
    let world = World::new(vec![sleeper("a")]).await;
    let calls = [
        ("DELETE", "/api/processes", "GET,HEAD"),
        ("GET", "/api/processes/a/start", "POST"),
        ("POST", "/api/health", "GET,HEAD"),
        ("OPTIONS", "/api/health", "GET,HEAD"),
    ];
    for (method, path, allow) in calls {
        let answer = world.call(method, path, &[], "").await;
        envelope(&answer, 405, "invalid_request_error", path);
        assert_eq!(answer.header("allow"), allow);
    }
    assert_eq!(world.call("HEAD", "/api/processes", &[], "").await.status, 200);
    assert_eq!(world.supervisor.snapshot().seq, 0, "a GET starts nothing");
    world.end().await;
}

#[tokio::test]
async fn wrong_fields_are_named() {
    let world = World::new(vec![sleeper("a")]).await;
    let calls = [
        ("GET", "/api/processes/a/logs?tail=many", "tail"),
        ("GET", "/api/processes/a/logs?tail=-1", "tail"),
        ("GET", "/api/processes/a/logs?tail=10001", "tail"),
        ("GET", "/api/history?after=x", "after"),
        ("GET", "/api/history?limit=0", "limit"),
        ("GET", "/api/events?after=soon", "after"),
        ("POST", "/api/processes/a/start?wait=soon", "wait"),
        ("POST", "/api/processes/a/start?wait=-1", "wait"),
        ("POST", "/api/processes/a/start?wait=NaN", "wait"),
        ("POST", "/api/processes/a/start?wait=", "wait"),
    ];
    for (method, path, param) in calls {
        let answer = world.call(method, path, &[], "").await;
        assert_eq!(envelope(&answer, 422, "invalid_request_error", path)["param"], param);
    }
    let answer = world.call("POST", "/api/proxy/start", &[JSON], r#"{"wait":1}"#).await;
    assert_eq!(envelope(&answer, 422, "invalid_request_error", "a field")["param"], "wait");
    assert_eq!(world.supervisor.snapshot().seq, 0, "nothing was started");
    world.end().await;
}

#[tokio::test]
async fn wrong_bodies() {
    let world = World::new(vec![sleeper("a")]).await;
    let path = "/api/processes/a/start";
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(1 << 20));
    for (headers, body, status) in [
        (vec![JSON], r#"{"a":"#, 400),
        (vec![JSON], "[]", 422),
        (vec![JSON], large.as_str(), 413),
        (vec![("content-type", "text/plain")], "{}", 415),
        (vec![("content-type", "application/x-www-form-urlencoded")], "a=b", 415),
        (vec![], "{}", 415),
    ] {
        let answer = world.call("POST", path, &headers, body).await;
        envelope(&answer, status, "invalid_request_error", &body[..body.len().min(20)]);
    }
    assert_eq!(world.supervisor.snapshot().seq, 0, "nothing was started");
    for (headers, body) in [
        (vec![], ""),
        (vec![JSON], ""),
        (vec![JSON], "{}"),
        (vec![("content-type", "application/json; charset=utf-8")], " {} "),
    ] {
        assert_eq!(world.call("POST", path, &headers, body).await.status, 200, "{body}");
    }
    world.end().await;
}
