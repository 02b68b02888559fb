//! What users want: orders, taken at once, the last one winning.

use super::{ChildState, Machine, Phase, Reach, Why};
use crate::io::{Effect, Order, Timer};

impl Machine {
    pub(super) fn order(&mut self, order: Order, reach: Reach, out: &mut Vec<Effect>) {
        match order {
            Order::Start => self.start(out),
            Order::Stop => self.stop(reach, false, out),
            Order::Restart => self.restart(reach, out),
            Order::Kill => self.stop(Reach::Killed, false, out),
        }
    }

    pub(super) fn start(&mut self, out: &mut Vec<Effect>) {
        match &mut self.phase {
            Phase::Stopped { .. } | Phase::Failed { .. } => {
                self.forget_restarts(out);
                self.prepare(false, out);
            }
            Phase::Preparing { announced: false, automatic, .. } => {
                *automatic = false;
                self.forget_restarts(out);
            }
            Phase::Ending(ending) => {
                ending.then_start = true;
                self.forget_restarts(out);
            }
            Phase::Preparing { announced: true, .. }
            | Phase::Spawning
            | Phase::Proving { .. }
            | Phase::Serving { .. } => {}
        }
    }

    pub(super) fn restart(&mut self, reach: Reach, out: &mut Vec<Effect>) {
        match &self.phase {
            // Nothing of it was told yet, so there is nothing to end first.
            Phase::Stopped { .. }
            | Phase::Failed { .. }
            | Phase::Preparing { announced: false, .. } => self.start(out),
            Phase::Preparing { announced: true, .. } => {
                self.unprepare(out);
                self.prepare(false, out);
            }
            // An end that is under way becomes the first half of the restart.
            Phase::Spawning | Phase::Proving { .. } | Phase::Serving { .. } | Phase::Ending(_) => {
                self.stop(reach, true, out);
            }
        }
    }

    /// Ends what is there; `reach` says how hard, `then_start` what follows.
    pub(super) fn stop(&mut self, reach: Reach, then_start: bool, out: &mut Vec<Effect>) {
        match &mut self.phase {
            Phase::Stopped { .. } => self.forget_restarts(out),
            Phase::Failed { .. } => {
                self.forget_restarts(out);
                self.enter(Phase::Stopped { retry: false }, out);
            }
            Phase::Preparing { .. } => self.unprepare(out),
            Phase::Spawning => self.end(Why::Ordered, ChildState::Unborn, reach, then_start, out),
            Phase::Proving { pid, .. } | Phase::Serving { pid, .. } => {
                let child = ChildState::Alive(*pid);
                self.end(Why::Ordered, child, reach, then_start, out);
            }
            Phase::Ending(ending) => {
                ending.why = Why::Ordered;
                ending.then_start = then_start;
                self.forget_restarts(out);
                if reach == Reach::Killed {
                    self.kill(out);
                }
            }
        }
    }

    /// A user's order starts the count anew, whatever the policy had used up.
    pub(super) fn forget_restarts(&mut self, out: &mut Vec<Effect>) {
        self.cancel_retry(out);
        if !self.recent.is_empty() {
            out.push(Effect::Disarm(Timer::Window));
        }
        self.restarts = 0;
        self.recent.clear();
    }

    fn cancel_retry(&mut self, out: &mut Vec<Effect>) {
        let waited = match &mut self.phase {
            Phase::Stopped { retry } => std::mem::take(retry),
            Phase::Failed { retry, .. } => retry.take().is_some(),
            Phase::Preparing { .. }
            | Phase::Spawning
            | Phase::Proving { .. }
            | Phase::Serving { .. }
            | Phase::Ending(_) => false,
        };
        if waited {
            out.push(Effect::Disarm(Timer::Backoff));
        }
    }
}
