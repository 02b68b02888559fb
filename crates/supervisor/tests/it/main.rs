//! The supervisor over real children.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod details;
mod earlier;
mod notices;
mod reload;
mod transitions;
mod world;
