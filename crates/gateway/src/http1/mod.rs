//! HTTP/1.1 to an upstream without TLS, as a client (RFC 9112), by the request that needs it.
//!
//! A client for all purposes has a task for each connection, with channels to and from it, and
//! buffers that are there whether something is in them or not. Here the future of the request has
//! the connection, and then the body of its answer does: a byte that arrives wakes the one who wants
//! it and nobody else, and a stream that is silent holds no buffer.

mod body;
mod connection;
mod decoder;
mod framing;
mod head;
mod request;

pub(crate) use body::PlainBody;
pub(crate) use connection::{Connection, Failure};

/// What an upstream sent that is not HTTP, or not for a client to accept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Malformed {
    #[error(transparent)]
    Head(#[from] httparse::Error),
    #[error("the head of the answer is longer than {} KiB", head::LIMIT / 1024)]
    LongHead,
    #[error("the length of the answer cannot be told from its head")]
    Length,
    #[error("a protocol that nobody asked for was chosen")]
    Upgrade,
    #[error("a chunk of the answer does not begin or end as it must")]
    Chunk,
}

#[cfg(test)]
mod tests;
