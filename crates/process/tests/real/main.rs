//! The crate with real children, on the machine that it runs on.

mod common;
mod death;
mod exit;
mod ports;
mod start;
mod tree;
