//! What is demanded of a world after each step, and once it is quiet.

use lifecycle::{Attempt, Exit, Fact, Fault, Generation, Input, Order, Proof, State, Timer};

use crate::rules::Rule;
use crate::settings::Setting;
use crate::truth::Probing;
use crate::world::World;

impl World {
    /// What must hold after every step.
    pub(crate) fn inspect(&self, setting: &Setting) -> Option<Rule> {
        let (seen, state) = (&self.seen, self.seen.told.state);
        let there = seen.up && seen.born;
        let unseen = match state {
            State::Running | State::Stopping => !seen.up,
            State::Starting => !seen.up && !seen.preparing,
            State::Stopped | State::Error => false,
        };
        let proving = state == State::Starting && there && !seen.exited;
        let probing = match state {
            State::Running => Probing::Watch,
            State::Starting if proving => Probing::Ready,
            _ => Probing::Off,
        };
        let ending = state == State::Stopping && there && !seen.held_back;
        let closed = state == State::Running && seen.closed;
        let current = |(generation, timer): &(Generation, Timer)| {
            *timer == Timer::Window || *generation == seen.generation
        };
        let timers = self.is_armed(Timer::Ready) == proving
            && self.is_armed(Timer::Kill) == ending
            && self.is_armed(Timer::Grace) == closed
            && self.timers.iter().all(current);
        [
            (!unseen, Rule::Prompt),
            (!(state == State::Starting && seen.is_proven(&setting.plan)), Rule::Ready),
            (self.probing == probing, Rule::Probes),
            (timers, Rule::Timers),
            (!(there && seen.kill_owed), Rule::Haste),
            (self.is_armed(Timer::Backoff) == seen.retry_due, Rule::Retry),
            (self.windows() <= setting.plan.restart.max, Rule::Counts),
        ]
        .into_iter()
        .find(|(holds, _)| !holds)
        .map(|(_, rule)| rule)
    }

    /// The first demand that this world does not meet.
    pub(crate) fn verdict(&self, setting: &Setting) -> Option<Rule> {
        let mut verdict = self.broken;
        verdict = verdict.or_else(|| (!self.snapshot_is_true()).then_some(Rule::Truth));
        verdict = verdict.or_else(|| (!self.ignores_the_stale()).then_some(Rule::Stale));
        if self.due().is_empty() {
            verdict.or_else(|| self.quiet_verdict())
        } else {
            verdict.or_else(|| (!self.comes_to_rest(setting)).then_some(Rule::Ends))
        }
    }

    fn snapshot_is_true(&self) -> bool {
        let (now, told) = (self.machine.announcement(), &self.seen.told);
        self.machine.state() == told.state
            && now.state == told.state
            && now.fault == told.fault
            && now.evidence == told.evidence
            && (now.retry == told.retry || self.seen.preparing)
    }

    /// Whether facts, timers and answers of other generations and looks leave the machine as it is.
    fn ignores_the_stale(&self) -> bool {
        self.stale().into_iter().all(|input| {
            let mut machine = self.machine.clone();
            machine.step(input).is_empty() && machine == self.machine
        })
    }

    fn stale(&self) -> Vec<Input> {
        let seen = &self.seen;
        let mut stale = Vec::new();
        let older = seen.generation.0.checked_sub(1).map(Generation);
        for generation in older.into_iter().chain([seen.generation.next()]) {
            let facts = [
                Fact::Spawned { pid: 9 },
                Fact::Held(Proof::Line("old".to_owned())),
                Fact::Held(Proof::Tcp { listener_pid: 9 }),
                Fact::Held(Proof::Notified { pid: 9 }),
                Fact::PortClosed,
                Fact::Withdrawn,
                Fact::Exited { exit: Exit::Code(0), tree_empty: true },
                Fact::TreeEmptied,
                Fact::DependentsEnded,
                Fact::LivenessFailed { reason: "old".to_owned() },
            ];
            stale.extend(facts.map(|fact| Input::Fact(generation, fact)));
            let timers = [Timer::Ready, Timer::Kill, Timer::Grace, Timer::Backoff, Timer::Window];
            let unarmed = timers.into_iter().filter(|timer| {
                *timer != Timer::Window || !self.timers.contains(&(generation, *timer))
            });
            stale.extend(unarmed.map(|timer| Input::Timer(generation, timer)));
        }
        let old = if seen.preparing { seen.attempt.0.checked_sub(1) } else { Some(seen.attempt.0) };
        if let Some(old) = old.map(Attempt) {
            let fault = Fault::PortTaken { port: 1, holder: None };
            stale.extend([Input::Waiting(old), Input::Clear(old), Input::Refused(old, fault)]);
        }
        stale
    }

    fn quiet_verdict(&self) -> Option<Rule> {
        let (seen, state) = (&self.seen, self.seen.told.state);
        let won = match seen.last_order {
            None | Some(Order::Stop | Order::Kill) => {
                state == State::Stopped && self.tree.is_none()
            }
            Some(Order::Start | Order::Restart) => {
                let up = matches!(state, State::Running | State::Error);
                (up || seen.clean) && !seen.start_owed
            }
        };
        [
            (self.machine.is_settled() && seen.is_settled(), Rule::Settled),
            (seen.waiting.is_empty(), Rule::Unanswered),
            (won, Rule::LastOrder),
        ]
        .into_iter()
        .find(|(holds, _)| !holds)
        .map(|(_, rule)| rule)
    }

    /// Lets happen what must, and nothing else. A fair world that never becomes quiet has lost something.
    fn comes_to_rest(&self, setting: &Setting) -> bool {
        let mut world = self.clone();
        for _ in 0..200 {
            let Some(next) = world.due().into_iter().next() else {
                return true;
            };
            world.apply(setting, next);
            if world.broken.is_some() {
                // Some other world's verdict: it will be told there, with the shortest path to it.
                return true;
            }
        }
        false
    }
}
