//! What is kept on disk, in SQLite.
//!
//! # Theory of operation
//!
//! There are three databases, since they must not share a fate: a damaged journal is begun anew, which must never cost
//! anybody's keys, and a thousand requests a second must not be what lifecycle events wait for.
//!
//! **The journal** ([`Journal`]): one thread owns the connection. Writers hand it records over a channel and never wait:
//! the thread takes whatever has come in since its last commit and writes it in one transaction. A disk that is full or
//! gone costs a warning and the records that it could not take, never the caller's time. The file is as big as it may be
//! and no bigger: the oldest events make room for new ones, but for the last one of each process.
//!
//! **The catalog** ([`Catalog`]): providers, models, settings and credentials. The control server alone changes it, a
//! transaction at a time, and waits until it is on disk; anybody may read it whole ([`Contents::read`]), also while it
//! is being changed. Its file is its owner's alone.
//!
//! **The log of requests** ([`RequestStore`]): written like the journal, by a thread of its own, in batches that its
//! caller gathers. It keeps no more than it is told to, and gives no number twice.
//!
//! **Upgrades**: a database is brought up to date when it is opened, after a copy of it was written beside it. One that a
//! newer program made is never touched, and the server refuses to start with it ([`refuse_newer`]).
//!
//! # Invariant
//!
//! The store decides nothing: of the journal it knows numbered JSON texts, of a request also what it is found by, of the
//! catalog what each thing is made of.

#![forbid(unsafe_code)]

/// The catalog's file in the data directory.
pub const CATALOG_FILE: &str = "catalog.db";

mod catalog;
mod file;
mod journal;
mod reopen;
mod requests;
mod requests_writer;
mod retention;
mod schema;
mod upgrade;
mod worker;
mod writer;

pub use catalog::{
    ApiKey, Catalog, Change, ChangeError, Contents, ContentsError, Model, OwnTimeouts, Provider,
    ProviderKind, QwenCredentials, Region, Seconds, Setting, Settings, coding_plan_warning,
};
pub use journal::{JOURNAL_FILE, Journal, Opened, Page, ReadError, Record};
pub use requests::{
    OpenedRequests, REQUESTS_FILE, ReadRequestsError, RequestQuery, RequestStore, StoredRequest,
};
pub use requests_writer::RequestBatch;
pub use upgrade::{NewerDatabase, refuse_newer};
