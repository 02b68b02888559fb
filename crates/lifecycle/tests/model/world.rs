//! The world around one machine: what is really alive, what is under way, and what may happen next.

use lifecycle::{Exit, Fact, Fault, Generation, Input, Machine, Proof, Timer, Waiter};

use crate::rules::Rule;
use crate::seen::Seen;
use crate::settings::{Budget, Setting};
use crate::truth::{CHILD, Event, Life, Preparation, Probing, Tree, channel, signal};

/// A machine, the ground truth about its process, and what the two have on the way to each other.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) machine: Machine,
    pub(crate) budget: Budget,
    /// What happened and was not told yet. Facts of one channel keep their order, all else may overtake.
    pub(crate) inbox: Vec<Input>,
    pub(crate) timers: Vec<(Generation, Timer)>,
    pub(crate) preparation: Option<Preparation>,
    /// What lives or is being created; none once all of it is gone.
    pub(crate) tree: Option<Tree>,
    pub(crate) probing: Probing,
    /// Whom the driver promised to tell when dependents are down.
    pub(crate) dependents: Option<Generation>,
    pub(crate) seen: Seen,
    /// The first rule that a step broke.
    pub(crate) broken: Option<Rule>,
}

impl World {
    pub(crate) fn new(setting: &Setting) -> Self {
        let machine = Machine::new(setting.plan.clone(), Generation(0));
        let seen = Seen::new(machine.announcement());
        Self {
            machine,
            budget: setting.budget,
            inbox: Vec::new(),
            timers: Vec::new(),
            preparation: None,
            tree: None,
            probing: Probing::Off,
            dependents: None,
            seen,
            broken: None,
        }
    }

    /// All that may happen now: first what must happen sooner or later, then what need not.
    pub(crate) fn events(&self, setting: &Setting) -> Vec<Event> {
        let mut events = self.due();
        if self.broken.is_none() {
            self.orders(setting, &mut events);
            self.mishaps(setting, &mut events);
            self.luck(setting, &mut events);
        } else {
            events.clear();
        }
        events
    }

    /// What must happen sooner or later. A world without it is quiet.
    pub(crate) fn due(&self) -> Vec<Event> {
        let mut due = Vec::new();
        for (i, input) in self.inbox.iter().enumerate() {
            if i == 0 || channel(&self.inbox[i - 1]) != channel(input) {
                due.push(Event::Deliver(input.clone()));
            }
        }
        if let Some(tree) = &self.tree {
            match tree.child {
                Life::Unborn => due.push(Event::Born),
                Life::Doomed => due.push(Event::ChildEnds(signal(9, "SIGKILL"))),
                Life::Alive | Life::Signalled | Life::Gone => {}
            }
            if tree.descendant == Life::Doomed {
                due.push(Event::DescendantEnds);
            }
        }
        if self.preparation.is_some() {
            due.push(Event::Clear);
        }
        if self.dependents.is_some() {
            due.push(Event::DependentsEnd);
        }
        let firing = self.timers.iter().filter(|(_, timer)| *timer != Timer::Window);
        due.extend(firing.map(|(generation, timer)| Event::Fire(*generation, *timer)));
        due
    }

    fn orders(&self, setting: &Setting, events: &mut Vec<Event>) {
        if self.budget.orders == 0 {
            return;
        }
        for &order in setting.kinds {
            events.push(Event::Order { order, dependents_stopping: false });
            if setting.dependents && self.tree.is_some() {
                events.push(Event::Order { order, dependents_stopping: true });
            }
        }
    }

    /// What goes wrong. Each takes one off the budget.
    fn mishaps(&self, setting: &Setting, events: &mut Vec<Event>) {
        if let Some(tree) = &self.tree
            && self.budget.forks > 0
            && tree.child.lives()
            && tree.descendant == Life::Gone
        {
            events.push(Event::Fork);
        }
        if self.budget.mishaps == 0 {
            return;
        }
        if self.preparation.is_some() {
            events.push(Event::Refuse);
        }
        let Some(tree) = &self.tree else {
            return;
        };
        match tree.child {
            Life::Unborn => events.push(Event::Stillborn),
            Life::Alive => {
                events.push(Event::ChildEnds(Exit::Code(0)));
                events.push(Event::ChildEnds(Exit::Code(1)));
            }
            Life::Signalled | Life::Doomed | Life::Gone => {}
        }
        if tree.open && self.probing != Probing::Off {
            events.push(Event::Close);
        }
        if setting.plan.ready_http.is_some() && self.probing == Probing::Watch {
            events.push(Event::Miss);
        }
        if tree.notified && tree.child.lives() {
            events.push(Event::Withdraw);
        }
    }

    /// What goes well, or is late, without a budget: each can happen only so often by itself.
    fn luck(&self, setting: &Setting, events: &mut Vec<Event>) {
        if setting.after && self.preparation.as_ref().is_some_and(|look| !look.waiting) {
            events.push(Event::Wait);
        }
        if self.budget.windows > 0 {
            let windows = self.timers.iter().filter(|(_, timer)| *timer == Timer::Window);
            events.extend(windows.map(|(generation, timer)| Event::Fire(*generation, *timer)));
        }
        let Some(tree) = &self.tree else {
            return;
        };
        if tree.child == Life::Signalled {
            events.push(Event::ChildEnds(signal(15, "SIGTERM")));
        }
        let orphaned = tree.descendant == Life::Alive && tree.child == Life::Gone;
        if tree.descendant == Life::Signalled || orphaned {
            events.push(Event::DescendantEnds);
        }
        if !tree.child.lives() || self.probing == Probing::Off {
            return;
        }
        if setting.plan.ready_tcp && !tree.open {
            events.push(Event::Open);
        }
        if self.probing == Probing::Ready {
            if setting.plan.ready_line.is_some() && !tree.printed {
                events.push(Event::Print);
            }
            if setting.plan.ready_http.is_some() && !tree.answered {
                events.push(Event::Answer);
            }
        }
        if setting.plan.ready_notify && !tree.notified {
            events.push(Event::Notify);
        }
        if self.probing == Probing::Watch && tree.missed {
            events.push(Event::Pass);
        }
    }

