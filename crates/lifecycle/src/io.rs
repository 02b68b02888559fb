//! What goes into a machine and what comes out of it.

use std::time::Duration;

use crate::{Exit, Fault, Generation, State};

/// What a user wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// Be up.
    Start,
    /// Be down.
    Stop,
    /// Go down, then be up.
    Restart,
    /// Be down, without the time to drain: SIGKILL at once.
    Kill,
}

/// Somebody who waits until the process has settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Waiter(pub u64);

/// The number of a preparation, so that the answer to a cancelled one is told from the answer to the current one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Attempt(pub u64);

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Input {
    /// A user wants something; `waiter` is answered with [`Effect::Answer`] once the process has settled.
    Order {
        /// What.
        order: Order,
        /// Who waits for it.
        waiter: Option<Waiter>,
        /// Whether something that has this process in its `after` is stopping, which a stop must let go first.
        dependents_stopping: bool,
    },
    /// [`Effect::Prepare`] cannot be finished yet: something in `after` is still starting.
    Waiting(Attempt),
    /// [`Effect::Prepare`] found nothing against a spawn.
    Clear(Attempt),
    /// [`Effect::Prepare`] found that a spawn is bound to fail.
    Refused(Attempt, Fault),
    /// A fact about a generation.
    Fact(Generation, Fact),
    /// A timer fired that was armed for a generation.
    Timer(Generation, Timer),
}

/// A fact about one generation. They may be told in any order, but those about the port, and what the process says of
/// itself, in that in which they became so.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Fact {
    /// Its program runs.
    Spawned {
        /// The child.
        pid: u32,
    },
    /// Its program could not be started; no process is left of the attempt.
    SpawnFailed(Fault),
    /// A ready condition holds.
    Held(Proof),
    /// Nothing of the tree listens on the port any more.
    PortClosed,
    /// What said that it serves says now that it ends, which is no proof any more.
    Withdrawn,
    /// Something of the tree listens on the port (again).
    PortOpened {
        /// Who owns the socket.
        listener_pid: u32,
    },
    /// The child ended, and was reaped.
    Exited {
        /// How.
        exit: Exit,
        /// Whether nothing else of the tree is alive.
        tree_empty: bool,
    },
    /// Nothing of the tree is alive any more.
    TreeEmptied,
    /// What has this process in its `after` is down: it may be signalled now.
    DependentsEnded,
    /// A liveness probe was answered.
    LivenessPassed,
    /// A liveness probe failed.
    LivenessFailed {
        /// What it met.
        reason: String,
    },
}

/// What shows that a ready condition holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Proof {
    /// This line of output matched.
    Line(String),
    /// The port accepted, and this member of the tree owns the listening socket.
    Tcp {
        /// The owner.
        listener_pid: u32,
    },
    /// The ready path answered with this 2xx status.
    Http(u16),
    /// This member of the tree said so itself.
    Notified {
        /// Who.
        pid: u32,
    },
}

/// All that proved a generation ready.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Evidence {
    /// The line that matched.
    pub line: Option<String>,
    /// Who owns the listening socket.
    pub listener_pid: Option<u32>,
    /// The HTTP status.
    pub http: Option<u16>,
    /// Who said by itself that it serves.
    pub notifier_pid: Option<u32>,
}

/// A deadline that a driver keeps. A machine arms each one at most once at a time, but for `Window`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    /// The ready timeout.
    Ready,
    /// SIGKILL is due.
    Kill,
    /// The wait before an automatic restart. The driver adds its jitter.
    Backoff,
    /// A closed port is a fault now.
    Grace,
    /// One automatic restart leaves the window. One for each restart may be armed at a time.
    Window,
}

/// One thing for the driver to do, in the order in which they are given.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[must_use = "an effect that is dropped is a promise that is broken"]
pub enum Effect {
    /// Look at `after`, the program and the port; answer with `Waiting`, `Clear` or `Refused`. A later one replaces it.
    Prepare(Attempt),
    /// Forget the preparation.
    Unprepare,
    /// Create the child of this generation.
    Spawn(Generation),
    /// Look for the ready conditions of this generation.
    Probe(Generation),
    /// This generation is ready: watch its port and its liveness instead.
    Watch(Generation),
    /// No more probes, of readiness or of liveness.
    EndProbes,
    /// Report `DependentsEnded` once nothing that has this process in its `after` is stopping.
    AwaitDependents(Generation),
    /// Send the stop signal to the tree.
    Signal(Generation),
    /// Send SIGKILL to all of the tree.
    Kill(Generation),
    /// Report this timer after this time.
    Arm(Generation, Timer, Duration),
    /// Forget this timer, also if it is due and was not reported yet (`Window`: all of them).
    Disarm(Timer),
    /// Tell everybody.
    Announce(Announcement),
    /// Tell this waiter that the process has settled.
    Answer(Waiter),
}

/// A restart that is to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Retry {
    /// Which restart within the window it will be, the first one 1.
    pub attempt: u32,
    /// How many there may be within the window.
    pub max: u32,
}

/// How a generation ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ExitRecord {
    /// Its exit.
    pub exit: Exit,
    /// Whether a user had asked for it.
    pub requested: bool,
}

/// A state as it is told to everybody.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Announcement {
    /// The state.
    pub state: State,
    /// The generation that it is about.
    pub generation: Generation,
    /// The child, while it lives.
    pub pid: Option<u32>,
    /// What went wrong; in `error` alone.
    pub fault: Option<Fault>,
    /// What proved it; in `running` alone.
    pub evidence: Option<Evidence>,
    /// The restart to come; in `error` alone.
    pub retry: Option<Retry>,
    /// How many automatic restarts there were since the last order.
    pub restarts: u32,
    /// How the last generation ended.
    pub exit: Option<ExitRecord>,
}
