//! The machine: one process's state and every decision about it.

mod down;
mod live;
mod order;
mod tell;
mod up;

use crate::io::{Announcement, Attempt, Effect, Evidence, ExitRecord, Input, Retry, Waiter};
use crate::plan::{Held, Plan};
use crate::{Fault, Generation, State};

/// One process's lifecycle.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Machine {
    plan: Plan,
    phase: Phase,
    /// The last generation that was spawned.
    generation: Generation,
    attempt: Attempt,
    /// Automatic restarts since the last order.
    restarts: u32,
    /// The automatic restarts within the window, each by the generation that it followed.
    recent: Vec<Generation>,
    /// Whether the tree of the last generation is known to be empty. This may be told before the child's own exit is.
    emptied: bool,
    exit: Option<ExitRecord>,
    waiters: Vec<Waiter>,
}

/// Where a process is, with what is known there and nowhere else.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Phase {
    /// `stopped`. With `retry`, an automatic restart follows (policy `always`).
    Stopped { retry: bool },
    /// `error`. With `retry`, an automatic restart follows.
    Failed { fault: Fault, retry: Option<Retry> },
    /// About to be spawned. Not `announced`: the outside still sees the state before, for the moment that a look takes.
    Preparing { before: Box<Self>, announced: bool, automatic: bool },
    /// `starting`: the driver creates the child.
    Spawning,
    /// `starting`: the program runs.
    Proving { pid: u32, held: Held, evidence: Evidence },
    /// `running`.
    Serving { pid: u32, evidence: Evidence, closed: bool, misses: u32 },
    /// `stopping`.
    Ending(Ending),
}

/// An end under way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Ending {
    why: Why,
    child: ChildState,
    then_start: bool,
    reach: Reach,
}

/// What the end is for, and so where it leads.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Why {
    Ordered,
    Fault(Fault),
    /// It exited with 0 by itself, but left something behind.
    CleanExit,
}

/// What is known of the child of an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum ChildState {
    /// Being created: signals wait until it is there.
    Unborn,
    Alive(u32),
    Gone,
}

/// How far the end has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Reach {
    /// Waits for those that have this process in their `after`.
    Held,
    Signalled,
    Killed,
}

impl Machine {
    /// A machine that is `stopped`. `generation` is the last one of an earlier life, 0 if there was none.
    pub fn new(plan: Plan, generation: Generation) -> Self {
        Self {
            plan,
            phase: Phase::Stopped { retry: false },
            generation,
            attempt: Attempt::default(),
            restarts: 0,
            recent: Vec::new(),
            emptied: false,
            exit: None,
            waiters: Vec::new(),
        }
    }

    /// The same, where it is known how the last generation ended.
    #[must_use]
    pub fn after(self, exit: Option<ExitRecord>) -> Self {
        Self { exit, ..self }
    }

    /// What is so now, as it was last announced.
    pub fn announcement(&self) -> Announcement {
        self.announcement_of(&self.phase)
    }

    /// The state now, as it was last announced.
    pub fn state(&self) -> State {
        tell::state_of(&self.phase)
    }

    /// Whether nothing is to follow without another order or fact.
    pub fn is_settled(&self) -> bool {
        matches!(
            self.phase,
            Phase::Stopped { .. } | Phase::Failed { retry: None, .. } | Phase::Serving { .. }
        )
    }

    /// Whether it starts, or will once its end is complete. What has it in `after` waits as long.
    pub fn is_coming_up(&self) -> bool {
        match &self.phase {
            Phase::Preparing { .. } | Phase::Spawning | Phase::Proving { .. } => true,
            Phase::Ending(ending) => ending.then_start,
            Phase::Stopped { .. } | Phase::Failed { .. } | Phase::Serving { .. } => false,
        }
    }

    /// Takes one input and says what is to be done.
    #[must_use]
    pub fn step(&mut self, input: Input) -> Vec<Effect> {
        let mut out = Vec::new();
        match input {
            Input::Order { order, waiter, dependents_stopping } => {
                self.waiters.extend(waiter);
                let reach = if dependents_stopping { Reach::Held } else { Reach::Signalled };
                self.order(order, reach, &mut out);
            }
            Input::Waiting(attempt) => self.waiting(attempt, &mut out),
            Input::Clear(attempt) => self.clear(attempt, &mut out),
            Input::Refused(attempt, fault) => self.refused(attempt, fault, &mut out),
            Input::Fact(generation, fact) => {
                if self.is_current(generation) {
                    self.fact(fact, &mut out);
                }
            }
            Input::Timer(generation, timer) => self.timer(generation, timer, &mut out),
        }
        self.answer_if_settled(&mut out);
        out
    }

    /// The one place where what belongs to an older generation is dropped.
    fn is_current(&self, generation: Generation) -> bool {
        generation == self.generation
    }

    fn answer_if_settled(&mut self, out: &mut Vec<Effect>) {
        if self.is_settled() {
            out.extend(self.waiters.drain(..).map(Effect::Answer));
        }
    }
}
