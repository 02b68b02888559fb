//! What clients of Anthropic's protocol rely on besides the messages themselves.

use crate::support::{FakeUpstream, Running};
use http::Request;
use serde_json::{Value, json};

const MODELS: &str = "/v1/models";

fn asking(path: &str) -> http::request::Builder {
    Request::get(path).header("anthropic-version", "2023-06-01")
}

#[tokio::test]
async fn models_are_listed_in_its_shape() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let list = json!({"object": "list", "data": [{"id": "m", "object": "model", "created": 0}]});
    let model = json!({"type": "model", "id": "m", "display_name": "m",
        "created_at": "1970-01-01T00:00:00Z", "lifecycle": "active"});
    let (answer, ()) = tokio::join!(gateway.call().await.send(asking(MODELS)), async {
        upstream.next().await.answer_json(200, &list).await;
    });
    assert_eq!((answer.status(), answer.header("content-type")), (200, Some("application/json")));
    let expected = json!({"data": [model], "has_more": false, "first_id": "m", "last_id": "m"});
    assert_eq!(answer.json().await, expected);
    let (answer, ()) = tokio::join!(gateway.get(MODELS), async {
        upstream.next().await.answer_json(200, &list).await;
    });
    assert_eq!(answer.json().await, list, "to everybody else it is OpenAI's");
}

#[tokio::test]
async fn a_model_that_there_is_not_is_its_error() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let missing = json!({"error": {"message": "no such model", "code": "model_not_found"}});
    let asked = gateway.call().await.send(asking("/v1/models/x"));
    let (answer, ()) = tokio::join!(asked, async {
        upstream.next().await.answer_json(404, &missing).await;
    });
    assert_eq!(answer.status(), 404);
    let body: Value = answer.json().await;
    assert_eq!((&body["type"], &body["error"]["type"]), (&json!("error"), &json!("not_found_error")));
}

#[tokio::test]
async fn a_list_that_breaks_off_is_none() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let (answer, ()) = tokio::join!(gateway.call().await.send(asking(MODELS)), async {
        upstream.next().await.answer(200, "application/json", "{\"data\":[").await;
    });
    assert_eq!(answer.status(), 502);
    assert_eq!(answer.json().await["error"]["type"], "api_error");
}
