//! The five states that the outside may see, and the number of a start.

use serde::{Deserialize, Serialize};

/// What is so of a process. There is no sixth state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Nothing of its tree is alive, and nothing went wrong.
    Stopped,
    /// A generation is spawned or about to be, and not yet ready.
    Starting,
    /// It is alive and was proven ready.
    Running,
    /// Its end was ordered, by a user or because of a fault, and some of its tree is still alive.
    Stopping,
    /// It is not serving because something went wrong; nothing of its tree is alive.
    Error,
}

impl State {
    /// The state's name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Error => "error",
        }
    }

    /// Whether the contract knows this step between two events of one process.
    pub fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Stopped | Self::Error, Self::Starting)
                | (Self::Starting, Self::Running | Self::Stopping | Self::Error)
                | (Self::Running, Self::Stopping | Self::Stopped | Self::Error)
                | (Self::Stopping, Self::Stopped | Self::Error)
                | (Self::Error, Self::Stopped)
        )
    }

    /// The text of a badge in this state: `Running :3001`, and the fault's own text in `error`.
    pub fn message(self, port: Option<u16>, error: Option<&str>) -> String {
        match (self, port) {
            (Self::Stopped, _) => "Stopped".to_owned(),
            (Self::Starting, _) => "Starting...".to_owned(),
            (Self::Running, Some(port)) => format!("Running :{port}"),
            (Self::Running, None) => "Running".to_owned(),
            (Self::Stopping, _) => "Stopping...".to_owned(),
            (Self::Error, _) => error.unwrap_or("Error").to_owned(),
        }
    }
}

/// Which start of a process is meant: every spawn gets the next number, the first one 1.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Generation(pub u64);

impl Generation {
    /// The number that the next spawn gets.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}
