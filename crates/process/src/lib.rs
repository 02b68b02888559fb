//! What Linux offers a supervisor: spawn, exit, process trees, ports, output.
//!
//! # Theory of operation
//!
//! A [`Spawner`] owns one thread, and that thread makes every child: the kernel ties a child's
//! parent-death signal to the thread that made it, and this one lives until nothing it made is in
//! use. A [`Child`] is the process that runs the program; its end comes from a pidfd in the
//! reactor, never from a pipe's end, which a grandchild can hold open for ever, and never from
//! `wait` for just any child, which would take the status from whom it belongs to. A [`Tree`] is
//! everything that child started. The server is the subreaper of all of it: what loses its
//! parent becomes a child of the server rather than of `init`, so nothing can leave the tree
//! unseen, and where the machine allows it a cgroup keeps the account as well.
//!
//! A process is who it is by pid and start time together, or by pidfd; no signal is sent to a bare
//! number that could have been given to somebody else meanwhile.
//!
//! For the case that the server is killed, a ledger file says what runs; the next run reads it
//! with [`end_strays`] before it starts anything.
//!
//! Linux 5.9 or later; with 5.14 a cgroup is killed in one step, with 6.9 a group is signalled
//! through a pidfd.

mod cgroup;
mod child;
mod clone;
mod command;
mod descriptors;
mod guard;
mod image;
mod ledger;
mod lines;
mod newborn;
mod notify;
mod output;
mod port_watch;
mod ports;
mod procfs;
mod queue;
mod signals;
mod sock_diag;
mod spawner;
mod stdio;
mod strays;
mod sys;
mod tree;
mod usage;
mod walk;
mod worker;

pub use child::Child;
pub use command::{Command, SpawnError, preflight};
pub use descriptors::descriptors_for_connections;
pub use guard::{Guard, detach_guard, stand_guard};
pub use ledger::{LedgerError, last_generations};
pub use lines::Lines;
pub use notify::{Notice, NotifySocket};
pub use output::Output;
pub use port_watch::PortWatch;
pub use ports::{Listener, PortHolder, PortOwner, listeners, port_holder};
pub use signals::{ExitStatus, signal_name, signal_number};
pub use spawner::{Spawner, SpawnerOptions};
pub use strays::end_strays;
pub use tree::{Member, Tree};
pub use usage::Usage;
