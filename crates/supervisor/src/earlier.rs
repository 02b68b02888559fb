//! What an earlier server told of a process, and what became so without its telling.
//!
//! A server that is killed takes its processes along and cannot say so. The next one does: whoever reads on, or reads the
//! history, finds no state left standing that is not so any more, and no step that does not exist.

use api::Process;
use lifecycle::State;
use serde_json::Value;

use crate::clock::now_ms;
use crate::portrait::untouched;
use crate::spec::ProcessSpec;

/// The process of an event, as the journal has it; none if this is no event of it.
pub(crate) fn told_last(id: &str, payload: &str) -> Option<Process> {
    let mut event: Value = serde_json::from_str(payload).ok()?;
    serde_json::from_value(event.get_mut(id)?.take()).ok()
}

/// A process as this server finds it: stopped, with how its last generation ended, where that is known.
pub(crate) fn found(spec: &ProcessSpec, generation: u64, last: Option<&Process>) -> Process {
    let found = Process { generation, ..untouched(spec) };
    let Some(last) = last else { return found };
    let ended = matches!(last.state, State::Stopped | State::Error);
    Process {
        started_at: last.started_at,
        ready_at: last.ready_at,
        exit: last.exit.clone().filter(|_| ended),
        ..found
    }
}

/// What leads from the last state that was told to the process as it was found, step by step.
pub(crate) fn untold(last: State, found: &Process) -> Vec<Process> {
    let ending = || Process {
        state: State::Stopping,
        message: State::Stopping.message(None, None),
        survivors: Some(Vec::new()),
        ..stopped(found)
    };
    match last {
        State::Stopped => Vec::new(),
        State::Starting => vec![ending(), stopped(found)],
        State::Running | State::Stopping | State::Error => vec![stopped(found)],
    }
}

fn stopped(found: &Process) -> Process {
    Process { since: now_ms(), ..found.clone() }
}
