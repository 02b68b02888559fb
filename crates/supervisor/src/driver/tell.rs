//! What is told: announcements become events.

use api::Process;
use lifecycle::{Announcement, Fault, Generation, State, Timer};

use super::Driver;
use crate::clock::{millis, wall_time_of};
use crate::portrait::{Particulars, is_settled, portrait};

impl Driver {
    pub(super) fn announce(&mut self, announcement: Announcement) {
        self.moments.reach(announcement.state);
        let more = self.particulars(&announcement);
        let settled = is_settled(&announcement);
        let process = portrait(&self.spec, announcement, self.moments, more);
        self.told.push(self.shared.events.publish(self.index, process, settled));
    }

    fn particulars(&mut self, announcement: &Announcement) -> Particulars {
        match announcement.state {
            State::Running => Particulars {
                after_ms: self
                    .live(announcement.generation)
                    .map_or(0, |live| millis(live.begun.elapsed())),
                detail: self.detail(announcement.generation),
                ..Particulars::default()
            },
            State::Stopping => Particulars {
                survivors: self.signalled.take().unwrap_or_else(|| self.survivors()),
                kill_at: self.kill_at(),
                detail: self.detail(announcement.generation),
                ..Particulars::default()
            },
            State::Error => Particulars {
                output: if self.was_spawned(announcement) {
                    self.log.last_words()
                } else {
                    Vec::new()
                },
                restart_at: self.timers.deadline(Timer::Backoff).map(wall_time_of),
                ..Particulars::default()
            },
            State::Starting | State::Stopped => Particulars::default(),
        }
    }

    /// Shows what a generation says of itself, for as long as it lives.
    pub(super) fn pass_on(&mut self, generation: Generation, text: String) {
        let Some(live) = self.live.iter_mut().find(|live| live.generation == generation) else {
            return;
        };
        tracing::info!(process.id = %self.spec.id, process.generation = generation.0, status = text);
        let detail = Some(text).filter(|text| !text.is_empty());
        live.detail.clone_from(&detail);
        self.shared.events.tell_detail(self.index, detail);
    }

    fn detail(&self, generation: Generation) -> Option<String> {
        self.live(generation).and_then(|live| live.detail.clone())
    }

    /// A start that spawned nothing wrote nothing: what is in the book is an earlier generation's.
    fn was_spawned(&self, announcement: &Announcement) -> bool {
        announcement.fault.as_ref().is_some_and(Fault::is_worth_a_retry)
    }
}

pub(super) fn log_transition(process: &Process) {
    let Process { id, generation, state, message, .. } = process;
    let state = state.name();
    if process.error.is_some() {
        tracing::warn!(
            process.id = id,
            process.generation = generation,
            process.state = state,
            "{message}"
        );
    } else {
        tracing::info!(
            process.id = id,
            process.generation = generation,
            process.state = state,
            "{message}"
        );
    }
}
