//! The machine: one process's state and every decision about it.

use std::time::Duration;

use crate::io::{
    Announcement, Attempt, Effect, Evidence, ExitRecord, Fact, Input, Order, Proof, Retry, Timer,
    Waiter,
};
use crate::plan::{Held, Plan, RestartMode};
use crate::{Exit, Fault, Generation, State};

/// How long a port may be closed after ready. Long enough for a server that re-opens its socket on a reload.
const GRACE: Duration = Duration::from_secs(1);

/// How long after SIGKILL another one follows, for what was forked in the same moment or sat in an uninterruptible call.
const KILL_AGAIN: Duration = Duration::from_secs(1);

/// One process's lifecycle.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Machine {
    plan: Plan,
    phase: Phase,
    /// The last generation that was spawned.
    generation: Generation,
    attempt: Attempt,
    /// Automatic restarts since the last order.
    restarts: u32,
    /// Automatic restarts within the window.
    recent: u32,
    exit: Option<ExitRecord>,
    waiters: Vec<Waiter>,
}

/// Where a process is, with what is known there and nowhere else.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Phase {
    /// `stopped`. With `retry`, an automatic restart follows (policy `always`).
    Stopped { retry: bool },
    /// `error`. With `retry`, an automatic restart follows.
    Failed { fault: Fault, retry: bool },
    /// About to be spawned. Not `announced`: the outside still sees the state before, for the moment that a look takes.
    Preparing { before: Box<Self>, announced: bool, automatic: bool },
    /// `starting`: the driver creates the child.
    Spawning,
    /// `starting`: the program runs.
    Proving { pid: u32, held: Held, evidence: Evidence },
    /// `running`.
    Serving { pid: u32, closed: bool, misses: u32 },
    /// `stopping`.
    Ending(Ending),
}

/// An end under way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Ending {
    why: Why,
    child: ChildState,
    then_start: bool,
    reach: Reach,
}

/// What the end is for, and so where it leads.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Why {
    Ordered,
    Fault(Fault),
    /// It exited with 0 by itself, but left something behind.
    CleanExit,
}

/// What is known of the child of an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum ChildState {
    /// Being created: signals wait until it is there.
    Unborn,
    Alive(u32),
    Gone,
}

/// How far the end has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Reach {
    /// Waits for those that have this process in their `after`.
    Held,
    Signalled,
    Killed,
}

impl Machine {
    /// A machine that is `stopped`. `generation` is the last one of an earlier life, 0 if there was none.
    pub fn new(plan: Plan, generation: Generation) -> Self {
        Self {
            plan,
            phase: Phase::Stopped { retry: false },
            generation,
            attempt: Attempt::default(),
            restarts: 0,
            recent: 0,
            exit: None,
            waiters: Vec::new(),
        }
    }

    /// What is so now, as it was last announced.
    pub fn announcement(&self) -> Announcement {
        self.announcement_of(&self.phase)
    }

    /// The state now, as it was last announced.
    pub fn state(&self) -> State {
        state_of(&self.phase)
    }

    /// Whether nothing is to follow without another order or fact.
    pub fn is_settled(&self) -> bool {
        matches!(
            self.phase,
            Phase::Stopped { .. } | Phase::Failed { retry: false, .. } | Phase::Serving { .. }
        )
    }

    /// Whether it starts, or will once its end is complete. What has it in `after` waits as long.
    pub fn is_coming_up(&self) -> bool {
        match &self.phase {
            Phase::Preparing { .. } | Phase::Spawning | Phase::Proving { .. } => true,
            Phase::Ending(ending) => ending.then_start,
            Phase::Stopped { .. } | Phase::Failed { .. } | Phase::Serving { .. } => false,
        }
    }

