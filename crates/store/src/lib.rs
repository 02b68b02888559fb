//! What is kept on disk, in SQLite.
//!
//! # Theory of operation
//!
//! There are two databases, since they must not share a fate: a damaged journal is begun anew, which must never cost
//! anybody's keys.
//!
//! **The journal** ([`Journal`]): one thread owns the connection. Writers hand it records over a channel and never wait:
//! the thread takes whatever has come in since its last commit and writes it in one transaction. A disk that is full or
//! gone costs a warning and the records that it could not take, never the caller's time.
//!
//! **The catalog** ([`Catalog`]): providers, models, settings and credentials. The control server alone changes it, a
//! transaction at a time, and waits until it is on disk; anybody may read it whole ([`Contents::read`]), also while it
//! is being changed. Its file is its owner's alone.
//!
//! # Invariant
//!
//! The store decides nothing: of the journal it knows numbered JSON texts, of the catalog what each thing is made of.

#![forbid(unsafe_code)]

/// The catalog's file in the data directory.
pub const CATALOG_FILE: &str = "catalog.db";

mod catalog;
mod journal;
mod schema;
mod writer;

pub use catalog::{
    ApiKey, Catalog, Change, ChangeError, Contents, ContentsError, Model, Provider, ProviderKind,
    QwenCredentials, Region, Setting, Settings, coding_plan_warning,
};
pub use journal::{Journal, Opened, Page, ReadError, Record};
