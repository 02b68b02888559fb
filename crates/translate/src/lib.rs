//! Anthropic's messages and OpenAI's responses, told in chat completions and back.
//!
//! # Theory of operation
//!
//! A [`Translation`] is made of a request. It has the request for a chat completion that says the
//! same, and turns the provider's answer into the caller's protocol: a whole one at once, a
//! streamed one by a [`Stream`], which takes the provider's bytes, split anywhere, and gives the
//! caller's events as soon as they can be told.
//!
//! ```text
//!   bytes ─ sse ─► data ─ chat::chunk ─► pieces ─ chat::sequence ─► steps ─ teller ─► events
//! ```
//!
//! What providers do differently ends in `chat::chunk` and `chat::call`. `chat::sequence` puts the
//! pieces in a line of blocks, since that is what both protocols tell; a teller only writes them
//! down. A whole answer takes the same way as one big chunk, so that both say the same.
//!
//! What a chat completion cannot say is refused with its place in the request, rather than left
//! out: a tool that only one company's servers have, a file or an answer that is stored there.
//! What makes no difference to the answer (how to cache, what to keep) is left out, and so are the
//! tools that coding agents offer unasked ([`Translation::left_out`]).
//!
//! [`count_tokens`] estimates: whose model it will be, and how that counts, is not known here.
//!
//! The crate does no I/O, reads no clock but the one that it is given, and makes no random numbers.

#![forbid(unsafe_code)]

mod chat;
mod fault;
mod field;
mod messages;
mod responses;
mod sse;
mod stream;
mod thought;
mod translation;

pub use chat::{chunk::Failure, usage::Usage};
pub use fault::Fault;
pub use messages::page::Page;
pub use sse::EventReader;
pub use stream::Stream;
pub use translation::{
    Clock, Protocol, Translation, count_tokens, messages_error, messages_models,
};
