//! What is known of one request.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RequestOutcome)]
pub enum Outcome {
    /// The client got the whole answer.
    Complete,
    /// The upstream could not be reached, or broke off.
    UpstreamCut,
    /// The upstream did not begin to answer in time.
    FirstByteTimeout,
    /// The upstream was silent for too long within its answer.
    IdleTimeout,
    /// The client went away before the end.
    ClientGone,
    /// The proxy was told to end, and the request did not finish in time.
    Drained,
    /// The proxy died.
    Crashed,
    /// The proxy refused it: no upstream saw it.
    Refused,
    /// The upstream answered with an error of its own.
    UpstreamError,
}

impl Outcome {
    /// All there are.
    pub const ALL: [Self; 9] = [
        Self::Complete,
        Self::UpstreamCut,
        Self::FirstByteTimeout,
        Self::IdleTimeout,
        Self::ClientGone,
        Self::Drained,
        Self::Crashed,
        Self::Refused,
        Self::UpstreamError,
    ];

    /// Its name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::UpstreamCut => "upstream_cut",
            Self::FirstByteTimeout => "first_byte_timeout",
            Self::IdleTimeout => "idle_timeout",
            Self::ClientGone => "client_gone",
            Self::Drained => "drained",
            Self::Crashed => "crashed",
            Self::Refused => "refused",
            Self::UpstreamError => "upstream_error",
        }
    }

    /// Whether that is the upstream's fault.
    #[must_use]
    pub fn is_upstream_fault(self) -> bool {
        match self {
            Self::UpstreamCut
            | Self::FirstByteTimeout
            | Self::IdleTimeout
            | Self::UpstreamError => true,
            Self::Complete | Self::ClientGone | Self::Drained | Self::Crashed | Self::Refused => {
                false
            }
        }
    }
}

/// What is known of one request; what is not known yet, or never was, is none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// When it began, in ms since the epoch.
    pub time: u64,
    /// The path that was asked for.
    pub path: Arc<str>,
    /// What the client calls itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<Arc<str>>,
    /// The model, as the client calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Arc<str>>,
    /// The id of the provider that it went to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Arc<str>>,
    /// The HTTP status that the client got.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// How it ended; none while it is in flight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Whether the client asked for a stream.
    #[serde(default)]
    pub stream: bool,
    /// Tokens of the prompt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_tokens: Option<u64>,
    /// Tokens of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completion_tokens: Option<u64>,
    /// From its beginning to the first token of a stream, in ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_token_ms: Option<f64>,
    /// From its beginning to its end, in ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_ms: Option<f64>,
    /// What went wrong, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Arc<str>>,
}

#[cfg(test)]
mod tests {
    use super::Outcome;

    #[test]
    fn names_are_those_on_the_wire() {
        for outcome in Outcome::ALL {
            let written = serde_json::to_string(&outcome).unwrap();
            assert_eq!(written, format!("{:?}", outcome.name()));
        }
    }
}
