//! The way down: signals, and who is left.

use std::sync::{MutexGuard, PoisonError};

use api::Survivor;
use lifecycle::{Announcement, Fact, Generation, State, Timer};
use process::Tree;

use super::Driver;
use crate::clock::wall_time_of;
use crate::portrait::exit_of;

impl Driver {
    pub(super) fn await_dependents(&mut self, generation: Generation) {
        let (shared, dependents) = (self.shared.clone(), self.dependents.clone());
        let reporter = self.reporter(generation);
        self.activities.push(Box::pin(async move {
            shared.neighbours.none_going_down(&dependents).await;
            reporter.report(Fact::DependentsEnded);
        }));
    }

    pub(super) fn signal(&mut self, generation: Generation) {
        self.signalled = Some(self.survivors());
        let Some(live) = self.live(generation) else { return };
        let signal = process::signal_number(&self.spec.stop.signal);
        if let Some(Err(error)) = signal.map(|signal| live.tree.signal(signal)) {
            tracing::debug!(process.id = %self.spec.id, %error, "the stop signal did not arrive");
        }
    }

    pub(super) fn kill(&self, generation: Generation) {
        let Some(live) = self.live(generation) else { return };
        if let Err(error) = live.tree.kill() {
            tracing::warn!(process.id = %self.spec.id, %error, "SIGKILL could not be sent to all of the tree");
        }
    }

    /// What of the tree is alive, for people who wait for its end.
    pub(super) fn look_at_survivors(&self) {
        if self.machine.state() == State::Stopping && !self.live.is_empty() {
            let (survivors, kill_at) = (self.survivors(), self.kill_at());
            let Announcement { pid, exit, .. } = self.machine.announcement();
            let exit = exit.map(|record| exit_of(record, self.moments.exited_at));
            self.shared.events.amend(self.index, |process| {
                process.survivors = Some(survivors);
                process.kill_at = kill_at;
                process.pid = pid;
                process.exit = exit;
            });
        }
    }

    pub(super) fn survivors(&self) -> Vec<Survivor> {
        let members = self.live.iter().flat_map(|live| live.tree.members());
        members.map(|member| Survivor { pid: member.pid, name: member.name }).collect()
    }

    pub(super) fn kill_at(&self) -> Option<u64> {
        self.timers.deadline(Timer::Kill).map(wall_time_of)
    }

    /// Nothing of this generation lives. Another one may be on its way already.
    pub(super) fn forget(&mut self, generation: Generation) {
        self.live.retain(|live| live.generation != generation);
        if self.live.is_empty() {
            *self.tree_for_others() = None;
        }
    }

    pub(super) fn tree_for_others(&self) -> MutexGuard<'_, Option<Tree>> {
        self.shared.trees[self.index].lock().unwrap_or_else(PoisonError::into_inner)
    }
}
