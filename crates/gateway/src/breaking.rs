//! Why an answer is broken off in its middle, what its caller is told of it, and how.

use http::StatusCode;
use request_log::Outcome;
use std::{
    task::{Context, Poll},
    time::Duration,
};

use crate::{Refusal, forward::INVALID};

/// Why the caller's connection is broken off in the middle of an answer.
#[derive(Debug, Clone, Copy, thiserror::Error)]
pub enum RelayError {
    /// The upstream broke off.
    #[error("the upstream ended the answer too soon")]
    Cut,
    /// The upstream ended an event stream properly, without a sign that the answer was finished.
    #[error("the upstream ended the stream before it was finished")]
    Unfinished,
    /// The upstream said that a stream was complete in which there was nothing.
    #[error("the upstream ended the stream without an answer in it")]
    Empty,
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
            Self::Cut | Self::Unfinished => {
                (StatusCode::BAD_GATEWAY, "upstream_cut", Outcome::UpstreamCut)
            }
            Self::Empty => (StatusCode::BAD_GATEWAY, INVALID, Outcome::UpstreamError),
            Self::Stalled(_) => {
                (StatusCode::GATEWAY_TIMEOUT, "upstream_timeout", Outcome::IdleTimeout)
            }
            Self::Drained => return Refusal::drained(),
        };
        Refusal::upstream(status, code, provider, format!("{provider}: {self}")).ending(outcome)
    }
}

/// The end of a body that breaks off: once what it has said is written.
pub(crate) struct BreakOff {
    error: RelayError,
    has_words: bool,
}

impl BreakOff {
    pub(crate) fn new(error: RelayError) -> Self {
        Self { error, has_words: true }
    }

    /// Why it breaks off.
    pub(crate) fn error(&self) -> RelayError {
        self.error
    }

    /// Completes when the body may end.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<RelayError> {
        if std::mem::take(&mut self.has_words) {
            // The server writes what it has once the body has nothing more at the moment.
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(self.error)
    }
}
