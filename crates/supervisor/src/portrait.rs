//! The process object, made from what the machine announces and what only a driver knows: the times.

use api::{Evidence, Exit, OutputLine, Process, Restart, Survivor};
use lifecycle::{Announcement, State};
use process::signal_number;

use crate::clock::now_ms;
use crate::spec::ProcessSpec;

/// What an announcement does not say.
#[derive(Debug, Default)]
pub(crate) struct Particulars {
    /// When SIGKILL follows, in ms since the epoch.
    pub(crate) kill_at: Option<u64>,
    /// When the next restart comes, in ms since the epoch.
    pub(crate) restart_at: Option<u64>,
    /// What of the tree is alive.
    pub(crate) survivors: Vec<Survivor>,
    /// The generation's last lines.
    pub(crate) output: Vec<OutputLine>,
    /// What the generation says of itself.
    pub(crate) detail: Option<String>,
    /// From the spawn until now, in ms.
    pub(crate) after_ms: u64,
}

/// The moments of a process's life, in ms since the epoch.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Moments {
    pub(crate) started_at: Option<u64>,
    pub(crate) ready_at: Option<u64>,
    pub(crate) exited_at: Option<u64>,
}

impl Moments {
    /// This state begins now.
    pub(crate) fn reach(&mut self, state: State) {
        match state {
            State::Running => self.ready_at = Some(now_ms()),
            State::Starting => {
                self.started_at = None;
                self.ready_at = None;
            }
            State::Stopping | State::Stopped | State::Error => {}
        }
    }
}

/// Whether nothing follows by itself.
pub(crate) fn is_settled(announcement: &Announcement) -> bool {
    match announcement.state {
        State::Running | State::Stopped => true,
        State::Error => announcement.retry.is_none(),
        State::Starting | State::Stopping => false,
    }
}

/// A process that was never started.
pub(crate) fn untouched(spec: &ProcessSpec) -> Process {
    Process {
        id: spec.id.clone(),
        title: spec.title.clone(),
        state: State::Stopped,
        running: false,
        message: State::Stopped.message(None, None),
        error: None,
        port: spec.port,
        pid: None,
        generation: 0,
        uptime: 0,
        since: now_ms(),
        started_at: None,
        ready_at: None,
        cause: None,
        evidence: None,
        survivors: None,
        kill_at: None,
        output: None,
        restarts: 0,
        restart: None,
        exit: None,
        autostart: spec.autostart,
        detail: None,
    }
}

/// The process object of an announcement.
pub(crate) fn portrait(
    spec: &ProcessSpec,
    announcement: Announcement,
    moments: Moments,
    more: Particulars,
) -> Process {
    let Announcement { state, generation, pid, fault, evidence, retry, restarts, exit } =
        announcement;
    let error = fault.as_ref().map(ToString::to_string);
    let restart_at = more.restart_at;
    let restart = retry.zip(restart_at);
    Process {
        id: spec.id.clone(),
        title: spec.title.clone(),
        state,
        running: state == State::Running,
        message: state.message(spec.port, error.as_deref()),
        error,
        port: spec.port,
        pid,
        generation: generation.0,
        uptime: 0,
        since: now_ms(),
        started_at: moments.started_at,
        ready_at: moments.ready_at,
        cause: fault.as_ref().map(lifecycle::Fault::cause),
        evidence: evidence.map(|evidence| evidence_of(evidence, spec.port, more.after_ms)),
        survivors: (state == State::Stopping).then_some(more.survivors),
        kill_at: more.kill_at.filter(|_| state == State::Stopping),
        output: (state == State::Error).then_some(more.output),
        restarts,
        restart: restart.map(|(retry, at)| Restart { attempt: retry.attempt, max: retry.max, at }),
        exit: exit.map(|record| exit_of(record, moments.exited_at)),
        autostart: spec.autostart,
        detail: more.detail,
    }
}

/// What proved a generation ready, with what only a driver knows: the port, and how long it took in ms.
fn evidence_of(evidence: lifecycle::Evidence, port: Option<u16>, after_ms: u64) -> Evidence {
    let lifecycle::Evidence { line, listener_pid, http, notifier_pid } = evidence;
    Evidence { port: listener_pid.and(port), line, listener_pid, http, notifier_pid, after_ms }
}

/// How a generation ended, with the time that only a driver knows.
pub(crate) fn exit_of(record: lifecycle::ExitRecord, exited_at: Option<u64>) -> Exit {
    let (code, signal) = match record.exit {
        lifecycle::Exit::Code(code) => (Some(code), None),
        lifecycle::Exit::Signal { name, .. } => (None, Some(name)),
    };
    Exit { code, signal, requested: record.requested, time: exited_at.unwrap_or_else(now_ms) }
}

/// The other way round; none if this system knows no such signal.
pub(crate) fn record_of(exit: &Exit) -> Option<lifecycle::ExitRecord> {
    let how = match (exit.code, &exit.signal) {
        (Some(code), _) => lifecycle::Exit::Code(code),
        (None, Some(name)) => {
            lifecycle::Exit::Signal { number: signal_number(name)?, name: name.clone() }
        }
        (None, None) => return None,
    };
    Some(lifecycle::ExitRecord { exit: how, requested: exit.requested })
}
