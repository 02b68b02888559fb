//! Why a proxy server could not be started.

use std::{io, net::SocketAddr};

/// What keeps a server from listening. Once it listens, nothing ends it but its shutdown.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Somebody else listens on the port.
    #[error("port {port} is already in use")]
    PortInUse {
        /// The port that was asked for.
        port: u16,
    },
    /// The address cannot be listened on for another reason.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// What is stored for the server cannot be used.
    #[error(transparent)]
    Stored(Box<dyn std::error::Error + Send + Sync>),
    /// The upstream's base URL is not one.
    #[error("invalid base URL `{url}`: {reason}")]
    InvalidUpstream {
        /// The URL as it was given.
        url: String,
        /// What is wrong with it, and how it should look.
        reason: &'static str,
    },
    /// The upstream's key has characters that no header can carry.
    #[error("the key for `{url}` has characters that cannot be sent in a header")]
    InvalidKey {
        /// The base URL that the key belongs to.
        url: String,
    },
    /// An allowed origin is not one.
    #[error("invalid origin `{origin}`: write it as `https://host` or `https://host:port`")]
    InvalidOrigin {
        /// The origin as it was given.
        origin: String,
    },
}
