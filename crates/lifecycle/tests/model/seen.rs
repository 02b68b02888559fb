//! What an observer knows who sees every order, every delivered fact and every announcement, and what it demands.

use lifecycle::{
    Announcement, Attempt, Cause, Exit, Fact, Generation, Input, Order, Plan, Proof, RestartMode,
    State, Timer, Waiter,
};

use crate::rules::Rule;
use crate::settings::Setting;
use crate::truth::CHILD;

/// What was told to the machine and by it. Only what bears on a demand.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Seen {
    /// The last announcement.
    pub(crate) told: Announcement,
    /// The last generation that was spawned, failed spawns not counted.
    pub(crate) generation: Generation,
    pub(crate) attempt: Attempt,
    /// A look is under way or its answer is.
    pub(crate) preparing: bool,
    /// The look found nothing against a spawn.
    pub(crate) cleared: bool,
    pub(crate) waiting: Vec<Waiter>,
    pub(crate) last_order: Option<Order>,
    /// An order to start was given that no look has followed yet.
    pub(crate) start_owed: bool,
    /// Where the end that is under way, or the last one, must lead.
    expected: Option<State>,
    /// It exited with 0, unasked.
    pub(crate) clean: bool,
    pub(crate) retry_due: bool,
    restarts: u32,
    automatic: bool,
    /// SIGKILL may be sent.
    pub(crate) kill_due: bool,
    /// SIGKILL was ordered, and not sent yet.
    pub(crate) kill_owed: bool,
    pub(crate) held_back: bool,
    /// What is known of the generation; the rest is only meaningful while it is `up`.
    pub(crate) up: bool,
    pub(crate) born: bool,
    pub(crate) exited: bool,
    emptied: bool,
    line: bool,
    tcp: bool,
    http: bool,
    notified: bool,
    pub(crate) closed: bool,
    misses: u32,
}

impl Seen {
    pub(crate) fn new(told: Announcement) -> Self {
        Self {
            told,
            generation: Generation(0),
            attempt: Attempt(0),
            preparing: false,
            cleared: false,
            waiting: Vec::new(),
            last_order: None,
            start_owed: false,
            expected: None,
            clean: false,
            retry_due: false,
            restarts: 0,
            automatic: false,
            kill_due: false,
            kill_owed: false,
            held_back: false,
            up: false,
            born: false,
            exited: false,
            emptied: false,
            line: false,
            tcp: false,
            http: false,
            notified: false,
            closed: false,
            misses: 0,
        }
    }

    /// Whether the machine was told that this generation is there, and not yet that it is gone.
    pub(crate) fn is_there(&self, generation: Generation) -> bool {
        self.up && self.born && generation == self.generation
    }

    pub(crate) fn is_settled(&self) -> bool {
        match self.told.state {
            State::Running | State::Stopped => true,
            State::Error => self.told.retry.is_none(),
            State::Starting | State::Stopping => false,
        }
    }

    pub(crate) fn prepare(&mut self, attempt: Attempt) {
        self.attempt = attempt;
        self.preparing = true;
        self.start_owed = false;
        self.expected = None;
        self.clean = false;
        self.retry_due = false;
    }

    pub(crate) fn spawn(&mut self, generation: Generation) {
        let fresh = Self::new(self.told.clone());
        *self = Self {
            generation,
            up: true,
            attempt: self.attempt,
            waiting: std::mem::take(&mut self.waiting),
            last_order: self.last_order,
            start_owed: self.start_owed,
            restarts: self.restarts,
            ..fresh
        };
    }

    /// Takes in what the machine is about to be told.
    pub(crate) fn note(&mut self, plan: &Plan, input: &Input) {
        match input {
            Input::Order { order, waiter, dependents_stopping } => {
                self.waiting.extend(*waiter);
                self.note_order(*order, *dependents_stopping);
            }
            Input::Clear(attempt) if self.preparing && *attempt == self.attempt => {
                self.preparing = false;
                self.cleared = true;
            }
            Input::Refused(attempt, _) if self.preparing && *attempt == self.attempt => {
                self.preparing = false;
                self.expect(State::Error);
            }
            Input::Waiting(_) | Input::Clear(_) | Input::Refused(..) => {}
            Input::Fact(generation, fact) if self.up && *generation == self.generation => {
                self.note_fact(plan, fact);
            }
            Input::Fact(..) => {}
            Input::Timer(_, timer) => self.note_timer(*timer),
        }
    }

    fn note_order(&mut self, order: Order, dependents_stopping: bool) {
        let state = self.told.state;
        let down = order != Order::Start;
        self.last_order = Some(order);
        if down || !matches!(state, State::Starting | State::Running) {
            self.restarts = 0;
            self.automatic = false;
        }
        match order {
            Order::Start => {
                let changes = matches!(state, State::Stopped | State::Error | State::Stopping);
                self.start_owed |= changes && !self.preparing;
            }
            Order::Restart => self.start_owed |= !self.preparing || state == State::Starting,
            Order::Stop | Order::Kill => self.start_owed = false,
        }
        let ends = self.up || (self.preparing && state == State::Starting);
        if matches!(order, Order::Stop | Order::Kill) || (down && ends) {
            self.expected = Some(State::Stopped);
            self.clean = false;
        }
        if matches!(state, State::Stopped | State::Error) {
            self.retry_due = false;
        }
        self.kill_due |= self.up && order == Order::Kill;
        self.kill_owed |= self.up && order == Order::Kill;
        if order == Order::Kill {
            self.held_back = false;
        } else if down && self.up && matches!(state, State::Starting | State::Running) {
            self.held_back = dependents_stopping;
        }
    }

