//! Why an answer is broken off in its middle, and what its caller is told of it.

use http::StatusCode;
use request_log::Outcome;
use std::time::Duration;

use crate::Refusal;

/// Why the caller's connection is broken off in the middle of an answer.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The upstream broke off.
    #[error("the upstream ended the answer too soon")]
    Cut,
    /// Nothing came for this long.
    #[error("the upstream sent nothing for {} s", .0.as_secs_f64())]
    Stalled(Duration),
    /// The drain of a shutdown is over.
    #[error("the server was shut down before the answer was complete")]
    Drained,
}

impl RelayError {
    /// What an answer of its own would say.
    pub(crate) fn refusal(&self, provider: &str) -> Refusal {
        let (status, code, outcome) = match self {
            Self::Cut => (StatusCode::BAD_GATEWAY, "upstream_cut", Outcome::UpstreamCut),
            Self::Stalled(_) => {
                (StatusCode::GATEWAY_TIMEOUT, "upstream_timeout", Outcome::IdleTimeout)
            }
            Self::Drained => return Refusal::drained(),
        };
        Refusal::upstream(status, code, provider, format!("{provider}: {self}")).ending(outcome)
    }
}
