//! The program from outside: exit codes, standard output, standard error.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod bench;
mod clients;
mod configuration;
mod follow;
mod manager;
mod proxies;
mod service;
mod tls;
mod up;
