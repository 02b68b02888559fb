//! What is told of a phase.

use super::{ChildState, Machine, Phase};
use crate::State;
use crate::io::{Announcement, Retry};

impl Machine {
    pub(super) fn announcement_of(&self, phase: &Phase) -> Announcement {
        Announcement {
            state: state_of(phase),
            generation: self.generation,
            pid: pid_of(phase),
            fault: match phase {
                Phase::Failed { fault, .. } => Some(fault.clone()),
                _ => None,
            },
            evidence: None,
            retry: matches!(phase, Phase::Failed { retry: true, .. })
                .then_some(Retry { attempt: self.recent + 1, max: self.plan.restart.max }),
            restarts: self.restarts,
            exit: self.exit.clone(),
        }
    }
}

pub(super) fn state_of(phase: &Phase) -> State {
    match phase {
        Phase::Stopped { .. } => State::Stopped,
        Phase::Failed { .. } => State::Error,
        Phase::Preparing { announced: false, before, .. } => state_of(before),
        Phase::Preparing { announced: true, .. } | Phase::Spawning | Phase::Proving { .. } => {
            State::Starting
        }
        Phase::Serving { .. } => State::Running,
        Phase::Ending(_) => State::Stopping,
    }
}

fn pid_of(phase: &Phase) -> Option<u32> {
    match phase {
        Phase::Proving { pid, .. } | Phase::Serving { pid, .. } => Some(*pid),
        Phase::Ending(ending) => match ending.child {
            ChildState::Alive(pid) => Some(pid),
            ChildState::Unborn | ChildState::Gone => None,
        },
        Phase::Stopped { .. }
        | Phase::Failed { .. }
        | Phase::Preparing { .. }
        | Phase::Spawning => None,
    }
}
