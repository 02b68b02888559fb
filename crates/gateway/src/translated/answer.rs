//! The answer to a chat completion, told in the protocol that was asked in.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use std::sync::Arc;
use translate::{Failure, Translation};

use super::body::TranslatedBody;
use crate::{Refusal, Upstream, breaking::RelayError, forward::INVALID, headers, reply::ReplyBody};

/// The largest answer that is translated whole, in bytes.
const ANSWER_LIMIT: usize = 64 * 1024 * 1024;

/// Names the tools that the provider was not told of.
const LEFT_OUT: HeaderName = HeaderName::from_static("x-left-out");

/// Goes with an answer that is to be translated: how, and whose it is.
#[derive(Clone)]
pub(crate) struct Told {
    pub(crate) translation: Arc<Translation>,
    pub(crate) upstream: Arc<Upstream>,
}

type Answer = Result<Response<ReplyBody>, Refusal>;

/// The answer in the caller's protocol, if it is not in that already.
pub(crate) async fn told(mut response: Response<ReplyBody>) -> Answer {
    match response.extensions_mut().remove::<Told>() {
        Some(how) if response.status().is_success() => how.tell(response).await,
        _ => Ok(response),
    }
}

impl Told {
    async fn tell(self, response: Response<ReplyBody>) -> Answer {
        let is_stream = headers::is_event_stream(response.headers());
        let (mut head, body) = response.into_parts();
        let wants_stream = self.translation.wants_stream();
        let body = match body {
            ReplyBody::Relay(relay) if is_stream && wants_stream => {
                let body = TranslatedBody::new(relay, self.translation.stream(), self.upstream);
                ReplyBody::Translated(Box::new(body))
            }
            body => ReplyBody::Whole(Full::new(self.whole(body, is_stream).await?)),
        };
        if wants_stream {
            headers::mark_as_stream(&mut head.headers);
        }
        let kind = if wants_stream { "text/event-stream" } else { "application/json" };
        head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        if let Ok(left_out) = HeaderValue::from_str(&self.translation.left_out().join(", "))
            && !left_out.is_empty()
        {
            head.headers.insert(LEFT_OUT, left_out);
        }
        Ok(Response::from_parts(head, body))
    }

    /// The answer, read whole: a document, or the events of one.
    async fn whole(&self, body: ReplyBody, is_stream: bool) -> Result<Bytes, Refusal> {
        let read = Limited::new(body, ANSWER_LIMIT).collect().await;
        let read = read.map_err(|error| self.unread(error.as_ref()))?.to_bytes();
        let translation = &self.translation;
        let chat = (!is_stream).then(|| serde_json::from_slice(&read).ok()).flatten();
        let told = match (chat, translation.wants_stream()) {
            (Some(chat), true) => return Ok(translation.stream().take_whole(&chat).into()),
            (Some(chat), false) => translation.answer(&chat),
            (None, _) if is_stream => translation.answer_to_stream(&read),
            (None, _) => return Err(self.refusal("answered with what is not a chat completion")),
        };
        told.map(|told| Bytes::from(told.to_string())).map_err(|failure| self.failed(&failure))
    }

    fn unread(&self, error: &(dyn std::error::Error + Send + Sync + 'static)) -> Refusal {
        if error.is::<LengthLimitError>() {
            return self.refusal("sent an answer that is too large to be translated");
        }
        match error.downcast_ref::<RelayError>() {
            Some(error) => error.refusal(self.upstream.name()),
            None => self.refusal("sent an answer that could not be read"),
        }
    }

    /// What the provider says went wrong, in an answer whose status says otherwise.
    fn failed(&self, failure: &Failure) -> Refusal {
        let status = failure.status.and_then(|status| StatusCode::from_u16(status).ok());
        let status = status.filter(|status| status.is_client_error() || status.is_server_error());
        let said = self.upstream.without_key(failure.message.as_bytes());
        let message = format!("{}: {}", self.upstream.name(), String::from_utf8_lossy(&said));
        let status = status.unwrap_or(StatusCode::BAD_GATEWAY);
        Refusal::upstream(status, "upstream_error", self.upstream.name(), message)
    }

    fn refusal(&self, what: &str) -> Refusal {
        let name = self.upstream.name();
        Refusal::upstream(StatusCode::BAD_GATEWAY, INVALID, name, format!("{name} {what}"))
    }
}
