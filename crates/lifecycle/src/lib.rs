//! The lifecycle of one supervised process, as a pure state machine.
//!
//! # Theory of operation
//!
//! [`Machine::step`] takes one [`Input`] (an order of a user, a fact about the world, a timer that fired) and returns
//! [`Effect`]s for a driver to carry out. It does no I/O, reads no clock and awaits nothing: timers are tokens that go
//! out with [`Effect::Arm`] and come back as [`Input::Timer`]. The same code runs in production, under a virtual clock
//! and under a model checker.
//!
//! ```text
//!              start                     spawned, all conditions hold
//!   stopped ──────────► starting ──────────────────────────────► running
//!      ▲  ▲                │  │ spawn or check failed, exit           │ │ exit (code ≠ 0, signal)
//!      │  │ stop           │  └───────────────► error ◄─────────────┘ │
//!      │  └────────────────┼───────────────────┘  ▲ │                 │ stop, fault, exit with
//!      │                   │ stop, timeout,       │ │ start, backoff  │ survivors in the tree
//!      │                   ▼ exit with survivors  │ └──► starting     ▼
//!      └─────────────── stopping ◄───────────────────────────────── stopping
//!         tree empty       └──────────────────────┘ tree empty after a fault
//! ```
//!
//! - `stopped|error → starting`: a start order, a restart after backoff, the second half of a restart order.
//! - `starting → running`: the program runs and every ready condition holds, at the same time.
//! - `starting → error`: nothing was spawned, or what was spawned is gone with its whole tree.
//! - `running → stopped`: it exited with 0 without being asked to, and left nothing behind.
//! - `… → stopping`: its end was ordered or a fault demands it, and something of the tree may be alive.
//! - `stopping → stopped|error`: the tree is empty; `error` where a fault led to it.
//! - `error → stopped`: a stop order.
//!
//! Every fact carries the [`Generation`] it speaks of. The machine drops what speaks of another one, in one place
//! (`Machine::is_current`), so that a late exit can never clear a newer child.
//!
//! `tests/model` explores the machine in every small world that delays, reorders and breaks what it can, and walks
//! larger ones at random; `mutants/run` breaks the machine on purpose and shows that this is seen.

#![forbid(unsafe_code)]

mod fault;
mod io;
mod machine;
mod plan;
mod state;

pub use fault::{Cause, Exit, Fault, Holder};
pub use io::{
    Announcement, Attempt, Effect, Evidence, ExitRecord, Fact, Input, Order, Proof, Retry, Timer,
    Waiter,
};
pub use machine::Machine;
pub use plan::{Plan, RestartMode, RestartPolicy};
pub use state::{Generation, State};
