//! Providers, models, settings and credentials: every call, what it changes, and what it tells.

use serde_json::{Value, json};

use crate::world::{Answer, Socket, World, sleeper};

const JSON: (&str, &str) = ("content-type", "application/json");
const CANARY: &str = "sk-canary-51d0c3";

async fn world() -> World {
    World::new(vec![sleeper("a")]).await
}

impl World {
    async fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.call(method, path, &[JSON], &body.to_string()).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.call("DELETE", path, &[], "").await
    }
}

/// A client that has heard the state.
async fn listener(world: &World) -> Socket {
    let mut socket = Socket::joined(world.address).await;
    assert_eq!(socket.event().await.0, "proxy:status");
    socket
}

#[track_caller]
fn is(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{}", answer.text);
    answer.json()
}

#[track_caller]
fn refused(answer: &Answer, status: u16, param: Option<&str>) -> String {
    let body = is(answer, status);
    assert_eq!(body["success"], false);
    assert_eq!(body["error"]["param"].as_str(), param, "{body}");
    body["error"]["message"].as_str().unwrap().to_owned()
}

fn ids(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_first_start_has_three_providers() {
    let world = world().await;
    let list = is(&world.get("/api/providers").await, 200);
    assert_eq!(ids(&list["providers"]), ["qwen-proxy", "lm-studio", "ollama"]);
    assert_eq!(list["total"], 3);
    let qwen = &list["providers"][0];
    let times = [&qwen["createdAt"], &qwen["updatedAt"]];
    assert!(times.iter().all(|time| time.as_u64().unwrap() > 1_600_000_000_000));
    let expected = json!({
        "id": "qwen-proxy", "name": "Qwen", "type": "qwen", "baseUrl": "http://127.0.0.1:3000/v1", "enabled": true,
        "priority": 0, "description": "Qwen, by the Qwen proxy", "hasApiKey": false, "createdAt": times[0],
        "updatedAt": times[1]
    });
    assert_eq!(*qwen, expected);
    assert_eq!(is(&world.get("/api/settings/active_provider").await, 200)["value"], "qwen-proxy");
    let status = is(&world.get("/api/proxy/status").await, 200);
    assert_eq!(
        status["providers"],
        json!({
            "items": list["providers"], "total": 3, "enabled": 3
        })
    );
    world.end().await;
}

#[tokio::test]
async fn a_provider_is_made_changed_and_deleted_and_all_are_told() {
    let world = world().await;
    let mut socket = listener(&world).await;
    let body = json!({ "name": "My vLLM", "type": "vllm", "priority": 5, "apiKey": CANARY });
    let made = is(&world.send("POST", "/api/providers", &body).await, 201);
    assert_eq!((&made["id"], &made["hasApiKey"]), (&json!("my-vllm"), &json!(true)));
    assert_eq!(made["baseUrl"], "http://127.0.0.1:8000/v1");
    assert_eq!(is(&world.get("/api/providers/my-vllm").await, 200), made);
    let path = "/api/providers/my-vllm";
    let body = json!({ "baseUrl": "http://127.0.0.1:9/v1/", "enabled": false });
    let changed = is(&world.send("PUT", path, &body).await, 200);
    assert_eq!(changed["baseUrl"], "http://127.0.0.1:9/v1");
    assert_eq!((&changed["name"], &changed["hasApiKey"]), (&made["name"], &json!(true)), "kept");
    assert_eq!(is(&world.post(&format!("{path}/enable")).await, 200)["enabled"], true);
    assert_eq!(is(&world.post(&format!("{path}/disable")).await, 200)["enabled"], false);
    let gone = is(&world.send("PUT", path, &json!({ "apiKey": null })).await, 200);
    assert_eq!(gone["hasApiKey"], false);
    assert_eq!(is(&world.delete(path).await, 200), json!({ "success": true }));
    let steps = [
        ("created", 4, 4),
        ("updated", 4, 3),
        ("enabled", 4, 4),
        ("disabled", 4, 3),
        ("updated", 4, 3),
        ("deleted", 3, 3),
    ];
    for (action, total, enabled) in steps {
        let (name, told) = socket.event().await;
        assert_eq!(name, "providers:updated");
        let keys: Vec<_> = told.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["action", "providerId", "items", "total", "enabled", "timestamp"]);
        assert_eq!((&told["action"], &told["providerId"]), (&json!(action), &json!("my-vllm")));
        assert_eq!(
            (&told["total"], &told["enabled"]),
            (&json!(total), &json!(enabled)),
            "{action}"
        );
        assert_eq!(told["items"].as_array().unwrap().len(), total);
        assert!(told["timestamp"].as_str().unwrap().ends_with('Z'));
    }
    refused(&world.get(path).await, 404, None);
    world.end().await;
}