    /// Takes one input and says what is to be done.
    #[must_use]
    pub fn step(&mut self, input: Input) -> Vec<Effect> {
        let mut out = Vec::new();
        match input {
            Input::Order { order, waiter, dependents_stopping } => {
                self.waiters.extend(waiter);
                let reach = if dependents_stopping { Reach::Held } else { Reach::Signalled };
                self.order(order, reach, &mut out);
            }
            Input::Waiting(attempt) => self.waiting(attempt, &mut out),
            Input::Clear(attempt) => self.clear(attempt, &mut out),
            Input::Refused(attempt, fault) => self.refused(attempt, fault, &mut out),
            Input::Fact(generation, fact) => {
                if self.is_current(generation) {
                    self.fact(fact, &mut out);
                }
            }
            Input::Timer(generation, timer) => self.timer(generation, timer, &mut out),
        }
        self.answer_if_settled(&mut out);
        out
    }

    /// The one place where what belongs to an older generation is dropped.
    fn is_current(&self, generation: Generation) -> bool {
        generation == self.generation
    }

    fn answer_if_settled(&mut self, out: &mut Vec<Effect>) {
        if self.is_settled() {
            out.extend(self.waiters.drain(..).map(Effect::Answer));
        }
    }
}

// Orders.
impl Machine {
    fn order(&mut self, order: Order, reach: Reach, out: &mut Vec<Effect>) {
        match order {
            Order::Start => self.start(out),
            Order::Stop => self.stop(reach, false, out),
            Order::Restart => self.restart(reach, out),
            Order::Kill => self.stop(Reach::Killed, false, out),
        }
    }

    fn start(&mut self, out: &mut Vec<Effect>) {
        match &mut self.phase {
            Phase::Stopped { .. } | Phase::Failed { .. } => {
                self.forget_restarts(out);
                self.prepare(false, out);
            }
            Phase::Preparing { automatic, .. } => *automatic = false,
            Phase::Ending(ending) => ending.then_start = true,
            Phase::Spawning | Phase::Proving { .. } | Phase::Serving { .. } => {}
        }
    }

    fn restart(&mut self, reach: Reach, out: &mut Vec<Effect>) {
        match &self.phase {
            // Nothing of it was spawned yet, so there is nothing to end first.
            Phase::Stopped { .. } | Phase::Failed { .. } | Phase::Preparing { .. } => {
                self.start(out)
            }
            // An end that is under way becomes the first half of the restart.
            Phase::Spawning | Phase::Proving { .. } | Phase::Serving { .. } | Phase::Ending(_) => {
                self.stop(reach, true, out);
            }
        }
    }

    /// Ends what is there; `reach` says how hard, `then_start` what follows.
    fn stop(&mut self, reach: Reach, then_start: bool, out: &mut Vec<Effect>) {
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
    fn forget_restarts(&mut self, out: &mut Vec<Effect>) {
        self.cancel_retry(out);
        if self.recent > 0 {
            out.push(Effect::Disarm(Timer::Window));
        }
        self.restarts = 0;
        self.recent = 0;
    }

    fn cancel_retry(&mut self, out: &mut Vec<Effect>) {
        if let Phase::Stopped { retry } | Phase::Failed { retry, .. } = &mut self.phase
            && std::mem::take(retry)
        {
            out.push(Effect::Disarm(Timer::Backoff));
        }
    }
}

// The way up.
impl Machine {
    fn prepare(&mut self, automatic: bool, out: &mut Vec<Effect>) {
        self.attempt.0 += 1;
        let before = Box::new(self.phase.clone());
        self.phase = Phase::Preparing { before, announced: false, automatic };
        out.push(Effect::Prepare(self.attempt));
    }

    fn waiting(&mut self, attempt: Attempt, out: &mut Vec<Effect>) {
        if attempt == self.attempt
            && matches!(self.phase, Phase::Preparing { announced: false, .. })
        {
            self.announce_start(self.generation.next(), out);
        }
    }

    fn clear(&mut self, attempt: Attempt, out: &mut Vec<Effect>) {
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
        self.phase = Phase::Spawning;
        out.push(Effect::Spawn(self.generation));
    }

    fn refused(&mut self, attempt: Attempt, fault: Fault, out: &mut Vec<Effect>) {
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
            self.restarts += u32::from(*automatic);
        }
        out.push(Effect::Announce(Announcement { generation, ..self.announcement() }));
    }

