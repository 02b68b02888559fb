//! What went through the two proxies.

use std::sync::Arc;

pub use request_log::Outcome as RequestOutcome;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One request that went through a proxy. What is not known, or not yet, is null.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "id": 7, "time": 1767225600000_u64, "process": "providerRouter", "generation": 1, "model": "qwen3-max",
    "provider": "qwen-proxy", "status": 200, "outcome": "complete", "stream": true, "promptTokens": 12,
    "completionTokens": 340, "firstTokenMs": 412.5, "totalMs": 6210.8, "error": null,
    "client": "OpenAI/Python 2.8.1", "path": "/v1/chat/completions"
}))]
pub struct RequestRow {
    /// Grows with every request of this data directory.
    pub id: u64,
    /// When it began, in ms since the epoch.
    pub time: u64,
    /// The process that it went through.
    #[schema(value_type = String)]
    pub process: Arc<str>,
    /// Which start of that process.
    pub generation: u64,
    /// The model, as the client calls it.
    #[schema(value_type = Option<String>)]
    pub model: Option<Arc<str>>,
    /// The id of the provider that it went to.
    #[schema(value_type = Option<String>)]
    pub provider: Option<Arc<str>>,
    /// The HTTP status that the client got.
    pub status: Option<u16>,
    /// How it ended; null while it is in flight.
    pub outcome: Option<RequestOutcome>,
    /// Whether the client asked for a stream.
    pub stream: bool,
    /// Tokens of the prompt.
    pub prompt_tokens: Option<u64>,
    /// Tokens of the answer.
    pub completion_tokens: Option<u64>,
    /// From its beginning to the first token of a stream.
    pub first_token_ms: Option<f64>,
    /// From its beginning to its end.
    pub total_ms: Option<f64>,
    /// What went wrong.
    #[schema(value_type = Option<String>)]
    pub error: Option<Arc<str>>,
    /// What the client calls itself.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub client: Option<Arc<str>>,
    /// The path that was asked for.
    #[serde(default)]
    #[schema(value_type = String)]
    pub path: Arc<str>,
}

/// A page of requests.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RequestList {
    /// Newest first.
    #[schema(value_type = Vec<RequestRow>)]
    pub requests: Vec<Arc<RequestRow>>,
    /// What to give as `before` for the next page; null at the end.
    pub next: Option<u64>,
    /// Why requests are missing, for people; left out where all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub warning: Option<String>,
}

/// The payload of `requests:updated`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RequestsUpdate {
    /// Requests that are new or have changed, as they are now, oldest first.
    #[schema(value_type = Vec<RequestRow>)]
    pub items: Vec<Arc<RequestRow>>,
    /// How many more began and ended since the last update, and are in the list alone: under load, showing every one
    /// would be more than a page can show.
    pub skipped: u64,
    /// All requests up to this one that had ended were deleted from the list; null: none were.
    pub cleared: Option<u64>,
}
