//! Drives the lifecycle machines of all processes, and tells everybody what they say.
//!
//! # Theory of operation
//!
//! One task owns one process (`driver`): it feeds its machine with orders and facts and carries out its effects. What
//! it decides on comes from the outside world alone: the child's exit, its output, its sockets (`attend`, `probe`).
//! Every transition is published to the [`EventLog`], which numbers it, keeps the last ones, hands it to all
//! subscribers and lets the journal follow. Nothing here waits for a subscriber or a disk.
//!
//! # Invariant
//!
//! This crate makes no decision about a state: that is `lifecycle`'s. It knows nothing of HTTP servers or Socket.IO.

#![forbid(unsafe_code)]

mod attend;
mod clock;
mod data_dir;
mod driver;
mod earlier;
mod events;
mod launch;
mod log_book;
mod log_files;
mod log_writer;
mod neighbours;
mod notices;
mod open_log;
mod order;
mod portrait;
mod probe;
mod ready_line;
#[cfg(test)]
mod ready_rules;
mod said;
mod spec;
mod supervisor;
mod timers;
#[cfg(test)]
mod week;

pub use data_dir::DataDirError;
pub use events::{EventLog, Published, Replay, ReplayStart, Snapshot, Told};
pub use launch::{LaunchError, Settings};
pub use lifecycle::Order;
pub use log_book::LogBook;
pub use order::{OrderError, Settled};
pub use process::Usage;
pub use spec::{LivenessSpec, ProcessSpec, ReadySpec, StopSpec};
pub use store::ReadError;
pub use supervisor::{HistoryError, Supervisor};
