//! The crate with real children, on the machine that it runs on.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers as well"
)]

mod common;
mod death;
mod exit;
mod groups;
mod ports;
mod start;
mod tree;
