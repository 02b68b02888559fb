//! What clients of Anthropic's protocol rely on besides the messages themselves.

use crate::support::{Answer, FakeUpstream, Running};
use http::Request;
use serde_json::{Value, json};

const MODELS: &str = "/v1/models";
const MESSAGES: &str = "/v1/messages";
const MESSAGE: &str = r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}"#;

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
async fn models_are_listed_page_by_page_for_who_wants_that() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let data: Vec<_> = ["a", "b/x", "c:8b", "d"].iter().map(|id| json!({"id": id})).collect();
    let mut page = async |query: &str| {
        let asked = gateway.call().await.send(asking(&format!("{MODELS}?{query}")));
        let (answer, ()) = tokio::join!(asked, async {
            let received = upstream.next().await;
            assert_eq!(received.head.uri, MODELS, "the pages are ours");
            received.answer_json(200, &json!({ "data": data })).await;
        });
        (answer.status(), answer.json().await)
    };
    for (query, first, last, has_more) in [
        ("beta=true", "a", "d", false),
        ("limit=2", "a", "b/x", true),
        ("limit=2&after_id=b%2Fx", "c:8b", "d", false),
        ("before_id=c%3A8b&limit=1", "b/x", "b/x", true),
    ] {
        let (status, body) = page(query).await;
        let told = (&body["first_id"], &body["last_id"], &body["has_more"]);
        assert_eq!(told, (&json!(first), &json!(last), &json!(has_more)), "{query}");
        assert_eq!(status, 200);
    }
    for query in ["limit=0", "after_id=gone"] {
        let (status, body) = page(query).await;
        assert_eq!((status, &body["type"]), (400, &json!("error")), "{query}");
        assert_eq!(body["error"]["type"], "invalid_request_error");
    }
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
    assert_eq!(
        (&body["type"], &body["error"]["type"]),
        (&json!("error"), &json!("not_found_error"))
    );
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

#[tokio::test]
async fn every_answer_has_an_id() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let ask = || async {
        let caller = gateway.call().await;
        caller.send_body(Request::post(MESSAGES), MESSAGE).await
    };
    let id = |answer: &Answer| answer.header("request-id").expect("an id").to_owned();
    let (answer, ()) = tokio::join!(ask(), async {
        upstream.next().await.answer_json(200, &json!({"choices": []})).await;
    });
    let first = id(&answer);
    assert!(first.starts_with("req_") && first.len() > 20, "{first}");
    let (answer, ()) = tokio::join!(ask(), async {
        upstream.next().await.refuse(429, "97");
    });
    let second = id(&answer);
    assert_ne!(first, second);
    assert_eq!(answer.json().await["request_id"], json!(second));
    let count = gateway.post("/v1/messages/count_tokens", MESSAGE).await;
    assert_ne!(id(&count), second);
    let (answer, ()) = tokio::join!(gateway.post("/v1/chat/completions", "{}"), async {
        upstream.next().await.answer_json(200, &json!({})).await;
    });
    assert_eq!(answer.header("request-id"), None, "OpenAI's has another name");
}

#[tokio::test]
async fn a_page_that_may_not_call_is_told_so_in_its_envelope() {
    let upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    let request = Request::post(MESSAGES).header("origin", "https://evil.example");
    let answer = gateway.call().await.send_body(request, MESSAGE).await;
    assert_eq!(answer.status(), 403);
    assert_eq!(answer.json().await["error"]["type"], "permission_error");
}

#[tokio::test]
async fn errors_are_called_what_it_calls_them() {
    let mut upstream = FakeUpstream::start().await;
    let gateway = Running::gateway(&upstream).await;
    for (status, kind) in [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (402, "billing_error"),
        (403, "permission_error"),
        (404, "not_found_error"),
        (413, "request_too_large"),
        (429, "rate_limit_error"),
        (500, "api_error"),
        (503, "overloaded_error"),
        (504, "timeout_error"),
        (529, "overloaded_error"),
    ] {
        let (answer, ()) = tokio::join!(gateway.post(MESSAGES, MESSAGE), async {
            let said = json!({"error": {"message": "no", "type": "x"}});
            upstream.next().await.answer_json(status, &said).await;
        });
        assert_eq!(answer.status(), status);
        let error = &answer.json().await["error"];
        assert_eq!((error["type"].as_str(), error["message"].as_str()), (Some(kind), Some("no")));
    }
}
