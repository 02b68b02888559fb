//! Anthropic's errors.

use serde_json::{Value, json};

/// What Anthropic calls an error with this HTTP status.
pub(crate) fn kind(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        503 | 529 => "overloaded_error",
        504 => "timeout_error",
        400..500 => "invalid_request_error",
        _ => "api_error",
    }
}

/// An error in Anthropic's envelope.
pub(crate) fn envelope(status: u16, message: &str) -> Value {
    json!({ "type": "error", "error": { "type": kind(status), "message": message } })
}
