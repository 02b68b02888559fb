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
//! What comes in Anthropic's messages, or in OpenAI's responses for a provider without them, is
//! `translated` to a chat completion, and the answer back.
//!
//! What of an answer has to be seen before it is anybody's, `forward` looks at: of an event stream
//! the head, an error whole, and JSON `whole` up to a size. From then on `relay` passes each chunk on
//! as it comes. Nothing is buffered in between, so a slow client slows the upstream down, and a client
//! that goes away drops the relay and with it the upstream's connection.
//!
//! Where several upstreams could answer, `attempts` asks one after the other until one has begun to,
//! within one deadline for all; an answer that has begun is never taken back.
//!
//! Of each request that has something for an upstream, an `observation` notes what becomes of it,
//! and tells it to the reporter that the server was given. It goes with the relay to the end of the
//! answer, whichever that is; one that is dropped without an end tells that the caller went away.
//!
//! # Connections
//!
//! An upstream without TLS is mostly on this machine, and answers sooner than a task is woken: the
//! request drives its own connection (`plain`), which waits in a `pool` for the next one. With TLS a
//! `client` is used that keeps connections in tasks of their own, since over HTTP/2 many requests
//! share one.
//!
//! Of callers there are no more at a time than leave descriptors for their upstreams: beyond that, those
//! who say nothing make room (`crowd`).
//!
//! # The end of an answer
//!
//! An answer that breaks off is made to look broken: an event stream gets an error event in the
//! words of its API where that is possible, never the mark of a proper end, and the connection is
//! cut instead of being ended properly. An event that broke off in its middle is finished as an error
//! (`half_event`), as nothing else could be read behind it. So is a stream that the upstream ends properly although nothing
//! in it said that the answer was finished: most servers end their streams so when they fail
//! themselves. An answer whose last event has passed is complete, whatever becomes of its connections
//! after that, and an upstream that does not end it then holds nobody up.
//!
//! While an upstream is silent in the middle of an event stream, its caller gets a comment every 15
//! seconds, between two events alone. It says nothing about the upstream, whose idle time runs on.
//!
//! # Tokens
//!
//! How many tokens a request cost is read from its answer as it passes (`scan`, `findings`). Nobody
//! is asked for it who was not asked by the caller: a request's `stream_options` stay as they are,
//! since some servers refuse requests that have them, some clients break on the event without
//! choices that follows from them, and taking that event out again would mean to hold back and cut
//! what has to pass as it comes. So a stream of which nobody asked for its usage has none in its
//! record, unless its server says it unasked, as llama.cpp does in its `timings`.
//!
//! # Shutdown
//!
//! In three phases, each of them logged with the number of requests in flight: nothing new is
//! accepted; what is in flight may finish until the drain is over; what is left then is told so,
//! each stream by an error event and each request without an answer by a 503, and cut.
//!
//! The crate neither reads the environment nor prints, and never logs a key or a body.

#![forbid(unsafe_code)]

mod access;
mod attempts;
mod breaking;
mod client;
mod connector;
mod crowd;
mod dialect;
mod disguise;
mod document;
mod drain;
mod error;
mod event_stream;
mod findings;
mod forward;
mod gate;
mod half_event;
mod half_json;
mod headers;
mod http1;
mod incoming;
mod observation;
mod opening;
mod pool;
mod position;
#[cfg(test)]
mod properties;
mod refusal;
mod relay;
mod reply;
mod responses;
mod retry_after;
mod route;
#[cfg(test)]
mod rules;
mod scan;
mod secret;
mod serve;
mod silence;
mod threads;
mod traffic;
mod translated;
mod upstream;
mod upstream_error;
mod verdict;
mod whole;

pub use attempts::{Destinations, LeftOut};
pub use breaking::RelayError;
pub use error::Error;
pub use forward::{Destination, Forwarder, Outgoing, Timeouts, error_answer};
pub use gate::{Application, Models};
pub use incoming::BODY_LIMIT;
pub use observation::Observation;
pub use refusal::Refusal;
pub use reply::{Answer, ReplyBody, json as json_answer};
pub use secret::Secret;
pub use serve::{Listen, Server};
pub use upstream::Upstream;
