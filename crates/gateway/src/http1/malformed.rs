//! What is wrong with an answer.

use super::head::LIMIT;

/// What an upstream sent that is not HTTP, or not for a client to accept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Malformed {
    #[error(transparent)]
    Head(#[from] httparse::Error),
    #[error("the head of the answer is longer than {} KiB", LIMIT / 1024)]
    LongHead,
    #[error("the length of the answer cannot be told from its head")]
    Length,
    #[error("a protocol that nobody asked for was chosen")]
    Upgrade,
    #[error("a chunk of the answer does not begin or end as it must")]
    Chunk,
}
