//! The driver: carries out what the machine says, faithfully and exactly, and notes where that breaks a rule.

use lifecycle::{Effect, Generation, Input, Timer};

use crate::rules::Rule;
use crate::settings::Setting;
use crate::truth::{Life, Preparation, Probing, Tree};
use crate::world::World;

impl World {
    /// Gives the machine one input and carries out all that it answers.
    pub(crate) fn feed(&mut self, setting: &Setting, input: Input) {
        self.seen.note(&setting.plan, &input);
        for effect in self.machine.step(input) {
            self.perform(setting, effect);
        }
        let verdict = self.inspect(setting);
        self.demand_none(verdict);
    }

    pub(crate) fn demand(&mut self, holds: bool, rule: Rule) {
        if !holds {
            self.broken.get_or_insert(rule);
        }
    }

    fn demand_none(&mut self, broken: Option<Rule>) {
        if let Some(rule) = broken {
            self.broken.get_or_insert(rule);
        }
    }

    fn perform(&mut self, setting: &Setting, effect: Effect) {
        match effect {
            Effect::Prepare(attempt) => {
                self.demand(self.tree.is_none(), Rule::OneGeneration);
                self.preparation = Some(Preparation { attempt, waiting: false });
                self.seen.prepare(attempt);
            }
            Effect::Unprepare => {
                self.preparation = None;
                self.seen.preparing = false;
            }
            Effect::Spawn(generation) => self.spawn(generation),
            Effect::Probe(generation) => self.probe_for(generation, Probing::Ready),
            Effect::Watch(generation) => self.probe_for(generation, Probing::Watch),
            Effect::EndProbes => self.probing = Probing::Off,
            Effect::AwaitDependents(generation) => {
                self.demand(self.seen.is_there(generation), Rule::Signals);
                self.dependents = Some(generation);
            }
            Effect::Signal(generation) => self.signal(generation, Life::Signalled),
            Effect::Kill(generation) => self.signal(generation, Life::Doomed),
            Effect::Arm(generation, timer, _) => self.arm(generation, timer),
            Effect::Disarm(timer) => self.timers.retain(|(_, armed)| *armed != timer),
            Effect::Announce(announcement) => {
                let windows = self.windows();
                let alive = self.tree.is_some();
                let verdict = self.seen.hear(setting, announcement, windows, alive);
                self.demand_none(verdict);
            }
            Effect::Answer(waiter) => {
                let waits = self.seen.waiting.iter().position(|other| *other == waiter);
                self.demand(waits.is_some() && self.seen.is_settled(), Rule::Waiters);
                self.seen.waiting.retain(|other| *other != waiter);
            }
        }
    }

    fn spawn(&mut self, generation: Generation) {
        self.demand(self.tree.is_none(), Rule::OneGeneration);
        self.demand(self.seen.cleared, Rule::Prepared);
        self.demand(generation == self.seen.generation.next(), Rule::Numbers);
        self.seen.spawn(generation);
        self.tree = Some(Tree {
            generation,
            child: Life::Unborn,
            descendant: Life::Gone,
            printed: false,
            answered: false,
            open: false,
            missed: false,
            notified: false,
        });
    }

    fn probe_for(&mut self, generation: Generation, probing: Probing) {
        self.demand(self.seen.is_there(generation), Rule::Probes);
        self.probing = probing;
    }

    fn signal(&mut self, generation: Generation, life: Life) {
        self.demand(self.seen.is_there(generation), Rule::Signals);
        if life == Life::Doomed {
            self.demand(self.seen.kill_due, Rule::Drain);
            self.seen.kill_owed = false;
        } else {
            self.demand(!self.seen.held_back, Rule::Dependents);
        }
        let Some(tree) = self.tree.as_mut().filter(|tree| tree.generation == generation) else {
            return;
        };
        for member in [&mut tree.child, &mut tree.descendant] {
            if member.lives() && *member != Life::Doomed {
                *member = life;
            }
        }
    }

    fn arm(&mut self, generation: Generation, timer: Timer) {
        let armed = self
            .timers
            .iter()
            .any(|(of, other)| *other == timer && (timer != Timer::Window || *of == generation));
        self.demand(!armed, Rule::Timers);
        self.timers.push((generation, timer));
        self.timers.sort_by_key(|(generation, timer)| (*generation, *timer as u8));
    }

    pub(crate) fn windows(&self) -> u32 {
        self.timers.iter().map(|(_, timer)| u32::from(*timer == Timer::Window)).sum()
    }

    pub(crate) fn is_armed(&self, wanted: Timer) -> bool {
        self.timers.iter().any(|(_, timer)| *timer == wanted)
    }
}