    /// Lets one thing happen.
    pub(crate) fn apply(&mut self, setting: &Setting, event: Event) {
        match event {
            Event::Order { order, dependents_stopping } => {
                self.budget.orders -= 1;
                let waiter = Some(Waiter(u64::from(self.budget.orders)));
                self.feed(setting, Input::Order { order, waiter, dependents_stopping });
            }
            Event::Deliver(input) => {
                if let Some(at) = self.inbox.iter().position(|other| *other == input) {
                    let input = self.inbox.remove(at);
                    self.feed(setting, input);
                }
            }
            Event::Fire(generation, timer) => {
                self.timers.retain(|armed| *armed != (generation, timer));
                self.budget.windows -= u8::from(timer == Timer::Window);
                self.feed(setting, Input::Timer(generation, timer));
            }
            Event::Wait | Event::Clear | Event::Refuse => self.look(event),
            Event::DependentsEnd => {
                if let Some(generation) = self.dependents.take() {
                    self.tell(Input::Fact(generation, Fact::DependentsEnded));
                }
            }
            Event::Born
            | Event::Stillborn
            | Event::Fork
            | Event::ChildEnds(_)
            | Event::DescendantEnds => self.live_and_die(event),
            Event::Print
            | Event::Answer
            | Event::Open
            | Event::Close
            | Event::Miss
            | Event::Pass
            | Event::Notify
            | Event::Withdraw => self.probe(&event),
        }
    }

    fn look(&mut self, event: Event) {
        let Some(mut look) = self.preparation.take() else {
            return;
        };
        match event {
            Event::Wait => {
                self.tell(Input::Waiting(look.attempt));
                look.waiting = true;
                self.preparation = Some(look);
            }
            Event::Refuse => {
                self.budget.mishaps -= 1;
                let taken = Fault::PortTaken { port: 3001, holder: None };
                self.tell(Input::Refused(look.attempt, taken));
            }
            _ => self.tell(Input::Clear(look.attempt)),
        }
    }

    fn live_and_die(&mut self, event: Event) {
        let Some(mut tree) = self.tree.take() else {
            return;
        };
        let generation = tree.generation;
        match event {
            Event::Born => {
                tree.child = Life::Alive;
                self.tell(Input::Fact(generation, Fact::Spawned { pid: CHILD }));
            }
            Event::Stillborn => {
                self.budget.mishaps -= 1;
                tree.child = Life::Gone;
                let fault =
                    Fault::CannotStart { program: "it".to_owned(), reason: "no".to_owned() };
                self.tell(Input::Fact(generation, Fact::SpawnFailed(fault)));
            }
            Event::Fork => {
                self.budget.forks -= 1;
                tree.descendant = Life::Alive;
            }
            Event::ChildEnds(exit) => {
                self.budget.mishaps -= u8::from(tree.child == Life::Alive);
                tree.child = Life::Gone;
                let tree_empty = !tree.descendant.lives();
                self.tell(Input::Fact(generation, Fact::Exited { exit, tree_empty }));
            }
            _ => {
                tree.descendant = Life::Gone;
                if tree.child == Life::Gone {
                    self.tell(Input::Fact(generation, Fact::TreeEmptied));
                }
            }
        }
        let gone = tree.child == Life::Gone && !tree.descendant.lives();
        self.tree = (!gone).then_some(tree);
    }

    fn probe(&mut self, event: &Event) {
        let watching = self.probing == Probing::Watch;
        let Some(tree) = &mut self.tree else {
            return;
        };
        let fact = match event {
            Event::Print => {
                tree.printed = true;
                Fact::Held(Proof::Line("listening on 3001".to_owned()))
            }
            Event::Answer => {
                tree.answered = true;
                Fact::Held(Proof::Http(204))
            }
            Event::Open => {
                tree.open = true;
                if watching {
                    Fact::PortOpened { listener_pid: CHILD }
                } else {
                    Fact::Held(Proof::Tcp { listener_pid: CHILD })
                }
            }
            Event::Close => {
                self.budget.mishaps -= 1;
                tree.open = false;
                Fact::PortClosed
            }
            Event::Notify => {
                tree.notified = true;
                Fact::Held(Proof::Notified { pid: CHILD })
            }
            Event::Withdraw => {
                self.budget.mishaps -= 1;
                tree.notified = false;
                Fact::Withdrawn
            }
            Event::Miss => {
                self.budget.mishaps -= 1;
                tree.missed = true;
                Fact::LivenessFailed { reason: "status 500".to_owned() }
            }
            _ => {
                tree.missed = false;
                Fact::LivenessPassed
            }
        };
        let generation = tree.generation;
        self.tell(Input::Fact(generation, fact));
    }

    /// Puts a fact on its way.
    fn tell(&mut self, input: Input) {
        let at = self.inbox.partition_point(|other| channel(other) <= channel(&input));
        self.inbox.insert(at, input);
    }
}
