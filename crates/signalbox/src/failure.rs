//! Why a command failed, and what its exit code says about that.

use std::io;
use std::net::SocketAddr;

use api::{ApiError, ErrorBody};

use crate::config::{LoadError, reason};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The configuration is wrong or not there.
    #[error(transparent)]
    Configuration(#[from] LoadError),
    /// An argument or a variable is wrong.
    #[error("{0}")]
    Usage(String),
    /// Nobody has this id.
    #[error("there is no process `{id}`{}", hint(.near.as_deref(), .known))]
    UnknownProcess { id: String, near: Option<String>, known: Vec<String> },
    /// The address that is not loopback would be open to everybody.
    #[error(
        "{address} is not a loopback address: set SIGNALBOX_TOKEN or give --token-file, so that not everybody may start processes"
    )]
    TokenRequired { address: SocketAddr },
    /// The same for a service, which has no environment of a person's.
    #[error(
        "{address} is not a loopback address: give --token-file, so that not everybody may start processes; a service does not get SIGNALBOX_TOKEN from this environment"
    )]
    TokenFileRequired { address: SocketAddr },
    /// Nothing answers there.
    #[error("No server answers at {url}. Start one with: signalbox up")]
    NoServer { url: String },
    /// A process did not come into the state that was ordered; what it says was printed already.
    #[error("{0}")]
    NotReached(String),
    /// Somebody else listens there.
    #[error("{address} is already in use{}", by(.holder.as_deref()))]
    AddressInUse { address: SocketAddr, holder: Option<String> },
    /// The server said no.
    #[error("{}", .0.message)]
    Refused(ApiError),
    /// It failed, for the reason given.
    #[error("{0}")]
    Failed(String),
    /// Standard output cannot be written to.
    #[error("cannot write to standard output: {}", reason(.0))]
    Output(#[source] io::Error),
    /// Nobody reads standard output any more, which is no failure of ours.
    #[error("nobody reads standard output any more")]
    Unread,
}

impl Failure {
    /// The exit code, as the public contract has it.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Unread => 0,
            Self::AddressInUse { .. } | Self::Refused(_) | Self::Failed(_) | Self::Output(_) => 1,
            Self::Configuration(_)
            | Self::Usage(_)
            | Self::UnknownProcess { .. }
            | Self::TokenRequired { .. }
            | Self::TokenFileRequired { .. } => 2,
            Self::NoServer { .. } => 3,
            Self::NotReached(_) => 4,
        }
    }

    /// The same for programs, in the form in which the server tells its errors.
    pub(crate) fn body(&self) -> ErrorBody {
        let error = match self {
            Self::Refused(error) => error.clone(),
            other => {
                let (kind, code) = other.class();
                refusal(kind, code, other.to_string())
            }
        };
        ErrorBody { success: false, error }
    }

    /// The class of error, and a stable word.
    fn class(&self) -> (&'static str, &'static str) {
        match self {
            Self::Configuration(_) => ("invalid_request_error", "invalid_configuration"),
            Self::Usage(_) => ("invalid_request_error", "invalid_usage"),
            Self::UnknownProcess { .. } => ("not_found_error", "unknown_process"),
            Self::TokenRequired { .. } | Self::TokenFileRequired { .. } => {
                ("authentication_error", "token_required")
            }
            Self::NoServer { .. } => ("server_error", "no_server"),
            Self::NotReached(_) => ("server_error", "not_reached"),
            Self::AddressInUse { .. } => ("conflict_error", "address_in_use"),
            Self::Refused(_) => ("server_error", "refused"),
            Self::Failed(_) => ("server_error", "failed"),
            Self::Output(_) | Self::Unread => ("server_error", "output"),
        }
    }
}

/// What a server refuses, or what is refused for it.
pub(crate) fn refusal(kind: &str, code: &str, message: String) -> ApiError {
    ApiError { message, kind: kind.to_owned(), code: code.to_owned(), param: None }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Unread,
            _ => Self::Output(error),
        }
    }
}

fn hint(near: Option<&str>, known: &[String]) -> String {
    match near {
        Some(near) => format!("; did you mean `{near}`?"),
        None if known.is_empty() => "; there is none at all".to_owned(),
        None => format!("; there are: {}", known.join(", ")),
    }
}

fn by(holder: Option<&str>) -> String {
    holder.map_or_else(String::new, |holder| format!(" by {holder}"))
}
