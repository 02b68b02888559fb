//! A streaming forwarder for OpenAI-compatible traffic.
//!
//! # Theory of operation
//!
//! A [`Server`] listens, and gives every request to one gate. The gate decides in this order, each
//! step a pure function of its own module: who may call (`access`), what is asked for (`route`),
//! and where it goes (the [`Application`], which is all that a proxy server has to bring). The
//! request's body is read whole, up to [`BODY_LIMIT`], because a malformed one must be refused
//! before an upstream sees it, and because the model that it names (`document`) may decide where
//! it goes; its bytes then travel on unchanged, but for a model's name that the upstream does not
//! know.
//!
//! The answer is never read whole, unless it is an error: `forward` looks at the head and, where
//! the head promises JSON, at the first chunk, and from then on `relay` passes each chunk on as it
//! comes. Nothing is buffered in between, so a slow client slows the upstream down, and a client
//! that goes away drops the relay and with it the upstream's connection.
//!
//! Where several upstreams could answer, `attempts` asks one after the other until one has begun to,
//! within one deadline for all; an answer that has begun is never taken back.
//!
//! An answer that breaks off is made to look broken: an event stream gets an error event where
//! that is possible, and the connection is cut instead of being ended properly.
//!
//! The crate neither reads the environment nor prints, and never logs a key or a body.

#![forbid(unsafe_code)]

mod access;
mod attempts;
mod client;
mod connector;
mod document;
mod error;
mod forward;
mod gate;
mod headers;
mod incoming;
mod refusal;
mod relay;
mod reply;
mod retry_after;
mod route;
mod secret;
mod serve;
mod upstream;
mod upstream_error;
mod verdict;

pub use attempts::Destinations;
pub use error::Error;
pub use forward::{Destination, Forwarder, Outgoing, Timeouts};
pub use gate::{Application, Models};
pub use incoming::BODY_LIMIT;
pub use refusal::Refusal;
pub use relay::RelayError;
pub use reply::{Answer, ReplyBody, json as json_answer};
pub use secret::Secret;
pub use serve::{Listen, Server};
pub use upstream::Upstream;
