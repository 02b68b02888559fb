//! An upstream's own error, put into OpenAI's envelope without losing what it said.
//!
//! Servers disagree about the shape: `{"error":{…}}` (OpenAI), `{"error":"text"}` (Ollama),
//! `{"detail":…}` (FastAPI), `{"message":…}` (older vLLM), `[{"error":{…}}]` (Gemini). What is in
//! the envelope already stays as it is; what is not gets one, with the message found.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::Upstream;

/// Where a message is looked for, in this order, when there is no `error` object.
const MESSAGE_FIELDS: [&str; 4] = ["error", "message", "detail", "error_msg"];

/// What is missing where a 404 is not about the path.
const THINGS: [&str; 5] = ["model", "item", "previous response", "deployment", "conversation"];

/// How that is said.
const MISSING: [&str; 4] = ["not found", "not exist", "no such", "unknown"];

/// Goes with the answer that is an upstream's own error: what it says.
#[derive(Clone)]
pub(crate) struct UpstreamFault {
    /// To people.
    pub(crate) message: String,
    /// Whether it names something within the request that there is not: then the path was understood.
    pub(crate) misses_a_thing: bool,
}

impl UpstreamFault {
    /// What this error, in an envelope, says.
    pub(crate) fn of(envelope: &Value) -> Self {
        let message = message(envelope).to_owned();
        let text = |name: &str| envelope["error"][name].as_str().unwrap_or_default();
        let has = |text: &str, words: &[&str]| words.iter().any(|word| text.contains(word));
        let (code, words) = (text("code").to_lowercase(), message.to_lowercase());
        let misses_a_thing = !text("param").is_empty()
            || has(&code.replace('_', " "), &THINGS)
            || has(&words, &THINGS) && has(&words, &MISSING);
        Self { message, misses_a_thing }
    }
}

/// The message of an error in an envelope.
pub(crate) fn message(envelope: &Value) -> &str {
    envelope.pointer("/error/message").and_then(Value::as_str).unwrap_or("no reason")
}

/// The envelope for `body`, with `provider` named in it; nothing if it is not JSON.
pub(crate) fn envelope(body: &[u8], provider: &str) -> Option<Value> {
    let mut fields = match serde_json::from_slice(body).ok()? {
        Value::Object(fields) => fields,
        Value::Array(mut items) if items.len() == 1 => match items.swap_remove(0) {
            Value::Object(fields) => fields,
            other => wrapped(other),
        },
        other => wrapped(other),
    };
    let error = match fields.remove("error") {
        Some(Value::Object(error)) => error,
        Some(other) => {
            fields.insert("error".to_owned(), other);
            Map::new()
        }
        None => Map::new(),
    };
    let error = completed(error, &fields, provider);
    fields.insert("error".to_owned(), Value::Object(error));
    Some(Value::Object(fields))
}

/// The status of an error in an envelope that came with a good one: many say it as the code.
pub(crate) fn status(envelope: &Value) -> StatusCode {
    let codes = [envelope.pointer("/error/code"), envelope.get("code")];
    codes.into_iter().flatten().find_map(status_of).unwrap_or(StatusCode::BAD_GATEWAY)
}

/// The status that this code of an error is, if it is one.
pub(crate) fn status_of(code: &Value) -> Option<StatusCode> {
    let number = code.as_u64().and_then(|code| u16::try_from(code).ok());
    let status = number.and_then(|code| StatusCode::from_u16(code).ok());
    status.filter(|status| status.is_client_error() || status.is_server_error())
}

/// The envelope for an error of which there are only this message and this code.
pub(crate) fn saying(message: &str, code: &str, provider: &str) -> Value {
    let mut error = wrapped(Value::from(message));
    error.insert("code".to_owned(), Value::from(code));
    let error = completed(error, &Map::new(), provider);
    json!({ "error": error })
}

/// An upstream's error with this message as the reason why there is no answer: whose it is, and what.
pub(crate) fn reason(upstream: &Upstream, status: StatusCode, said: &str) -> String {
    let who = format!("{} ({})", upstream.name(), upstream.host());
    if said.starts_with(&who) {
        return said.to_owned();
    }
    format!("{who} answered HTTP {}: {said}", status.as_u16())
}