#[tokio::test]
async fn a_provider_may_have_timeouts_of_its_own() {
    let world = world().await;
    let timeouts = |provider: &Value| {
        let names = ["connectTimeout", "firstByteTimeout", "idleTimeout"];
        json!(names.map(|name| provider.get(name)))
    };
    let body =
        json!({ "name": "X", "type": "vllm", "firstByteTimeout": 1_200, "idleTimeout": null });
    let made = is(&world.send("POST", "/api/providers", &body).await, 201);
    assert_eq!(timeouts(&made), json!([null, 1_200.0, null]));
    let path = "/api/providers/x";
    let body = json!({ "connectTimeout": 0.5, "idleTimeout": 30 });
    let changed = is(&world.send("PUT", path, &body).await, 200);
    assert_eq!(timeouts(&changed), json!([0.5, 1_200.0, 30.0]), "what is not named stays");
    let body = json!({ "firstByteTimeout": null });
    let changed = is(&world.send("PUT", path, &body).await, 200);
    assert_eq!(timeouts(&changed), json!([0.5, null, 30.0]));
    assert_eq!(is(&world.get(path).await, 200), changed);
    assert!(changed.get("firstByteTimeout").is_none(), "left out");
    world.end().await;
}

#[tokio::test]
async fn what_was_read_can_be_written_back() {
    let world = world().await;
    let timeout = json!({ "idleTimeout": 45 });
    let read = is(&world.send("PUT", "/api/providers/ollama", &timeout).await, 200);
    let written = is(&world.send("PUT", "/api/providers/ollama", &read).await, 200);
    assert_eq!((&written["name"], &written["createdAt"]), (&read["name"], &read["createdAt"]));
    let other = json!({ "hasApiKey": true });
    refused(&world.send("PUT", "/api/providers/ollama", &other).await, 422, Some("hasApiKey"));
    world.end().await;
}

#[tokio::test]
async fn wrong_providers_are_refused_and_nothing_changes() {
    let world = world().await;
    let before = world.get("/api/providers").await.text;
    let good = json!({ "name": "X", "type": "openai" });
    for (field, value) in [
        ("name", json!("")),
        ("name", json!(7)),
        ("name", json!("a\nb")),
        ("name", json!(null)),
        ("type", json!("gpt")),
        ("type", json!(null)),
        ("baseUrl", json!("x")),
        ("baseUrl", json!("http://u:p@a/v1")),
        ("enabled", json!("yes")),
        ("priority", json!(1.5)),
        ("priority", json!(10_000_000)),
        ("description", json!(["x"])),
        ("id", json!("a/b")),
        ("id", json!("")),
        ("apiKey", json!("")),
        ("apiKey", json!("a b")),
        ("apiKey", json!(1)),
        ("connectTimeout", json!(0)),
        ("firstByteTimeout", json!("10")),
        ("idleTimeout", json!(86_401)),
        ("colour", json!("red")),
    ] {
        let mut body = good.clone();
        body[field] = value.clone();
        let message = refused(&world.send("POST", "/api/providers", &body).await, 422, Some(field));
        assert!(message.contains(field), "{message}");
        if field != "id" && !value.is_null() {
            let body = json!({ field: value });
            refused(&world.send("PUT", "/api/providers/ollama", &body).await, 422, Some(field));
        }
    }
    let body = json!({ "name": "X", "type": "openai-compatible" });
    refused(&world.send("POST", "/api/providers", &body).await, 422, Some("baseUrl"));
    let body = json!({ "id": "ollama", "name": "X", "type": "ollama" });
    let answer = world.send("POST", "/api/providers", &body).await;
    refused(&answer, 409, None);
    assert_eq!(answer.json()["error"]["code"], "provider_exists");
    refused(&world.send("POST", "/api/providers", &json!([1])).await, 422, None);
    refused(&world.call("POST", "/api/providers", &[JSON], "").await, 422, None);
    refused(&world.call("POST", "/api/providers", &[JSON], "{").await, 400, None);
    refused(&world.call("POST", "/api/providers", &[], "{}").await, 415, None);
    assert_eq!(world.get("/api/providers").await.text, before);
    world.end().await;
}

