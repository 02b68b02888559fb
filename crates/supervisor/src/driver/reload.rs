//! Telling a process that what it has read is no longer so.

use lifecycle::State;

use super::Driver;

/// What the built-in servers take as: read again.
const RELOAD: &str = "SIGHUP";

impl Driver {
    /// Tells the process once it is ready: before, it may not listen for the signal yet, which would end it. One that is
    /// down reads what is so when it starts.
    pub(super) fn reload_if_due(&mut self) {
        if !self.reload_due {
            return;
        }
        match self.machine.state() {
            State::Starting => {}
            State::Running => {
                self.reload_due = false;
                self.reload();
            }
            State::Stopping | State::Stopped | State::Error => self.reload_due = false,
        }
    }

    fn reload(&self) {
        // The last one to be spawned is the one that is ready.
        let Some(live) = self.live.last() else { return };
        let signal = process::signal_number(RELOAD);
        if let Some(Err(error)) = signal.map(|signal| live.tree.signal_leader(signal)) {
            tracing::warn!(process.id = %self.spec.id, %error, "the process could not be told to reload");
        }
    }
}
