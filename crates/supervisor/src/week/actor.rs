//! A process that is only pretended, with a real machine, real timers, and a real book of output.

use std::sync::Arc;
use std::time::Duration;

use lifecycle::{
    Announcement, Effect, Exit, Fact, Generation, Input, Machine, Order, Proof, State, Timer,
};
use tokio::time::{Instant, sleep_until};

use crate::clock::{now_ms, wall_time_of};
use crate::events::EventLog;
use crate::log_book::LogBook;
use crate::portrait::{Moments, Particulars, is_settled, portrait};
use crate::spec::ProcessSpec;
use crate::timers::Timers;

/// What a process does, again and again.
#[derive(Clone, Debug)]
pub(super) struct Habit {
    /// How long it lives once it runs, and with which code it ends; none: until it is told to end.
    pub(super) life: Option<(Duration, i32)>,
    /// How many lines it writes before it ends.
    pub(super) lines: usize,
    /// What a user orders, and how often.
    pub(super) orders: Option<(Order, Duration)>,
}

/// More timers than a process may have at a time: one of each kind, and one for each restart within the window.
const MOST_TIMERS: usize = 16;

/// One pretended process.
pub(super) struct Actor {
    index: usize,
    habit: Habit,
    spec: Arc<ProcessSpec>,
    events: Arc<EventLog>,
    log: LogBook,
    machine: Machine,
    timers: Timers,
    moments: Moments,
    /// Which generation lives, and when it ends by itself.
    alive: Option<(Generation, Option<Instant>)>,
}

impl Actor {
    pub(super) fn new(
        index: usize,
        habit: Habit,
        spec: Arc<ProcessSpec>,
        events: Arc<EventLog>,
        log: LogBook,
    ) -> Self {
        let machine = Machine::new(spec.plan(), Generation(0));
        let (timers, moments) = (Timers::default(), Moments::default());
        Self { index, habit, spec, events, log, machine, timers, moments, alive: None }
    }

    /// Is started, and plays its part until then.
    pub(super) async fn play(mut self, end: Instant) {
        self.order(Order::Start);
        let mut next_order = Instant::now();
        while Instant::now() < end {
            let (order, every) = self.habit.orders.unwrap_or((Order::Start, Duration::MAX));
            let ordered = next_order.checked_add(every).unwrap_or(end).min(end);
            let dies = self.alive.and_then(|(_, dies)| dies).unwrap_or(end);
            tokio::select! {
                biased;
                () = sleep_until(dies), if dies < end => self.die(),
                (generation, timer) = self.timers.next() => self.feed(Input::Timer(generation, timer)),
                () = sleep_until(ordered) => if ordered < end {
                    next_order = ordered;
                    self.order(order);
                },
            }
            assert!(self.timers.count() <= MOST_TIMERS, "{} timers", self.timers.count());
        }
    }

    fn order(&mut self, order: Order) {
        self.feed(Input::Order { order, waiter: None, dependents_stopping: false });
    }

    fn feed(&mut self, input: Input) {
        let mut inputs = std::collections::VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            for effect in self.machine.step(input) {
                inputs.extend(self.perform(effect));
            }
        }
    }

    fn perform(&mut self, effect: Effect) -> Vec<Input> {
        match effect {
            Effect::Prepare(attempt) => vec![Input::Clear(attempt)],
            Effect::Spawn(generation) => self.spawn(generation),
            Effect::AwaitDependents(generation) => {
                vec![Input::Fact(generation, Fact::DependentsEnded)]
            }
            Effect::Signal(generation) | Effect::Kill(generation) => {
                let exit = Exit::Signal { number: 15, name: "SIGTERM".to_owned() };
                vec![self.exit(generation, exit)]
            }
            Effect::Arm(generation, timer, after) => {
                self.timers.arm(generation, timer, after);
                Vec::new()
            }
            Effect::Disarm(timer) => {
                self.timers.disarm(timer);
                Vec::new()
            }
            Effect::Announce(announcement) => {
                self.announce(announcement);
                Vec::new()
            }
            Effect::Unprepare
            | Effect::Probe(_)
            | Effect::Watch(_)
            | Effect::EndProbes
            | Effect::Answer(_) => Vec::new(),
        }
    }

    fn spawn(&mut self, generation: Generation) -> Vec<Input> {
        self.log.begin_generation();
        self.log.push(api::Stream::Stdout, "ready".to_owned());
        self.moments.started_at = Some(now_ms());
        self.alive = Some((generation, self.habit.life.map(|(life, _)| Instant::now() + life)));
        let facts = [Fact::Spawned { pid: 4_242 }, Fact::Held(Proof::Line("ready".to_owned()))];
        facts.map(|fact| Input::Fact(generation, fact)).into()
    }

    fn exit(&mut self, generation: Generation, exit: Exit) -> Input {
        self.alive = None;
        self.moments.exited_at = Some(now_ms());
        Input::Fact(generation, Fact::Exited { exit, tree_empty: true })
    }

    /// Ends by itself, with some last words.
    fn die(&mut self) {
        let (Some((generation, _)), Some((_, code))) = (self.alive, self.habit.life) else {
            return;
        };
        for n in 0..self.habit.lines {
            let text = format!("line {n} of generation {} of {}", generation.0, self.spec.id);
            self.log.push(api::Stream::Stderr, text);
        }
        let input = self.exit(generation, Exit::Code(code));
        self.feed(input);
    }

    fn announce(&mut self, announcement: Announcement) {
        self.moments.reach(announcement.state);
        let failed = announcement.state == State::Error;
        let more = Particulars {
            output: if failed { self.log.last_words() } else { Vec::new() },
            restart_at: self.timers.deadline(Timer::Backoff).map(wall_time_of),
            ..Particulars::default()
        };
        let settled = is_settled(&announcement);
        let process = portrait(&self.spec, announcement, self.moments, more);
        self.events.publish(self.index, process, settled);
    }
}
