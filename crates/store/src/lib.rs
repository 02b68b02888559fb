//! What is kept on disk, in SQLite.
//!
//! # Theory of operation
//!
//! One thread owns the connection. Writers hand it records over a channel and never wait: the thread takes whatever has
//! come in since its last commit and writes it in one transaction. A disk that is full or gone costs a warning and the
//! records that it could not take, never the caller's time.
//!
//! # Invariant
//!
//! The store knows nothing of processes: it keeps numbered JSON texts and gives them back.

#![forbid(unsafe_code)]

mod journal;
mod schema;
mod writer;

pub use journal::{Journal, Opened, Page, ReadError, Record};
