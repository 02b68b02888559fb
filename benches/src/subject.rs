//! What is measured: something that takes orders and tells what becomes of its processes.
use std::collections::BTreeSet;

use serde::Deserialize;

use crate::failure::{Failure, Outcome};

/// An order.
#[derive(Clone, Copy)]
pub(crate) enum Verb {
    /// Start it.
    Start,
    /// Stop it.
    Stop,
}

impl Verb {
    /// The order's word, the same in all subjects.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
        }
    }
}

/// Whom an order is for.
#[derive(Clone, Copy)]
pub(crate) enum Whom {
    /// The process with this number.
    One(u32),
    /// Every process.
    All,
}

/// The states of CONTRACT.md; the floor knows the same words.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// Nothing of it lives.
    Stopped,
    /// Ordered, not ready.
    Starting,
    /// Proven ready.
    Running,
    /// Its end was ordered.
    Stopping,
    /// It ended unasked.
    Error,
}

/// A state change as the client had it.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// When the client had it.
    pub(crate) at_ns: u64,
    /// The process's number.
    pub(crate) id: u32,
    /// Its new state.
    pub(crate) state: State,
    /// Its pid, where the event says so.
    pub(crate) pid: Option<u32>,
    /// The line that proved it ready, where the event says so.
    pub(crate) line: Option<String>,
}

/// A supervisor under measurement, through one client.
pub(crate) trait Subject {
    /// Sends an order without waiting for anything.
    fn order(&mut self, verb: Verb, whom: Whom) -> Outcome<()>;

    /// Takes the order's own answer, where the protocol has one.
    fn answer(&mut self) -> Outcome<()>;

    /// The next state change.
    fn event(&mut self) -> Outcome<Event>;

    /// A failure with what the supervisor itself says of it.
    fn explain(&self, wrong: Failure) -> Failure;

    /// Waits for the next event, which has to bring this state.
    fn expect(&mut self, state: State) -> Outcome<Event> {
        let event = self.event().map_err(|failure| self.explain(failure))?;
        if event.state == state {
            return Ok(event);
        }
        let wrong = format!("expected {state:?} next, had {event:?}");
        Err(self.explain(Failure::Protocol(wrong)))
    }

    /// Waits until `count` processes came to this state, and gives the pids that were told.
    fn gather(&mut self, state: State, count: usize) -> Outcome<Gathered> {
        let mut gathered = Gathered::default();
        while gathered.ids.len() < count {
            let event = self.event().map_err(|failure| self.explain(failure))?;
            gathered.pids.extend(event.pid);
            if event.state == state {
                gathered.ids.insert(event.id);
                gathered.last_ns = event.at_ns;
            } else if event.state == State::Error {
                let wrong = format!("one failed while all were to be {state:?}: {event:?}");
                return Err(self.explain(Failure::Protocol(wrong)));
            }
        }
        Ok(gathered)
    }
}

/// Many processes that came to one state.
#[derive(Default)]
pub(crate) struct Gathered {
    /// Their numbers.
    pub(crate) ids: BTreeSet<u32>,
    /// When the client had the last one's event.
    pub(crate) last_ns: u64,
    /// The pids that the events named.
    pub(crate) pids: BTreeSet<u32>,
}
