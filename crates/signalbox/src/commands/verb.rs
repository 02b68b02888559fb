//! The three orders of the command line.

use lifecycle::State;

/// What is ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Start,
    Stop,
    Restart,
}

impl Verb {
    /// Its name in the API.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
        }
    }

    /// Where it should lead.
    pub(super) fn wanted(self) -> State {
        match self {
            Self::Start | Self::Restart => State::Running,
            Self::Stop => State::Stopped,
        }
    }
}