    fn note_timer(&mut self, timer: Timer) {
        match timer {
            Timer::Ready | Timer::Grace => self.expect(State::Error),
            Timer::Kill => self.kill_due = true,
            Timer::Backoff => {
                self.automatic = true;
                self.retry_due = false;
            }
            Timer::Window => {}
        }
    }

    fn note_fact(&mut self, plan: &Plan, fact: &Fact) {
        match fact {
            Fact::Spawned { .. } => self.born = true,
            Fact::SpawnFailed(_) => {
                self.up = false;
                self.generation.0 -= 1;
                self.expect(State::Error);
            }
            Fact::Held(proof) => self.note_proof(proof),
            Fact::PortClosed => {
                self.tcp = false;
                self.closed = true;
            }
            Fact::Withdrawn => self.notified = false,
            Fact::PortOpened { .. } => {
                self.tcp = true;
                self.closed = false;
            }
            Fact::Exited { exit, tree_empty } => {
                self.note_exit(exit);
                self.emptied |= tree_empty;
            }
            Fact::TreeEmptied => self.emptied = true,
            Fact::DependentsEnded => self.held_back = false,
            Fact::LivenessPassed => self.misses = 0,
            Fact::LivenessFailed { .. } => {
                self.misses += 1;
                if self.misses >= plan.liveness_failures && self.told.state == State::Running {
                    self.expect(State::Error);
                }
            }
        }
        self.up &= !(self.exited && self.emptied);
    }

    fn note_proof(&mut self, proof: &Proof) {
        match proof {
            Proof::Line(_) => self.line = true,
            Proof::Tcp { .. } => {
                self.tcp = true;
                self.closed = false;
            }
            Proof::Http(_) => self.http = true,
            Proof::Notified { .. } => self.notified = true,
        }
    }

    fn note_exit(&mut self, exit: &Exit) {
        self.born = true;
        self.exited = true;
        if self.expected.is_none() {
            self.clean = self.told.state == State::Running && *exit == Exit::Code(0);
            self.expect(if self.clean { State::Stopped } else { State::Error });
        }
    }

    /// The first cause counts; an order replaces it.
    fn expect(&mut self, state: State) {
        self.expected.get_or_insert(state);
    }

    pub(crate) fn is_proven(&self, plan: &Plan) -> bool {
        self.up
            && self.born
            && !self.exited
            && (self.line || plan.ready_line.is_none())
            && (self.tcp || !plan.ready_tcp)
            && (self.http || plan.ready_http.is_none())
            && (self.notified || !plan.ready_notify)
    }

    /// Takes in an announcement, made while `alive` is so and while this many restarts are within the window.
    pub(crate) fn hear(
        &mut self,
        setting: &Setting,
        told: Announcement,
        windows: u32,
        alive: bool,
    ) -> Option<Rule> {
        let plan = &setting.plan;
        if told.state == State::Starting {
            self.restarts += u32::from(std::mem::take(&mut self.automatic));
        }
        let ended = matches!(told.state, State::Stopped | State::Error);
        let worth = ended && self.is_worth_a_restart(plan, &told, windows);
        self.retry_due = worth;
        let promised = told.state == State::Error && worth;
        let numbers = told.generation == self.generation
            || (told.state == State::Starting && told.generation == self.generation.next());
        let counted = told.retry.is_none_or(|retry| {
            retry.attempt == windows + 1 && retry.max == plan.restart.max && windows < retry.max
        });
        let broken = [
            (self.told.state.may_become(told.state), Rule::Steps),
            (!ended || !alive, Rule::Gone),
            (!ended || self.expected == Some(told.state), Rule::Outcome),
            (told.state != State::Stopping || self.expected.is_some(), Rule::Outcome),
            (told.state != State::Running || self.is_proven(plan), Rule::Proven),
            (numbers, Rule::Numbers),
            (self.fields_fit(&told), Rule::Fields),
            (told.restarts == self.restarts && counted, Rule::Counts),
            (told.retry.is_some() == promised, Rule::Retry),
        ];
        self.told = told;
        broken.into_iter().find(|(holds, _)| !holds).map(|(_, rule)| rule)
    }

    fn is_worth_a_restart(&self, plan: &Plan, told: &Announcement, windows: u32) -> bool {
        let allowed = match (told.state, plan.restart.mode) {
            (_, RestartMode::Never) => false,
            (State::Error, _) => {
                let cause = told.fault.as_ref().map(lifecycle::Fault::cause);
                !matches!(cause, Some(Cause::CannotStart | Cause::PortTaken) | None)
            }
            (_, RestartMode::Always) => self.clean,
            (_, RestartMode::OnFailure) => false,
        };
        allowed && windows < plan.restart.max && !self.start_owed
    }

    fn fields_fit(&self, told: &Announcement) -> bool {
        let lives = self.up && self.born && !self.exited;
        told.fault.is_some() == (told.state == State::Error)
            && told.evidence.is_some() == (told.state == State::Running)
            && told.pid == lives.then_some(CHILD)
    }
}