    /// A stop order before anything was spawned.
    fn unprepare(&mut self, out: &mut Vec<Effect>) {
        let Phase::Preparing { before, announced, .. } = &mut self.phase else {
            return;
        };
        let before = std::mem::replace(&mut **before, Phase::Stopped { retry: false });
        let announced = *announced;
        out.push(Effect::Unprepare);
        if announced {
            let stopping = Announcement { state: State::Stopping, ..self.announcement() };
            out.push(Effect::Announce(stopping));
            self.enter(Phase::Stopped { retry: false }, out);
        } else {
            self.phase = before;
            self.stop(Reach::Signalled, false, out);
        }
    }

    fn spawned(&mut self, pid: u32, out: &mut Vec<Effect>) {
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

    fn spawn_failed(&mut self, fault: Fault, out: &mut Vec<Effect>) {
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

    fn held(&mut self, proof: Proof, out: &mut Vec<Effect>) {
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
        self.phase = Phase::Serving { pid, closed: false, misses: 0 };
        out.push(Effect::Disarm(Timer::Ready));
        let evidence = Some(evidence);
        out.push(Effect::Announce(Announcement { evidence, ..self.announcement() }));
        out.push(Effect::Watch(self.generation));
    }
}

// Facts about what lives.
impl Machine {
    fn fact(&mut self, fact: Fact, out: &mut Vec<Effect>) {
        match fact {
            Fact::Spawned { pid } => self.spawned(pid, out),
            Fact::SpawnFailed(fault) => self.spawn_failed(fault, out),
            Fact::Held(proof) => self.held(proof, out),
            Fact::PortClosed => self.port_closed(out),
            Fact::PortOpened { listener_pid } => self.port_opened(listener_pid, out),
            Fact::Exited { exit, tree_empty } => self.exited(exit, tree_empty, out),
            Fact::TreeEmptied => self.ended(out),
            Fact::DependentsEnded => self.dependents_ended(out),
            Fact::LivenessPassed => self.liveness_passed(),
            Fact::LivenessFailed { reason } => self.liveness_failed(reason, out),
        }
    }

    fn port_closed(&mut self, out: &mut Vec<Effect>) {
        match &mut self.phase {
            Phase::Proving { held, .. } => held.tcp = false,
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

    fn exited(&mut self, exit: Exit, tree_empty: bool, out: &mut Vec<Effect>) {
        let record = |requested| Some(ExitRecord { exit: exit.clone(), requested });
        match &mut self.phase {
            Phase::Proving { .. } => {
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
                ending.child = ChildState::Gone;
            }
            Phase::Stopped { .. }
            | Phase::Failed { .. }
            | Phase::Preparing { .. }
            | Phase::Spawning => return,
        }
        if tree_empty {
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

    fn timer(&mut self, generation: Generation, timer: Timer, out: &mut Vec<Effect>) {
        match timer {
            // These two outlive the generation that they were armed for.
            Timer::Backoff => self.backoff_over(out),
            Timer::Window => self.recent = self.recent.saturating_sub(1),
            Timer::Ready | Timer::Kill | Timer::Grace if !self.is_current(generation) => {}
            Timer::Ready => self.ready_timeout(out),
            Timer::Kill => self.kill(out),
            Timer::Grace => self.grace_over(out),
        }
    }

    fn ready_timeout(&mut self, out: &mut Vec<Effect>) {
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

// The way down.
impl Machine {
    fn end_for(&mut self, fault: Fault, child: ChildState, out: &mut Vec<Effect>) {
        self.end(Why::Fault(fault), child, Reach::Signalled, false, out);
    }

    fn end(
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
    fn reach_out(&mut self, reach: Reach, out: &mut Vec<Effect>) {
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

    fn announce_stopping(&self, out: &mut Vec<Effect>) {
        out.push(Effect::Announce(self.announcement()));
    }

    fn dependents_ended(&mut self, out: &mut Vec<Effect>) {
        if let Phase::Ending(Ending { reach: Reach::Held, child, .. }) = &mut self.phase
            && *child != ChildState::Unborn
        {
            self.reach_out(Reach::Signalled, out);
        }
    }

    fn kill(&mut self, out: &mut Vec<Effect>) {
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
    fn ended(&mut self, out: &mut Vec<Effect>) {
        let Phase::Ending(Ending { child: ChildState::Gone, why, then_start, .. }) = &self.phase
        else {
            return;
        };
        let (why, then_start) = (why.clone(), *then_start);
        out.push(Effect::Disarm(Timer::Kill));
        match why {
            Why::Fault(fault) if !then_start => self.settle_fault(fault, out),
            Why::Fault(fault) => self.enter(Phase::Failed { fault, retry: false }, out),
            Why::CleanExit if !then_start => self.settle_clean_exit(out),
            Why::CleanExit | Why::Ordered => self.enter(Phase::Stopped { retry: false }, out),
        }
        if then_start {
            self.start(out);
        }
    }

    fn settle_fault(&mut self, fault: Fault, out: &mut Vec<Effect>) {
        let retry = self.plan.restart.mode != RestartMode::Never
            && fault.is_worth_a_retry()
            && self.recent < self.plan.restart.max;
        self.arm_retry(retry, out);
        self.enter(Phase::Failed { fault, retry }, out);
    }

    fn settle_clean_exit(&mut self, out: &mut Vec<Effect>) {
        let retry =
            self.plan.restart.mode == RestartMode::Always && self.recent < self.plan.restart.max;
        self.arm_retry(retry, out);
        self.enter(Phase::Stopped { retry }, out);
    }

    fn arm_retry(&mut self, retry: bool, out: &mut Vec<Effect>) {
        if retry {
            let delay = self.plan.restart.delay(self.recent);
            out.push(Effect::Arm(self.generation, Timer::Backoff, delay));
        }
    }

    fn backoff_over(&mut self, out: &mut Vec<Effect>) {
        if let Phase::Stopped { retry: retry @ true } | Phase::Failed { retry: retry @ true, .. } =
            &mut self.phase
        {
            *retry = false;
            self.recent += 1;
            out.push(Effect::Arm(self.generation, Timer::Window, self.plan.restart.window));
            self.prepare(true, out);
        }
    }

    fn drop_timers(&mut self, out: &mut Vec<Effect>) {
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

    fn enter(&mut self, phase: Phase, out: &mut Vec<Effect>) {
        self.phase = phase;
        out.push(Effect::Announce(self.announcement()));
    }
}

// What is told.
impl Machine {
    fn announcement_of(&self, phase: &Phase) -> Announcement {
        Announcement {
            state: state_of(phase),
            generation: self.generation,
            pid: pid_of(phase),
            fault: match phase {
                Phase::Failed { fault, .. } => Some(fault.clone()),
                _ => None,
            },
            evidence: None,
            retry: matches!(phase, Phase::Failed { retry: true, .. })
                .then_some(Retry { attempt: self.recent + 1, max: self.plan.restart.max }),
            restarts: self.restarts,
            exit: self.exit.clone(),
        }
    }
}

fn state_of(phase: &Phase) -> State {
    match phase {
        Phase::Stopped { .. } => State::Stopped,
        Phase::Failed { .. } => State::Error,
        Phase::Preparing { announced: false, before, .. } => state_of(before),
        Phase::Preparing { announced: true, .. } | Phase::Spawning | Phase::Proving { .. } => {
            State::Starting
        }
        Phase::Serving { .. } => State::Running,
        Phase::Ending(_) => State::Stopping,
    }
}

fn pid_of(phase: &Phase) -> Option<u32> {
    match phase {
        Phase::Proving { pid, .. } | Phase::Serving { pid, .. } => Some(*pid),
        Phase::Ending(ending) => match ending.child {
            ChildState::Alive(pid) => Some(pid),
            ChildState::Unborn | ChildState::Gone => None,
        },
        Phase::Stopped { .. }
        | Phase::Failed { .. }
        | Phase::Preparing { .. }
        | Phase::Spawning => None,
    }
}
