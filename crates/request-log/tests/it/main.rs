//! A reporter and its writer against a socket that is read as the control server reads it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod ends;
mod requests;
mod world;
