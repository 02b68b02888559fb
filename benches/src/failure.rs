//! What can break in a run. A figure that misses its target is not a failure, it is a result.
use std::io;

/// Why a scenario could not be measured.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The operating system refused something.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// A peer said something that it should not have said, or nothing at all.
    #[error("{0}")]
    Protocol(String),
}

/// The outcome of one step of a run.
pub(crate) type Outcome<T> = Result<T, Failure>;

/// Says what was being done when an error came.
pub(crate) trait Doing<T> {
    /// Turns an error of the operating system into a [`Failure`] that names the deed.
    fn doing(self, what: &str) -> Outcome<T>;
}

impl<T, E: Into<io::Error>> Doing<T> for Result<T, E> {
    fn doing(self, what: &str) -> Outcome<T> {
        self.map_err(|error| Failure::Io { what: what.to_owned(), source: error.into() })
    }
}

/// A peer broke its word.
pub(crate) fn broken<T>(text: impl Into<String>) -> Outcome<T> {
    Err(Failure::Protocol(text.into()))
}
