//! The task that owns one process: orders and facts go to its machine, the machine's effects to the world.

mod down;
mod reload;
mod tell;
mod up;

use std::collections::{HashMap, VecDeque};
use std::ffi::OsString;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use api::{Process, Survivor};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use lifecycle::{Attempt, Effect, Fact, Generation, Input, Machine, Order, State, Timer, Waiter};
use process::{Child, NotifySocket, PortWatch, SpawnError, Spawner, Tree};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::Instant;

use crate::attend::Reporter;
use crate::clock::now_ms;
use crate::events::EventLog;
use crate::log_book::LogBook;
use crate::neighbours::Neighbours;
use crate::portrait::{Moments, record_of};
use crate::spec::ProcessSpec;
use crate::timers::Timers;

type Activities = FuturesUnordered<Pin<Box<dyn Future<Output = ()> + Send>>>;

/// What others ask of a task.
#[derive(Debug)]
pub(crate) enum Ask {
    /// An order.
    Order(OrderAsked),
    /// What the process has read is no longer so.
    Reload,
}

/// An order, with who wants to know.
#[derive(Debug)]
pub(crate) struct OrderAsked {
    pub(crate) order: Order,
    /// Told what is so once the order was taken.
    pub(crate) taken: Option<oneshot::Sender<Arc<Process>>>,
    /// Told what is so once the process has settled.
    pub(crate) settled: Option<oneshot::Sender<Arc<Process>>>,
}

/// What the task's own activities tell it.
#[derive(Debug)]
pub(crate) enum Happening {
    Input(Input),
    /// What a generation says of itself; empty: nothing any more.
    Said(Generation, String),
    /// A generation asks for this much time, from now on, to get ready or to end.
    WantsTime(Generation, Duration),
    /// What a preparation waited for is there.
    NeighboursReady(Attempt),
    /// A spawn is over.
    Spawned(Generation, Box<Spawned>),
}

/// What became of a spawn.
#[derive(Debug)]
pub(crate) struct Spawned {
    /// When it was begun.
    begun: Instant,
    /// Where the child says how it is, if it is to.
    notices: Option<NotifySocket>,
    result: Result<Child, SpawnError>,
}

/// What all tasks share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) events: EventLog,
    pub(crate) neighbours: Neighbours,
    pub(crate) spawner: Spawner,
    pub(crate) ports: PortWatch,
    /// The environment that every child starts from.
    pub(crate) environment: Vec<(OsString, OsString)>,
    /// The tree of each process's last generation, for whoever measures it.
    pub(crate) trees: Vec<Mutex<Option<Tree>>>,
}

/// A generation that lives, or whose tree does.
#[derive(Debug)]
struct Live {
    generation: Generation,
    tree: Tree,
    /// When its spawn was begun.
    begun: Instant,
    heard: Arc<Notify>,
    /// What it says of itself.
    detail: Option<String>,
}

/// One process's task.
pub(crate) struct Driver {
    index: usize,
    spec: Arc<ProcessSpec>,
    /// Indexes of what is in `after`.
    after: Vec<usize>,
    /// Indexes of what has this process in its `after`.
    dependents: Vec<usize>,
    shared: Arc<Shared>,
    log: Arc<LogBook>,
    machine: Machine,
    commands: mpsc::UnboundedReceiver<Ask>,
    happenings: mpsc::UnboundedReceiver<Happening>,
    tell: mpsc::UnboundedSender<Happening>,
    activities: Activities,
    probes: Activities,
    timers: Timers,
    live: Vec<Live>,
    moments: Moments,
    /// Where the program was found the last time.
    program: Option<PathBuf>,
    /// What was alive when the signal went out, for the words that follow it.
    signalled: Option<Vec<Survivor>>,
    /// What was told since the last pause, for the log.
    told: Vec<Arc<Process>>,
    /// Whether the process is to read again what it has read.
    reload_due: bool,
    waiting: HashMap<Waiter, oneshot::Sender<Arc<Process>>>,
    next_waiter: u64,
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.shared.events.journal_soon();
        self.log_what_was_told();
    }
}

/// How a process is placed among the others.
pub(crate) struct Place {
    pub(crate) index: usize,
    pub(crate) after: Vec<usize>,
    pub(crate) dependents: Vec<usize>,
}

impl Driver {
    pub(crate) fn new(
        place: Place,
        spec: Arc<ProcessSpec>,
        found: &Process,
        shared: Arc<Shared>,
        log: Arc<LogBook>,
        commands: mpsc::UnboundedReceiver<Ask>,
    ) -> Self {
        let (tell, happenings) = mpsc::unbounded_channel();
        let exit = found.exit.as_ref();
        Self {
            index: place.index,
            after: place.after,
            dependents: place.dependents,
            machine: Machine::new(spec.plan(), Generation(found.generation))
                .after(exit.and_then(record_of)),
            spec,
            shared,
            log,
            commands,
            happenings,
            tell,
            activities: Activities::new(),
            probes: Activities::new(),
            timers: Timers::default(),
            live: Vec::new(),
            moments: Moments {
                started_at: found.started_at,
                ready_at: found.ready_at,
                exited_at: exit.map(|exit| exit.time),
            },
            program: None,
            signalled: None,
            told: Vec::new(),
            reload_due: false,
            waiting: HashMap::new(),
            next_waiter: 0,
        }
    }

