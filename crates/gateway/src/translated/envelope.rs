//! Errors in the envelope of the protocol that was spoken.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use http_body_util::{BodyExt, Full};
use serde_json::Value;

use super::unique;
use crate::reply::ReplyBody;

/// What OpenAI's envelope says besides the message and the type, which has other names in the
/// other one.
const MORE: [&str; 3] = ["code", "param", "provider"];

/// The header with which every client of Anthropic's protocol says which version it speaks.
pub(crate) const VERSION: HeaderName = HeaderName::from_static("anthropic-version");

/// The header with an answer's id.
const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// Whether this is asked in Anthropic's protocol: on its own paths, or, where OpenAI's has the same,
/// by who says so.
pub(crate) fn speaks_messages(path: &str, headers: &HeaderMap) -> bool {
    let is_below = |parent: &str| {
        path.strip_prefix(parent).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    is_below("/v1/messages") || (is_below("/v1/models") && headers.contains_key(&VERSION))
}

/// The answer to who speaks Anthropic's protocol: it has an id, which its clients show, and an error
/// comes in the envelope that they know.
pub(crate) async fn shaped(mut response: Response<ReplyBody>) -> Response<ReplyBody> {
    let is_error = response.status().is_client_error() || response.status().is_server_error();
    let id = format!("req_{}", unique());
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    if is_error { reworded(response, &id).await } else { response }
}

async fn reworded(response: Response<ReplyBody>, id: &str) -> Response<ReplyBody> {
    let (head, body) = response.into_parts();
    let ReplyBody::Whole(body) = body else { return Response::from_parts(head, body) };
    let Ok(body) = body.collect().await;
    let said: Value = serde_json::from_slice(&body.to_bytes()).unwrap_or_default();
    let mut envelope = envelope(head.status.as_u16(), &said["error"]);
    envelope["request_id"] = Value::from(id);
    Response::from_parts(head, ReplyBody::Whole(Full::new(Bytes::from(envelope.to_string()))))
}

fn envelope(status: u16, error: &Value) -> Value {
    let message = error["message"].as_str().unwrap_or("no reason");
    let mut envelope = translate::messages_error(status, message);
    for name in MORE {
        if let Some(value) = error.get(name).filter(|value| !value.is_null()) {
            envelope["error"][name] = value.clone();
        }
    }
    envelope
}

#[cfg(test)]
mod tests {
    use super::{VERSION, shaped, speaks_messages};
    use crate::{Refusal, reply::ReplyBody};
    use http::{HeaderMap, HeaderValue, Response, StatusCode};
    use http_body_util::BodyExt;
    use serde_json::{Value, json};

    async fn body(response: Response<ReplyBody>) -> Value {
        let body = response.into_body().collect().await.expect("a body");
        serde_json::from_slice(&body.to_bytes()).expect("JSON")
    }

    #[test]
    fn who_speaks_anthropics_protocol() {
        let (plain, mut theirs) = (HeaderMap::new(), HeaderMap::new());
        theirs.insert(VERSION, HeaderValue::from_static("2023-06-01"));
        for path in ["/v1/messages", "/v1/messages/count_tokens"] {
            assert!(speaks_messages(path, &plain), "{path}");
        }
        for path in ["/v1/models", "/v1/models/org/m"] {
            assert!(speaks_messages(path, &theirs) && !speaks_messages(path, &plain), "{path}");
        }
        for path in ["/v1/chat/completions", "/v1/responses", "/v1/messagesx", "/v1/modelsx"] {
            assert!(!speaks_messages(path, &theirs), "{path}");
        }
    }

    #[tokio::test]
    async fn errors_have_its_envelope() {
        let status = StatusCode::TOO_MANY_REQUESTS;
        let refusal = Refusal::upstream(status, "upstream_error", "up", "slow down");
        let response = shaped(refusal.into_response()).await;
        assert_eq!(response.status(), status);
        let anthropic = json!({"type": "error", "error": {"type": "rate_limit_error",
            "message": "slow down", "code": "upstream_error", "provider": "up"}});
        let mut body = body(response).await;
        let id = body.as_object_mut().and_then(|fields| fields.remove("request_id"));
        assert!(id.is_some_and(|id| id.is_string()));
        assert_eq!(body, anthropic);
    }
}
