//! Every error of the control API, in its one envelope.

use std::time::Duration;

use api::{ApiError, ErrorBody};
use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use supervisor::{HistoryError, OrderError};

const NOT_FOUND: StatusCode = StatusCode::NOT_FOUND;
const UNKNOWN_PROCESS: &str = "unknown_process";

/// An error as a caller gets it.
#[derive(Debug)]
pub(crate) struct Failure {
    status: StatusCode,
    error: ApiError,
    retry_after: Option<Duration>,
}

impl Failure {
    /// `message` says what is wrong and what to do; `code` is stable, for programs.
    pub(crate) fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        let error = ApiError {
            message: message.into(),
            kind: kind(status).to_owned(),
            code: code.to_owned(),
            param: None,
        };
        Self { status, error, retry_after: None }
    }

    /// Not before so long, in whole seconds.
    pub(crate) fn retry_after(self, wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..self }
    }

    /// A field is wrong; `param` is its name.
    pub(crate) fn field(param: &str, message: impl Into<String>) -> Self {
        let mut failure = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_field", message);
        failure.error.param = Some(param.to_owned());
        failure
    }

    /// No process has this id.
    pub(crate) fn unknown_process<'a>(id: &str, known: impl Iterator<Item = &'a str>) -> Self {
        Self::unknown("process", id, known)
    }

    /// Nothing of this kind has this id.
    pub(crate) fn unknown<'a>(kind: &str, id: &str, known: impl Iterator<Item = &'a str>) -> Self {
        let known: Vec<&str> = known.collect();
        let there_are = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        let message = format!("There is no {kind} `{id}`; there are: {there_are}");
        Self::new(NOT_FOUND, &format!("unknown_{kind}"), message)
    }

    /// It is too late for that.
    pub(crate) fn shutting_down() -> Self {
        let message = "The server is shutting down and takes no more orders";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "shutting_down", message)
    }

    /// What a Socket.IO acknowledgement carries.
    pub(crate) fn into_error(self) -> ApiError {
        self.error
    }
}

fn kind(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        409 => "conflict_error",
        429 => "rate_limit_error",
        504 => "timeout_error",
        500.. => "server_error",
        _ => "invalid_request_error",
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let Self { status, error, retry_after } = self;
        if status.is_server_error() {
            tracing::warn!(status = status.as_u16(), code = error.code, message = error.message);
        }
        let body = Json(ErrorBody { success: false, error });
        let mut response = (status, body).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        }
        if let Some(wait) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, wait.as_secs().into());
        }
        response
    }
}

impl From<OrderError> for Failure {
    fn from(error: OrderError) -> Self {
        match &error {
            OrderError::UnknownProcess(_) => {
                Self::new(NOT_FOUND, UNKNOWN_PROCESS, sentence(&error))
            }
            OrderError::ShuttingDown => Self::shutting_down(),
        }
    }
}

impl From<HistoryError> for Failure {
    fn from(error: HistoryError) -> Self {
        match &error {
            HistoryError::UnknownProcess(_) => {
                Self::new(NOT_FOUND, UNKNOWN_PROCESS, sentence(&error))
            }
            HistoryError::Read(_) => {
                let message = format!("The event journal cannot be read: {error}");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "journal_unreadable", message)
            }
        }
    }
}

/// A lower-case fragment as a sentence begins.
fn sentence(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

/// What no path answers.
pub(crate) async fn not_found(uri: http::Uri) -> Failure {
    let message =
        format!("There is nothing at {}; /api/openapi.json lists what there is", uri.path());
    Failure::new(StatusCode::NOT_FOUND, "unknown_path", message)
}

/// What a path does not take; the router adds `Allow`.
pub(crate) async fn method_not_allowed(method: http::Method, uri: http::Uri) -> Failure {
    let message = format!("{} does not take {method}; Allow names what it takes", uri.path());
    Failure::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
}
