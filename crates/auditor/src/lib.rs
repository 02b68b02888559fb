//! Compares what is announced of processes with what `/proc` shows, all the time.
//!
//! # Theory of operation
//!
//! The auditor is told what any client is told, as JSON: a snapshot, then each event (`announced`). It reads `/proc` by
//! itself (`census`): the server's processes are known by three variables in their environment. `verdict` compares the
//! two; what does not fit is a doubt at first (`book`), since the world may be ahead of what has been heard so far. The
//! next event of that process settles it, and how long that took is the lag. A doubt that nothing settles in time is a
//! violation: something untrue was announced, or something true was not.
//!
//! It looks after each event, and then slowly for as long as anything is to be alive; where nothing is, not at all, until
//! somebody asks. Its thread takes a small share of one core at most, however much happens.
//!
//! What it can say: that what was announced as ended has ended, that what is announced as running is alive, and that
//! somebody of it listens on its port. It sees no process that has thrown its environment away; so it may miss an
//! untruth, and never makes one up.
//!
//! # Invariant
//!
//! It shares neither state nor code with what it audits: no other crate of the project is used here. It changes nothing.

#![forbid(unsafe_code)]
#![expect(
    clippy::disallowed_types,
    reason = "a thread outside of any runtime has no clock to pause"
)]

mod announced;
mod auditor;
mod book;
mod census;
mod verdict;

pub use auditor::Auditor;
pub use book::{Report, Violation};
