//! What an earlier server told of a process, and what became so without its telling.
//!
//! A server that is killed takes its processes along and cannot say so. The next one does: whoever reads on, or reads the
//! history, finds no state left standing that is not so any more, and no step that does not exist.

use api::Process;
use lifecycle::State;
use serde_json::Value;
use store::Opened;

use crate::clock::now_ms;
use crate::portrait::untouched;
use crate::spec::ProcessSpec;

/// A process as a server finds it when it starts.
pub(crate) struct Found {
    /// Stopped, with how its last generation ended, where that is known.
    pub(crate) process: Process,
    /// The last state that was told.
    told: State,
}

impl Found {
    pub(crate) fn new(spec: &ProcessSpec, opened: &Opened) -> Self {
        let generation = opened.generations.get(&spec.id).copied().unwrap_or(0);
        let process = Process { generation, ..untouched(spec) };
        let event = opened.last_events.get(&spec.id);
        let Some(last) = event.and_then(|payload| process_of(&spec.id, payload)) else {
            return Self { process, told: State::Stopped };
        };
        let ended = matches!(last.state, State::Stopped | State::Error);
        let (started_at, ready_at) = (last.started_at, last.ready_at);
        let exit = last.exit.filter(|_| ended);
        Self { process: Process { started_at, ready_at, exit, ..process }, told: last.state }
    }

    /// What leads from the last state that was told to this one, step by step.
    pub(crate) fn untold(&self) -> Vec<Process> {
        let stopped = Process { since: now_ms(), ..self.process.clone() };
        match self.told {
            State::Stopped => Vec::new(),
            State::Starting => {
                let ending = Process {
                    state: State::Stopping,
                    message: State::Stopping.message(None, None),
                    survivors: Some(Vec::new()),
                    ..stopped.clone()
                };
                vec![ending, stopped]
            }
            State::Running | State::Stopping | State::Error => vec![stopped],
        }
    }
}

/// The process of an event, as the journal has it; none if this is no event of it.
fn process_of(id: &str, payload: &str) -> Option<Process> {
    let mut event: Value = serde_json::from_str(payload).ok()?;
    serde_json::from_value(event.get_mut(id)?.take()).ok()
}