#[tokio::test]
async fn unknown_ids_are_answered_with_those_there_are() {
    let world = world().await;
    let calls = [
        ("GET", ""),
        ("PUT", ""),
        ("DELETE", ""),
        ("POST", "/enable"),
        ("POST", "/disable"),
        ("POST", "/test"),
    ];
    for (method, rest) in calls {
        let path = format!("/api/providers/x{rest}");
        let message = refused(&world.send(method, &path, &json!({})).await, 404, None);
        assert_eq!(message, "There is no provider `x`; there are: qwen-proxy, lm-studio, ollama");
    }
    for method in ["GET", "PUT", "DELETE"] {
        let message = refused(&world.send(method, "/api/models/x", &json!({})).await, 404, None);
        assert_eq!(message, "There is no model `x`; there are: none");
        let body = json!({ "value": 1 });
        let message = refused(&world.send(method, "/api/settings/x", &body).await, 404, None);
        assert!(message.contains("idle_timeout_s"), "{message}");
    }
    world.end().await;
}

#[tokio::test]
async fn a_model_is_made_changed_and_deleted_and_all_are_told() {
    let world = world().await;
    let mut socket = listener(&world).await;
    let body =
        json!({ "id": "org/fast:8b", "providerId": "ollama", "capabilities": ["chat", "tools"] });
    let made = is(&world.send("POST", "/api/models", &body).await, 201);
    let keys: Vec<_> = made.as_object().unwrap().keys().map(String::as_str).collect();
    let contract =
        ["id", "name", "providerId", "upstreamModel", "capabilities", "createdAt", "updatedAt"];
    assert_eq!(keys, contract);
    assert_eq!((&made["name"], &made["upstreamModel"]), (&made["id"], &made["id"]));
    let path = "/api/models/org%2Ffast:8b";
    for path in [path, "/api/models/org/fast:8b"] {
        assert_eq!(is(&world.get(path).await, 200), made);
    }
    let body = json!({ "upstreamModel": "qwen3:8b", "providerId": "lm-studio" });
    let changed = is(&world.send("PUT", path, &body).await, 200);
    assert_eq!(changed["upstreamModel"], "qwen3:8b");
    assert_eq!(changed["capabilities"], made["capabilities"], "kept");
    let list = is(&world.get("/api/models").await, 200);
    assert_eq!((&list["models"], &list["total"]), (&json!([changed]), &json!(1)));
    let status = is(&world.get("/api/proxy/status").await, 200);
    assert_eq!(status["models"], json!({ "items": list["models"], "total": 1 }));
    assert_eq!(is(&world.delete(path).await, 200), json!({ "success": true }));
    for (action, total) in [("created", 1), ("updated", 1), ("deleted", 0)] {
        let (name, told) = socket.event().await;
        assert_eq!(name, "models:updated");
        let keys: Vec<_> = told.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["action", "modelId", "items", "total", "timestamp"]);
        assert_eq!((&told["action"], &told["modelId"]), (&json!(action), &json!("org/fast:8b")));
        assert_eq!(told["total"], total);
    }
    world.end().await;
}

#[tokio::test]
async fn wrong_models_are_refused() {
    let world = world().await;
    let good = json!({ "id": "m", "providerId": "ollama" });
    for (field, value) in [
        ("id", json!("a b")),
        ("id", json!("")),
        ("name", json!("")),
        ("providerId", json!("x")),
        ("providerId", json!(null)),
        ("upstreamModel", json!("")),
        ("capabilities", json!("chat")),
        ("capabilities", json!([1])),
        ("capabilities", json!(["a b"])),
        ("size", json!(7)),
    ] {
        let mut body = good.clone();
        body[field] = value;
        refused(&world.send("POST", "/api/models", &body).await, 422, Some(field));
    }
    let nameless = json!({ "providerId": "ollama" });
    refused(&world.send("POST", "/api/models", &nameless).await, 422, Some("name"));
    is(&world.send("POST", "/api/models", &good).await, 201);
    refused(&world.send("POST", "/api/models", &good).await, 409, None);
    let named = json!({ "name": "Qwen 3 Max", "providerId": "ollama" });
    assert_eq!(is(&world.send("POST", "/api/models", &named).await, 201)["id"], "qwen-3-max");
    world.end().await;
}

