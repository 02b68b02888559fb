//! Errors in the envelope of the protocol that was spoken.

use bytes::Bytes;
use http::{Response, header};
use http_body_util::{BodyExt, Full};
use serde_json::Value;

use crate::reply::ReplyBody;

/// What OpenAI's envelope says besides the message and the type, which has other names in the
/// other one.
const MORE: [&str; 3] = ["code", "param", "provider"];

/// An error on a path of Anthropic's messages, in the envelope that its clients know.
pub(crate) async fn shaped(path: &str, response: Response<ReplyBody>) -> Response<ReplyBody> {
    let is_error = response.status().is_client_error() || response.status().is_server_error();
    let is_messages = path == "/v1/messages" || path.starts_with("/v1/messages/");
    match response {
        response if !is_error || !is_messages => response,
        response => reworded(response).await,
    }
}

async fn reworded(response: Response<ReplyBody>) -> Response<ReplyBody> {
    let (mut head, body) = response.into_parts();
    let ReplyBody::Whole(body) = body else { return Response::from_parts(head, body) };
    let Ok(body) = body.collect().await;
    let said: Value = serde_json::from_slice(&body.to_bytes()).unwrap_or_default();
    let envelope = envelope(head.status.as_u16(), &said["error"]);
    head.headers.remove(header::CONTENT_LENGTH);
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
    use super::shaped;
    use crate::{Refusal, reply::ReplyBody};
    use http::{Response, StatusCode};
    use http_body_util::BodyExt;
    use serde_json::{Value, json};

    async fn body(response: Response<ReplyBody>) -> Value {
        let body = response.into_body().collect().await.expect("a body");
        serde_json::from_slice(&body.to_bytes()).expect("JSON")
    }

    #[tokio::test]
    async fn each_protocol_has_its_own() {
        let refusal = || {
            let status = StatusCode::TOO_MANY_REQUESTS;
            Refusal::upstream(status, "upstream_error", "up", "slow down").into_response()
        };
        let openai = json!({"error": {"message": "slow down", "type": "upstream_error", "param": null,
            "code": "upstream_error", "provider": "up"}});
        for path in ["/v1/chat/completions", "/v1/responses", "/v1/messagesx"] {
            assert_eq!(body(shaped(path, refusal()).await).await, openai, "{path}");
        }
        let anthropic = json!({"type": "error", "error": {"type": "rate_limit_error",
            "message": "slow down", "code": "upstream_error", "provider": "up"}});
        for path in ["/v1/messages", "/v1/messages/count_tokens"] {
            let response = shaped(path, refusal()).await;
            assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
            assert_eq!(body(response).await, anthropic, "{path}");
        }
    }
}
