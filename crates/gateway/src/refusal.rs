//! An error in OpenAI's envelope, `{"error":{"message","type","param","code"}}`.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use request_log::Outcome;
use serde_json::{Value, json};
use std::time::Duration;

use crate::reply::{self, ReplyBody};

/// What a caller is told instead of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    status: StatusCode,
    kind: &'static str,
    code: &'static str,
    message: Box<str>,
    param: Option<Box<str>>,
    provider: Option<Box<str>>,
    allow: Option<&'static str>,
    retry_after: Option<Duration>,
    outcome: Outcome,
}

impl Refusal {
    /// An error with its HTTP status, OpenAI's `type` and `code`, and a message that says what to
    /// do about it.
    pub fn new(
        status: StatusCode,
        kind: &'static str,
        code: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            status,
            kind,
            code,
            message: Into::<String>::into(message).into(),
            param: None,
            provider: None,
            allow: None,
            retry_after: None,
            outcome: Outcome::Refused,
        }
    }

    /// The request itself is wrong.
    pub fn invalid(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self::new(status, "invalid_request_error", code, message)
    }

    /// The provider called `provider` failed, whatever the request was.
    pub fn upstream(
        status: StatusCode,
        code: &'static str,
        provider: &str,
        message: impl Into<String>,
    ) -> Self {
        let refusal = Self::new(status, "upstream_error", code, message);
        let outcome = Outcome::UpstreamError;
        Self { provider: Some(provider.into()), outcome, ..refusal }
    }

    /// The drain of a shutdown is over, and with it the request. Whoever restarts a server has it back
    /// by the time that a caller comes again.
    pub(crate) fn drained() -> Self {
        let message = "the server was shut down before the answer was complete; ask again";
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self::new(status, "server_error", "shutting_down", message)
            .ending(Outcome::Drained)
            .with_retry_after(Duration::from_secs(1))
    }

    /// Names the member of the request that is wrong.
    #[must_use]
    pub fn with_param(self, param: impl Into<Box<str>>) -> Self {
        Self { param: Some(param.into()), ..self }
    }

    /// Says when to ask again.
    #[must_use]
    pub fn with_retry_after(self, wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..self }
    }

    /// Names the methods that a 405 must name.
    pub(crate) fn with_allow(self, methods: &'static str) -> Self {
        Self { allow: Some(methods), ..self }
    }

    /// What the record of the request says of it, if not what goes without saying.
    pub(crate) fn ending(self, outcome: Outcome) -> Self {
        Self { outcome, ..self }
    }

    pub(crate) fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Its HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// What it says to people.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Whether it is a provider's failure, whatever the request was.
    pub(crate) fn is_upstreams(&self) -> bool {
        self.provider.is_some()
    }

    pub(crate) fn code(&self) -> &'static str {
        self.code
    }

    /// The envelope as JSON text.
    pub(crate) fn body(&self) -> Bytes {
        let mut error = json!({
            "message": self.message, "type": self.kind, "param": self.param, "code": self.code,
        });
        if let (Some(provider), Value::Object(fields)) = (&self.provider, &mut error) {
            fields.insert("provider".to_owned(), Value::from(&**provider));
        }
        Bytes::from(json!({ "error": error }).to_string())
    }

    pub(crate) fn into_response(self) -> Response<ReplyBody> {
        let mut response = reply::json(self.status, self.body());
        if matches!(self.status, StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT) {
            // What is left of the body is not read, so the connection cannot be used again.
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(methods) = self.allow {
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(methods));
        }
        if let Some(wait) = self.retry_after {
            let whole = u64::from(wait.subsec_nanos() > 0);
            let seconds = HeaderValue::from(wait.as_secs().saturating_add(whole).max(1));
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}
