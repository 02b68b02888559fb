//! The way down: signal, kill, wait for the tree, settle.

use std::time::Duration;

use super::{ChildState, Ending, Machine, Phase, Reach, Why};
use crate::Fault;
use crate::io::{Effect, Retry, Timer};
use crate::plan::RestartMode;

/// How long after SIGKILL another one follows, for what was forked in the same moment or sat in an uninterruptible call.
const KILL_AGAIN: Duration = Duration::from_secs(1);

impl Machine {
    pub(super) fn end_for(&mut self, fault: Fault, child: ChildState, out: &mut Vec<Effect>) {
        self.end(Why::Fault(fault), child, Reach::Signalled, false, out);
    }

    pub(super) fn end(
        &mut self,
        why: Why,
        child: ChildState,
        reach: Reach,
        then_start: bool,
        out: &mut Vec<Effect>,
    ) {
        self.drop_timers(out);
        if why == Why::Ordered {
            self.forget_restarts(out);
        }
        self.phase = Phase::Ending(Ending { why, child, then_start, reach });
        if child != ChildState::Unborn {
            self.reach_out(reach, out);
        }
        self.announce_stopping(out);
    }

    /// Sends what an end of this reach sends. The signal goes out before the words: words may be slow.
    pub(super) fn reach_out(&mut self, reach: Reach, out: &mut Vec<Effect>) {
        let generation = self.generation;
        match reach {
            Reach::Held => out.push(Effect::AwaitDependents(generation)),
            Reach::Signalled => {
                self.set_reach(Reach::Signalled);
                out.push(Effect::Signal(generation));
                out.push(Effect::Arm(generation, Timer::Kill, self.plan.stop_timeout));
            }
            Reach::Killed => self.kill(out),
        }
    }

    pub(super) fn announce_stopping(&self, out: &mut Vec<Effect>) {
        out.push(Effect::Announce(self.announcement()));
    }

    pub(super) fn dependents_ended(&mut self, out: &mut Vec<Effect>) {
        if let Phase::Ending(Ending { reach: Reach::Held, child, .. }) = &mut self.phase
            && *child != ChildState::Unborn
        {
            self.reach_out(Reach::Signalled, out);
        }
    }

    pub(super) fn kill(&mut self, out: &mut Vec<Effect>) {
        let Phase::Ending(Ending { child, .. }) = &self.phase else {
            return;
        };
        let unborn = *child == ChildState::Unborn;
        self.set_reach(Reach::Killed);
        if !unborn {
            out.push(Effect::Disarm(Timer::Kill));
            out.push(Effect::Kill(self.generation));
            out.push(Effect::Arm(self.generation, Timer::Kill, KILL_AGAIN));
        }
    }

    fn set_reach(&mut self, reached: Reach) {
        if let Phase::Ending(ending) = &mut self.phase {
            ending.reach = reached;
        }
    }

    /// Nothing of the tree is alive. The end is complete if the child was seen to go.
    pub(super) fn ended(&mut self, out: &mut Vec<Effect>) {
        let Phase::Ending(Ending { child: ChildState::Gone, why, then_start, .. }) = &self.phase
        else {
            return;
        };
        let (why, then_start) = (why.clone(), *then_start);
        out.push(Effect::Disarm(Timer::Kill));
        match why {
            Why::Fault(fault) if !then_start => self.settle_fault(fault, out),
            Why::Fault(fault) => self.enter(Phase::Failed { fault, retry: None }, out),
            Why::CleanExit if !then_start => self.settle_clean_exit(out),
            Why::CleanExit | Why::Ordered => self.enter(Phase::Stopped { retry: false }, out),
        }
        if then_start {
            self.start(out);
        }
    }

    pub(super) fn settle_fault(&mut self, fault: Fault, out: &mut Vec<Effect>) {
        let mode = self.plan.restart.mode;
        let worth = mode != RestartMode::Never && fault.is_worth_a_retry();
        let retry = if worth { self.arm_retry(out) } else { None };
        self.enter(Phase::Failed { fault, retry }, out);
    }

    fn settle_clean_exit(&mut self, out: &mut Vec<Effect>) {
        let always = self.plan.restart.mode == RestartMode::Always;
        let retry = always && self.arm_retry(out).is_some();
        self.enter(Phase::Stopped { retry }, out);
    }

    /// Promises another start if the window has one left.
    fn arm_retry(&self, out: &mut Vec<Effect>) -> Option<Retry> {
        let (recent, max) = (self.recent_restarts(), self.plan.restart.max);
        if recent >= max {
            return None;
        }
        out.push(Effect::Arm(self.generation, Timer::Backoff, self.plan.restart.delay(recent)));
        Some(Retry { attempt: recent + 1, max })
    }

    pub(super) fn backoff_over(&mut self, out: &mut Vec<Effect>) {
        if let Phase::Stopped { retry: true } | Phase::Failed { retry: Some(_), .. } = &self.phase {
            self.prepare(true, out);
        }
    }

    pub(super) fn drop_timers(&mut self, out: &mut Vec<Effect>) {
        match self.phase {
            Phase::Proving { .. } => {
                out.push(Effect::Disarm(Timer::Ready));
                out.push(Effect::EndProbes);
            }
            Phase::Serving { closed, .. } => {
                if closed {
                    out.push(Effect::Disarm(Timer::Grace));
                }
                out.push(Effect::EndProbes);
            }
            Phase::Stopped { .. }
            | Phase::Failed { .. }
            | Phase::Preparing { .. }
            | Phase::Spawning
            | Phase::Ending(_) => {}
        }
    }

    pub(super) fn enter(&mut self, phase: Phase, out: &mut Vec<Effect>) {
        self.phase = phase;
        out.push(Effect::Announce(self.announcement()));
    }
}
