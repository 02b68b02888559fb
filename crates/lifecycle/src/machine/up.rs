//! The way up: prepare, spawn, prove.

use super::{ChildState, Machine, Phase, Reach};
use crate::io::{Announcement, Attempt, Effect, Evidence, Proof, Timer};
use crate::plan::Held;
use crate::{Fault, Generation, State};

impl Machine {
    pub(super) fn prepare(&mut self, automatic: bool, out: &mut Vec<Effect>) {
        self.attempt.0 += 1;
        let before = Box::new(self.phase.clone());
        self.phase = Phase::Preparing { before, announced: false, automatic };
        out.push(Effect::Prepare(self.attempt));
    }

    pub(super) fn waiting(&mut self, attempt: Attempt, out: &mut Vec<Effect>) {
        if attempt == self.attempt
            && matches!(self.phase, Phase::Preparing { announced: false, .. })
        {
            // The number that it is about to get. It is given back if the spawn never comes.
            self.announce_start(self.generation.next(), out);
        }
    }

    pub(super) fn clear(&mut self, attempt: Attempt, out: &mut Vec<Effect>) {
        let Phase::Preparing { announced, .. } = self.phase else {
            return;
        };
        if attempt != self.attempt {
            return;
        }
        if !announced {
            self.announce_start(self.generation.next(), out);
        }
        self.generation = self.generation.next();
        self.emptied = false;
        self.phase = Phase::Spawning;
        out.push(Effect::Spawn(self.generation));
    }

    pub(super) fn refused(&mut self, attempt: Attempt, fault: Fault, out: &mut Vec<Effect>) {
        let Phase::Preparing { announced, .. } = self.phase else {
            return;
        };
        if attempt != self.attempt {
            return;
        }
        if !announced {
            self.announce_start(self.generation, out);
        }
        self.settle_fault(fault, out);
    }

    /// Says `starting`, once for each start.
    fn announce_start(&mut self, generation: Generation, out: &mut Vec<Effect>) {
        if let Phase::Preparing { announced, automatic, .. } = &mut self.phase {
            *announced = true;
            if *automatic {
                self.count_restart(out);
            }
        }
        out.push(Effect::Announce(Announcement { generation, ..self.announcement() }));
    }

    fn count_restart(&mut self, out: &mut Vec<Effect>) {
        self.restarts += 1;
        self.recent.push(self.generation);
        out.push(Effect::Arm(self.generation, Timer::Window, self.plan.restart.window));
    }

    /// A stop order before anything was spawned.
    pub(super) fn unprepare(&mut self, out: &mut Vec<Effect>) {
        let Phase::Preparing { before, announced, .. } = &mut self.phase else {
            return;
        };
        let before = std::mem::replace(&mut **before, Phase::Stopped { retry: false });
        let announced = *announced;
        out.push(Effect::Unprepare);
        if announced {
            self.forget_restarts(out);
            let stopping = Announcement { state: State::Stopping, ..self.announcement() };
            out.push(Effect::Announce(stopping));
            self.enter(Phase::Stopped { retry: false }, out);
        } else {
            self.phase = before;
            self.stop(Reach::Signalled, false, out);
        }
    }

    pub(super) fn spawned(&mut self, pid: u32, out: &mut Vec<Effect>) {
        match &mut self.phase {
            Phase::Spawning => {
                let proving =
                    Phase::Proving { pid, held: Held::default(), evidence: Evidence::default() };
                self.phase = proving;
                out.push(Effect::Arm(self.generation, Timer::Ready, self.plan.ready_timeout));
                out.push(Effect::Probe(self.generation));
                self.serve_if_proven(out);
            }
            Phase::Ending(ending) if ending.child == ChildState::Unborn => {
                ending.child = ChildState::Alive(pid);
                let reach = ending.reach;
                self.reach_out(reach, out);
            }
            Phase::Ending(_)
            | Phase::Stopped { .. }
            | Phase::Failed { .. }
            | Phase::Preparing { .. }
            | Phase::Proving { .. }
            | Phase::Serving { .. } => {}
        }
    }

    pub(super) fn spawn_failed(&mut self, fault: Fault, out: &mut Vec<Effect>) {
        match &mut self.phase {
            Phase::Spawning => {
                self.unspawn();
                self.settle_fault(fault, out);
            }
            Phase::Ending(ending) if ending.child == ChildState::Unborn => {
                ending.child = ChildState::Gone;
                self.unspawn();
                self.ended(out);
            }
            Phase::Ending(_)
            | Phase::Stopped { .. }
            | Phase::Failed { .. }
            | Phase::Preparing { .. }
            | Phase::Proving { .. }
            | Phase::Serving { .. } => {}
        }
    }

    /// What was not spawned takes no number.
    fn unspawn(&mut self) {
        self.generation.0 -= 1;
    }

    pub(super) fn held(&mut self, proof: Proof, out: &mut Vec<Effect>) {
        let Phase::Proving { held, evidence, .. } = &mut self.phase else {
            return;
        };
        match proof {
            Proof::Line(line) => {
                held.line = true;
                evidence.line.get_or_insert(line);
            }
            Proof::Tcp { listener_pid } => {
                held.tcp = true;
                evidence.listener_pid = Some(listener_pid);
            }
            Proof::Http(status) => {
                held.http = true;
                evidence.http = Some(status);
            }
            Proof::Notified { pid } => {
                held.notified = true;
                evidence.notifier_pid = Some(pid);
            }
        }
        self.serve_if_proven(out);
    }

    fn serve_if_proven(&mut self, out: &mut Vec<Effect>) {
        let Phase::Proving { pid, held, evidence } = &mut self.phase else {
            return;
        };
        if !self.plan.open_conditions(*held).is_empty() {
            return;
        }
        let (pid, evidence) = (*pid, std::mem::take(evidence));
        out.push(Effect::Disarm(Timer::Ready));
        self.enter(Phase::Serving { pid, evidence, closed: false, misses: 0 }, out);
        out.push(Effect::Watch(self.generation));
    }
}
