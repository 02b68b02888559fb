//! Requests in other protocols than OpenAI's of old: Anthropic's messages and OpenAI's responses.
//!
//! Such a request is [`asked`] as a chat completion, unless the provider has its protocol, and
//! the [`answer`] is told in the caller's. A stream is told by a [`body`] around the relay, so that
//! all that the relay does holds for it too: it asks the relay for the next chunk only when it is
//! asked itself, and ends with it.

mod answer;
mod asked;
mod body;
mod envelope;
mod listed;

pub(crate) use answer::{Told, told};
pub(crate) use asked::{Asked, count, without_clients_own};
pub(crate) use body::TranslatedBody;
pub(crate) use envelope::{shaped, speaks_messages};
pub(crate) use listed::listed;

/// A name that nothing else has.
fn unique() -> String {
    format!("{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..))
}
