//! What is told of a phase.

use super::{ChildState, Machine, Phase};
use crate::State;
use crate::io::Announcement;

impl Machine {
    pub(super) fn announcement_of(&self, phase: &Phase) -> Announcement {
        if let Phase::Preparing { announced: false, before, .. } = phase {
            return self.announcement_of(before);
        }
        Announcement {
            state: state_of(phase),
            generation: self.generation,
            pid: pid_of(phase),
            fault: match phase {
                Phase::Failed { fault, .. } => Some(fault.clone()),
                _ => None,
            },
            evidence: match phase {
                Phase::Serving { evidence, .. } => Some(evidence.clone()),
                _ => None,
            },
            retry: match phase {
                Phase::Failed { retry, .. } => *retry,
                _ => None,
            },
            restarts: self.restarts,
            exit: self.exit.clone(),
        }
    }

    /// How many automatic restarts there were within the window.
    pub(super) fn recent_restarts(&self) -> u32 {
        u32::try_from(self.recent.len()).unwrap_or(u32::MAX)
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