fn wrapped(value: Value) -> Map<String, Value> {
    Map::from_iter([("message".to_owned(), value)])
}

fn completed(
    mut error: Map<String, Value>,
    around: &Map<String, Value>,
    provider: &str,
) -> Map<String, Value> {
    if error.get("message").is_some_and(Value::is_null) {
        error.remove("message");
    }
    error.entry("message").or_insert_with(|| found(around));
    error.entry("type").or_insert_with(|| Value::from("upstream_error"));
    error.entry("param").or_insert(Value::Null);
    error.entry("code").or_insert(Value::Null);
    error.entry("provider").or_insert_with(|| Value::from(provider));
    error
}

fn found(around: &Map<String, Value>) -> Value {
    let found = MESSAGE_FIELDS.iter().find_map(|name| around.get(*name));
    let text = match found {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None if around.is_empty() => "no reason".to_owned(),
        None => Value::Object(around.clone()).to_string(),
    };
    Value::String(text)
}

#[cfg(test)]
mod tests {
    use super::{UpstreamFault, envelope};
    use serde_json::{Value, json};

    #[track_caller]
    fn check(body: &Value, expected: &Value) {
        let found = envelope(body.to_string().as_bytes(), "up");
        assert_eq!(found.as_ref(), Some(expected));
    }

    fn plain(message: &str) -> Value {
        json!({"message": message, "type": "upstream_error", "param": null, "code": null, "provider": "up"})
    }

    #[test]
    fn an_envelope_keeps_every_field() {
        check(
            &json!({"error": {"message": "slow down", "code": "limit_requests", "x": 1}, "request_id": "r"}),
            &json!({"error": {"message": "slow down", "type": "upstream_error", "param": null,
                "code": "limit_requests", "x": 1, "provider": "up"}, "request_id": "r"}),
        );
    }

    #[test]
    fn other_shapes_keep_their_message() {
        check(&json!({"error": "no such model"}), &json!({"error": plain("no such model")}));
        check(
            &json!({"detail": "Not Found"}),
            &json!({"detail": "Not Found", "error": plain("Not Found")}),
        );
        check(
            &json!({"detail": [{"loc": ["body"]}]}),
            &json!({"detail": [{"loc": ["body"]}], "error": plain(r#"[{"loc":["body"]}]"#)}),
        );
        check(&json!("no"), &json!({"message": "no", "error": plain("no")}));
        check(&json!({"error": {"message": null}}), &json!({"error": plain("no reason")}));
        check(&json!({"code": 7}), &json!({"code": 7, "error": plain(r#"{"code":7}"#)}));
        check(
            &json!([{"error": {"message": "bad key", "code": 400}}]),
            &json!({"error": {"message": "bad key", "type": "upstream_error", "param": null, "code": 400, "provider": "up"}}),
        );
    }

    #[track_caller]
    fn misses(error: &Value, expected: bool) {
        let envelope = json!({ "error": error });
        assert_eq!(UpstreamFault::of(&envelope).misses_a_thing, expected, "{error}");
    }

    #[test]
    fn what_is_not_there_may_be_the_path_or_a_thing() {
        let says = |message: &str| json!({"message": message, "param": null, "code": null});
        for message in [
            "Invalid URL (POST /v1/responses)",
            "Not Found",
            "File Not Found",
            "POST /v1/responses is not served here",
            "Resource not found",
            "unknown path /v1/responses",
        ] {
            misses(&says(message), false);
        }
        misses(&json!({"message": "?", "code": "unknown_url", "param": ""}), false);
        misses(&json!({"message": "?", "code": 404}), false);
        misses(&says("Item with id 'rs_1' not found."), true);
        misses(&says("The model `x` does not exist."), true);
        misses(&says("model \"x\" not found, try pulling it first"), true);
        misses(&json!({"message": "?", "param": "input"}), true);
        misses(&json!({"message": "?", "code": "previous_response_not_found"}), true);
        misses(&json!({"message": "?", "code": "DeploymentNotFound"}), true);
    }

    #[test]
    fn what_is_not_json_has_no_envelope() {
        assert_eq!(envelope(b"<html>", "up"), None);
        assert_eq!(envelope(b"", "up"), None);
    }
}