    /// Runs until nobody can give orders any more.
    pub(crate) async fn run(mut self) {
        loop {
            tokio::select! {
                biased;
                command = self.commands.recv() => match command {
                    Some(Ask::Order(order)) => self.take(order),
                    Some(Ask::Reload) => self.reload_due = true,
                    None => return,
                },
                Some(happening) = self.happenings.recv() => self.happen(happening),
                (generation, timer) = self.timers.next() => {
                    self.feed(Input::Timer(generation, timer));
                    self.look_at_survivors();
                }
                Some(()) = self.activities.next(), if !self.activities.is_empty() => {}
                Some(()) = self.probes.next(), if !self.probes.is_empty() => {}
            }
            self.let_it_be_heard().await;
            self.reload_if_due();
        }
    }

    /// Lets those who were told something pass it on, before anything else is done: a spawn takes longer than that, and
    /// so does whoever reads the log.
    async fn let_it_be_heard(&mut self) {
        if !self.told.is_empty() {
            tokio::task::yield_now().await;
            self.shared.events.journal_soon();
            self.log_what_was_told();
        }
    }

    fn log_what_was_told(&mut self) {
        self.told.drain(..).for_each(|process| tell::log_transition(&process));
    }

    fn take(&mut self, command: OrderAsked) {
        let waiter = command.settled.map(|settled| {
            self.next_waiter += 1;
            let waiter = Waiter(self.next_waiter);
            self.waiting.insert(waiter, settled);
            waiter
        });
        let dependents_stopping = self.shared.neighbours.any_going_down(&self.dependents);
        self.feed(Input::Order { order: command.order, waiter, dependents_stopping });
        self.shared.neighbours.taken(self.index, command.order);
        if command.order == Order::Kill {
            self.look_at_survivors();
        }
        if let Some(taken) = command.taken {
            // Whoever asked may have gone.
            let _gone = taken.send(self.shared.events.process(self.index));
        }
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Input(input) => self.learn(input),
            Happening::Said(generation, text) => self.pass_on(generation, text),
            Happening::WantsTime(generation, wait) => {
                self.timers.extend(generation, wait);
                self.look_at_survivors();
            }
            Happening::NeighboursReady(attempt) => {
                let input = self.look_ahead(attempt);
                self.feed(input);
            }
            Happening::Spawned(generation, spawned) => match spawned.result {
                Ok(child) => self.welcome(generation, spawned.begun, child, spawned.notices),
                Err(error) => {
                    let fault = self.cannot_start(error.to_string());
                    self.feed(Input::Fact(generation, Fact::SpawnFailed(fault)));
                }
            },
        }
    }

    fn learn(&mut self, input: Input) {
        let exited = matches!(&input, Input::Fact(_, Fact::Exited { .. }));
        let look = exited || matches!(&input, Input::Fact(_, Fact::DependentsEnded));
        let dead = match &input {
            Input::Fact(generation, Fact::Exited { tree_empty: true, .. } | Fact::TreeEmptied) => {
                Some(*generation)
            }
            _ => None,
        };
        if exited {
            self.moments.exited_at = Some(now_ms());
        }
        self.feed(input);
        if let Some(generation) = dead {
            self.forget(generation);
        }
        if look {
            self.look_at_survivors();
        }
    }

    /// Gives the machine an input, and the world its effects, and so on until it is quiet.
    fn feed(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            for effect in self.machine.step(input) {
                inputs.extend(self.perform(effect));
            }
            // What no words followed is not so any more when others do.
            self.signalled = None;
        }
        let going_down = self.machine.state() == State::Stopping;
        self.shared.neighbours.show(self.index, self.machine.is_coming_up(), going_down);
    }

    /// Carries out one effect; what it finds out at once is the answer.
    fn perform(&mut self, effect: Effect) -> Option<Input> {
        match effect {
            Effect::Prepare(attempt) => return Some(self.prepare(attempt)),
            // The answer to it would be told from the next one's by its number.
            Effect::Unprepare => {}
            Effect::Spawn(generation) => return self.spawn(generation),
            Effect::Probe(generation) => self.probe(generation),
            Effect::Watch(generation) => self.watch(generation),
            Effect::EndProbes => self.probes.clear(),
            Effect::AwaitDependents(generation) => self.await_dependents(generation),
            Effect::Signal(generation) => self.signal(generation),
            Effect::Kill(generation) => self.kill(generation),
            Effect::Arm(generation, timer, after) => self.arm(generation, timer, after),
            Effect::Disarm(timer) => self.timers.disarm(timer),
            Effect::Announce(announcement) => self.announce(announcement),
            Effect::Answer(waiter) => self.answer(waiter),
        }
        None
    }

    fn arm(&mut self, generation: Generation, timer: Timer, after: Duration) {
        let after = match timer {
            // Many processes that failed together do not come back in one moment.
            Timer::Backoff => {
                let scattered = after.mul_f64(0.8 + 0.4 * fastrand::f64());
                scattered.min(self.spec.restart.backoff_max)
            }
            Timer::Ready | Timer::Kill | Timer::Grace | Timer::Window => after,
        };
        self.timers.arm(generation, timer, after);
    }

    fn answer(&mut self, waiter: Waiter) {
        if let Some(settled) = self.waiting.remove(&waiter) {
            // Whoever waited may have gone.
            let _gone = settled.send(self.shared.events.process(self.index));
        }
    }

    fn reporter(&self, generation: Generation) -> Reporter {
        Reporter { generation, happenings: self.tell.clone() }
    }

    fn live(&self, generation: Generation) -> Option<&Live> {
        self.live.iter().find(|live| live.generation == generation)
    }
}
