//! Facts and timers of what lives.

use std::time::Duration;

use super::{ChildState, Ending, Machine, Phase, Reach, Why};
use crate::io::{Effect, ExitRecord, Fact, Proof, Timer};
use crate::{Exit, Fault, Generation};

/// How long a port may be closed after ready. Long enough for a server that re-opens its socket on a reload.
const GRACE: Duration = Duration::from_secs(1);

impl Machine {
    pub(super) fn fact(&mut self, fact: Fact, out: &mut Vec<Effect>) {
        match fact {
            Fact::Spawned { pid } => self.spawned(pid, out),
            Fact::SpawnFailed(fault) => self.spawn_failed(fault, out),
            // Found before the port was watched, told after: what was found is a port that opened again.
            Fact::Held(Proof::Tcp { listener_pid }) => self.port_opened(listener_pid, out),
            Fact::Held(proof) => self.held(proof, out),
            Fact::PortClosed => self.port_closed(out),
            Fact::Withdrawn => self.withdrawn(),
            Fact::PortOpened { listener_pid } => self.port_opened(listener_pid, out),
            Fact::Exited { exit, tree_empty } => self.exited(exit, tree_empty, out),
            Fact::TreeEmptied => {
                self.emptied = true;
                self.ended(out);
            }
            Fact::DependentsEnded => self.dependents_ended(out),
            Fact::LivenessPassed => self.liveness_passed(),
            Fact::LivenessFailed { reason } => self.liveness_failed(reason, out),
        }
    }

    fn port_closed(&mut self, out: &mut Vec<Effect>) {
        match &mut self.phase {
            // What answered on the port is gone with it.
            Phase::Proving { held, evidence, .. } => {
                (held.tcp, held.http) = (false, false);
                evidence.http = None;
            }
            Phase::Serving { closed: closed @ false, .. } => {
                *closed = true;
                out.push(Effect::Arm(self.generation, Timer::Grace, GRACE));
            }
            Phase::Serving { closed: true, .. }
            | Phase::Stopped { .. }
            | Phase::Failed { .. }
            | Phase::Preparing { .. }
            | Phase::Spawning
            | Phase::Ending(_) => {}
        }
    }

    /// Once it is running, its end is what counts: that comes next.
    fn withdrawn(&mut self) {
        if let Phase::Proving { held, evidence, .. } = &mut self.phase {
            held.notified = false;
            evidence.notifier_pid = None;
        }
    }

    fn port_opened(&mut self, listener_pid: u32, out: &mut Vec<Effect>) {
        match &mut self.phase {
            Phase::Proving { .. } => self.held(Proof::Tcp { listener_pid }, out),
            Phase::Serving { closed: closed @ true, .. } => {
                *closed = false;
                out.push(Effect::Disarm(Timer::Grace));
            }
            Phase::Serving { closed: false, .. }
            | Phase::Stopped { .. }
            | Phase::Failed { .. }
            | Phase::Preparing { .. }
            | Phase::Spawning
            | Phase::Ending(_) => {}
        }
    }

    fn liveness_passed(&mut self) {
        if let Phase::Serving { misses, .. } = &mut self.phase {
            *misses = 0;
        }
    }

    fn liveness_failed(&mut self, reason: String, out: &mut Vec<Effect>) {
        let Phase::Serving { pid, misses, .. } = &mut self.phase else {
            return;
        };
        *misses += 1;
        if *misses >= self.plan.liveness_failures {
            let child = ChildState::Alive(*pid);
            self.end_for(Fault::NotResponding { reason }, child, out);
        }
    }

    pub(super) fn exited(&mut self, exit: Exit, tree_empty: bool, out: &mut Vec<Effect>) {
        self.emptied |= tree_empty;
        let tree_empty = self.emptied;
        let record = |requested| Some(ExitRecord { exit: exit.clone(), requested });
        match &mut self.phase {
            // An exit may be told before the spawn is.
            Phase::Spawning | Phase::Proving { .. } => {
                self.exit = record(false);
                self.end_of_itself(Why::Fault(Fault::EndedDuringStartup(exit)), out);
            }
            Phase::Serving { .. } => {
                self.exit = record(false);
                let clean = exit == Exit::Code(0);
                let why = if clean { Why::CleanExit } else { Why::Fault(Fault::Ended(exit)) };
                self.end_of_itself(why, out);
            }
            Phase::Ending(ending) => {
                self.exit = record(ending.why == Why::Ordered);
                let unborn = ending.child == ChildState::Unborn;
                ending.child = ChildState::Gone;
                if unborn && !tree_empty {
                    let reach = ending.reach;
                    self.reach_out(reach, out);
                }
            }
            Phase::Stopped { .. } | Phase::Failed { .. } | Phase::Preparing { .. } => return,
        }
        if self.emptied {
            self.ended(out);
        } else {
            self.announce_survivors(out);
        }
    }

    /// The child is gone without an order. The end is only announced if something of the tree is left to be ended.
    fn end_of_itself(&mut self, why: Why, out: &mut Vec<Effect>) {
        self.drop_timers(out);
        self.phase = Phase::Ending(Ending {
            why,
            child: ChildState::Gone,
            then_start: false,
            reach: Reach::Held,
        });
    }

    fn announce_survivors(&mut self, out: &mut Vec<Effect>) {
        if let Phase::Ending(Ending {
            why: Why::Fault(_) | Why::CleanExit,
            reach: Reach::Held,
            ..
        }) = &self.phase
        {
            self.reach_out(Reach::Signalled, out);
            self.announce_stopping(out);
        }
    }

    pub(super) fn timer(&mut self, generation: Generation, timer: Timer, out: &mut Vec<Effect>) {
        match timer {
            // It outlives the generation that it was armed for, but not the orders that begin the count anew.
            Timer::Window => self.recent.retain(|restarted| *restarted != generation),
            _ if !self.is_current(generation) => {}
            Timer::Backoff => self.backoff_over(out),
            Timer::Ready => self.ready_timeout(out),
            Timer::Kill => self.kill(out),
            Timer::Grace => self.grace_over(out),
        }
    }

    pub(super) fn ready_timeout(&mut self, out: &mut Vec<Effect>) {
        let Phase::Proving { pid, held, .. } = self.phase else {
            return;
        };
        let open = self.plan.open_conditions(held).join(" and ");
        let fault = Fault::StartupTimeout { timeout: self.plan.ready_timeout, open };
        self.end_for(fault, ChildState::Alive(pid), out);
    }

    fn grace_over(&mut self, out: &mut Vec<Effect>) {
        if let (Phase::Serving { pid, closed: true, .. }, Some(port)) =
            (&self.phase, self.plan.port)
        {
            let child = ChildState::Alive(*pid);
            self.end_for(Fault::NotServing { port }, child, out);
        }
    }
}
