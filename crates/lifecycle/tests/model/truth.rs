//! What is really alive, and what may happen to it.

use lifecycle::{Attempt, Exit, Fact, Generation, Input, Order, Timer};

/// A look under way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Preparation {
    pub(crate) attempt: Attempt,
    pub(crate) waiting: bool,
}

/// What the driver looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Probing {
    Off,
    Ready,
    Watch,
}

/// How alive a member of a tree is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Life {
    Unborn,
    Alive,
    /// Got the stop signal, to which it may be deaf.
    Signalled,
    /// Got SIGKILL, to which nobody is deaf.
    Doomed,
    Gone,
}

impl Life {
    pub(crate) fn lives(self) -> bool {
        matches!(self, Self::Alive | Self::Signalled | Self::Doomed)
    }
}

/// The child of a generation and what it started.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Tree {
    pub(crate) generation: Generation,
    pub(crate) child: Life,
    pub(crate) descendant: Life,
    pub(crate) printed: bool,
    pub(crate) answered: bool,
    pub(crate) open: bool,
    pub(crate) missed: bool,
    pub(crate) notified: bool,
}

/// One thing that may happen in a world.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Event {
    Order { order: Order, dependents_stopping: bool },
    Deliver(Input),
    Fire(Generation, Timer),
    Wait,
    Clear,
    Refuse,
    Born,
    Stillborn,
    Print,
    Answer,
    Open,
    Close,
    Miss,
    Pass,
    Notify,
    Withdraw,
    Fork,
    ChildEnds(Exit),
    DescendantEnds,
    DependentsEnd,
}

pub(crate) const CHILD: u32 = 7;

pub(crate) fn signal(number: i32, name: &str) -> Exit {
    Exit::Signal { number, name: name.to_owned() }
}

/// Facts with the same key are told in the order in which they happened.
pub(crate) fn channel(input: &Input) -> (u8, Generation) {
    match input {
        Input::Waiting(_) | Input::Clear(_) | Input::Refused(..) => (0, Generation(0)),
        Input::Order { .. } | Input::Timer(..) => (1, Generation(0)),
        Input::Fact(generation, fact) => {
            let kind = match fact {
                Fact::Spawned { .. } | Fact::SpawnFailed(_) => 2,
                Fact::Held(_) | Fact::PortClosed | Fact::PortOpened { .. } | Fact::Withdrawn => 3,
                Fact::Exited { .. } => 4,
                Fact::TreeEmptied => 5,
                Fact::DependentsEnded => 6,
                Fact::LivenessPassed | Fact::LivenessFailed { .. } => 7,
            };
            (kind, *generation)
        }
    }
}