#[tokio::test]
async fn a_provider_takes_its_models_and_its_place_along() {
    let world = world().await;
    let body = json!({ "id": "m", "providerId": "qwen-proxy" });
    is(&world.send("POST", "/api/models", &body).await, 201);
    let mut socket = listener(&world).await;
    is(&world.delete("/api/providers/qwen-proxy").await, 200);
    let (name, told) = socket.event().await;
    assert_eq!((name.as_str(), &told["action"]), ("providers:updated", &json!("deleted")));
    let (name, told) = socket.event().await;
    assert_eq!((name.as_str(), &told["modelId"]), ("models:updated", &json!("m")));
    let active = is(&world.get("/api/settings/active_provider").await, 200);
    assert_eq!(active, json!({ "key": "active_provider", "value": null }));
    world.end().await;
}

#[tokio::test]
async fn settings_are_set_checked_and_given_back_their_default() {
    let world = world().await;
    let all = is(&world.get("/api/settings").await, 200);
    let expected = json!({ "settings": {
        "active_provider": "qwen-proxy", "active_model": null, "fallback": true, "fallback_order": null,
        "connect_timeout_s": 10, "first_byte_timeout_s": 600, "idle_timeout_s": 300,
        "request_log_max_rows": 10_000
    } });
    assert_eq!(all, expected);
    let path = "/api/settings/idle_timeout_s";
    let set = is(&world.send("PUT", path, &json!({ "value": 1.5 })).await, 200);
    assert_eq!(set, json!({ "key": "idle_timeout_s", "value": 1.5 }));
    assert_eq!(is(&world.get(path).await, 200), set);
    assert_eq!(
        is(&world.delete(path).await, 200),
        json!({ "key": "idle_timeout_s", "value": 300 })
    );
    for (key, value) in [
        ("idle_timeout_s", json!(0)),
        ("idle_timeout_s", json!(-1)),
        ("connect_timeout_s", json!("10")),
        ("first_byte_timeout_s", json!(null)),
        ("active_provider", json!("nobody")),
        ("active_provider", json!(1)),
        ("active_model", json!("")),
        ("fallback", json!("yes")),
        ("fallback_order", json!(["nobody"])),
        ("fallback_order", json!(["ollama", "ollama"])),
    ] {
        let body = json!({ "value": value });
        let answer = world.send("PUT", &format!("/api/settings/{key}"), &body).await;
        refused(&answer, 422, Some("value"));
    }
    refused(&world.send("PUT", path, &json!({})).await, 422, Some("value"));
    refused(&world.send("PUT", path, &json!({ "value": 1, "x": 1 })).await, 422, Some("x"));
    for value in [json!("ollama"), json!(null)] {
        let body = json!({ "value": value });
        let set = is(&world.send("PUT", "/api/settings/active_provider", &body).await, 200);
        assert_eq!(set["value"], value);
    }
    world.end().await;
}

#[tokio::test]
async fn what_cannot_be_kept_is_not_done_and_holds_nobody_up() {
    let world = world().await;
    let before = world.get("/api/providers").await.text;
    let other = rusqlite::Connection::open(world.data_dir().join("catalog.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let body = json!({ "name": "X", "type": "openai" });
    let mut refusal = Box::pin(world.send("POST", "/api/providers", &body));
    // While it waits for the lock, all else goes on.
    let order = world.post("/api/processes/a/start?wait=10");
    let started = tokio::select! {
        biased;
        early = &mut refusal => panic!("answered while it could not be kept: {}", early.text),
        started = order => started,
    };
    assert_eq!(started.json()["state"], "running");
    let message = refused(&refusal.as_mut().await, 503, None);
    drop(refusal);
    assert!(message.contains("nothing was changed") && message.contains("try again"), "{message}");
    assert_eq!(world.get("/api/providers").await.text, before);
    other.execute_batch("COMMIT").unwrap();
    is(&world.send("POST", "/api/providers", &body).await, 201);
    world.end().await;
}
