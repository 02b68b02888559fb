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
mod malformed;
mod request;

pub(crate) use body::PlainBody;
pub(crate) use connection::{Connection, Failure};
pub(crate) use malformed::Malformed;

#[cfg(test)]
mod rules;
#[cfg(test)]
mod tests;
