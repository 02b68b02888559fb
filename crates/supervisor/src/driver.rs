//! The task that owns one process: orders and facts go to its machine, the machine's effects to the world.

use std::collections::{HashMap, VecDeque};
use std::ffi::OsString;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use api::{Process, Survivor};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use lifecycle::{
    Announcement, Attempt, Effect, Fact, Fault, Generation, Holder, Input, Machine, Order, State,
    Timer, Waiter,
};
use process::{Child, Command, PortHolder, SpawnError, Spawner, Tree};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::Instant;

use crate::attend::{Ears, Reporter, attend};
use crate::clock::{millis, now_ms, wall_time_of};
use crate::events::EventLog;
use crate::log_book::LogBook;
use crate::neighbours::Neighbours;
use crate::portrait::{Moments, Particulars, portrait};
use crate::probe;
use crate::spec::ProcessSpec;
use crate::timers::Timers;

type Activities = FuturesUnordered<Pin<Box<dyn Future<Output = ()> + Send>>>;

/// An order, with who wants to know.
#[derive(Debug)]
pub(crate) struct Ask {
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
    /// What a preparation waited for is there.
    NeighboursReady(Attempt),
    Spawned(Generation, Box<Result<Child, SpawnError>>),
}

/// What all tasks share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) events: EventLog,
    pub(crate) neighbours: Neighbours,
    pub(crate) spawner: Spawner,
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
    spawned: Instant,
    heard: Arc<Notify>,
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
    waiting: HashMap<Waiter, oneshot::Sender<Arc<Process>>>,
    next_waiter: u64,
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
        generation: Generation,
        shared: Arc<Shared>,
        log: Arc<LogBook>,
        commands: mpsc::UnboundedReceiver<Ask>,
    ) -> Self {
        let (tell, happenings) = mpsc::unbounded_channel();
        Self {
            index: place.index,
            after: place.after,
            dependents: place.dependents,
            machine: Machine::new(spec.plan(), generation),
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
            moments: Moments::default(),
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
                    Some(command) => self.take(command),
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
        }
    }

    fn take(&mut self, command: Ask) {
        let waiter = command.settled.map(|settled| {
            self.next_waiter += 1;
            let waiter = Waiter(self.next_waiter);
            self.waiting.insert(waiter, settled);
            waiter
        });
        let dependents_stopping = self.shared.neighbours.any_going_down(&self.dependents);
        self.feed(Input::Order { order: command.order, waiter, dependents_stopping });
        self.shared.neighbours.taken(self.index, command.order);
        if let Some(taken) = command.taken {
            // Whoever asked may have gone.
            let _gone = taken.send(self.shared.events.process(self.index));
        }
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Input(input) => {
                let exited = matches!(&input, Input::Fact(_, Fact::Exited { .. }));
                if exited {
                    self.moments.exited_at = Some(now_ms());
                }
                self.feed(input);
                if exited {
                    self.look_at_survivors();
                }
            }
            Happening::NeighboursReady(attempt) => {
                let input = self.look_ahead(attempt);
                self.feed(input);
            }
            Happening::Spawned(generation, result) => match *result {
                Ok(child) => self.welcome(generation, child),
                Err(error) => {
                    let fault = self.cannot_start(&error);
                    self.feed(Input::Fact(generation, Fact::SpawnFailed(fault)));
                }
            },
        }
    }

    /// Gives the machine an input, and the world its effects, and so on until it is quiet.
    fn feed(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            for effect in self.machine.step(input) {
                inputs.extend(self.perform(effect));
            }
        }
        let going_down = self.machine.state() == State::Stopping;
        self.shared.neighbours.show(self.index, self.machine.is_coming_up(), going_down);
        if matches!(self.machine.state(), State::Stopped | State::Error) {
            self.forget_the_dead();
        }
    }

    /// Carries out one effect; what it finds out at once is the answer.
    fn perform(&mut self, effect: Effect) -> Option<Input> {
        match effect {
            Effect::Prepare(attempt) => return Some(self.prepare(attempt)),
            // The answer to it would be told from the next one's by its number.
            Effect::Unprepare => {}
            Effect::Spawn(generation) => self.spawn(generation),
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
            Timer::Backoff => after.mul_f64(0.8 + 0.4 * fastrand::f64()),
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

// The way up.
impl Driver {
    fn prepare(&mut self, attempt: Attempt) -> Input {
        if !self.shared.neighbours.any_coming_up(&self.after) {
            return self.look_ahead(attempt);
        }
        let (shared, after, tell) = (self.shared.clone(), self.after.clone(), self.tell.clone());
        self.activities.push(Box::pin(async move {
            shared.neighbours.none_coming_up(&after).await;
            let _gone = tell.send(Happening::NeighboursReady(attempt));
        }));
        Input::Waiting(attempt)
    }

    /// Looks whether a spawn could succeed. What is known before is not tried.
    fn look_ahead(&self, attempt: Attempt) -> Input {
        if let Err(error) = process::preflight(&self.command(Generation::default())) {
            return Input::Refused(attempt, self.cannot_start(&error));
        }
        let Some(port) = self.spec.port else { return Input::Clear(attempt) };
        let holder = match process::port_holder(port) {
            Ok(PortHolder::Nobody) => return Input::Clear(attempt),
            Ok(PortHolder::Known { pid, name }) => Some(Holder { name, pid }),
            Ok(PortHolder::Unknown) => None,
            Err(error) => {
                tracing::warn!(%error, port, "cannot see who uses the port");
                return Input::Clear(attempt);
            }
        };
        Input::Refused(attempt, Fault::PortTaken { port, holder })
    }

    fn cannot_start(&self, error: &SpawnError) -> Fault {
        let program = self.spec.command.first().cloned().unwrap_or_default();
        Fault::CannotStart { program, reason: error.to_string() }
    }

    fn command(&self, generation: Generation) -> Command {
        let mut env = self.shared.environment.clone();
        let own = self.spec.env.iter().map(|(name, value)| (name.into(), value.into()));
        let port = self.spec.port.map(|port| ("PORT".into(), port.to_string().into()));
        let marks = [
            ("SIGNALBOX_PROCESS_ID".into(), self.spec.id.clone().into()),
            ("SIGNALBOX_GENERATION".into(), generation.0.to_string().into()),
        ];
        for (name, value) in port.into_iter().chain(own).chain(marks) {
            env.retain(|(other, _)| *other != name);
            env.push((name, value));
        }
        Command {
            argv: self.spec.command.iter().map(OsString::from).collect(),
            cwd: self.spec.cwd.clone(),
            env,
            slot: u32::try_from(self.index).unwrap_or(u32::MAX),
            generation: generation.0,
            name: self.spec.id.clone(),
        }
    }

    fn spawn(&mut self, generation: Generation) {
        self.log.begin_generation();
        let (spawner, tell) = (self.shared.spawner.clone(), self.tell.clone());
        let command = self.command(generation);
        self.activities.push(Box::pin(async move {
            let result = Box::new(spawner.spawn(command).await);
            let _gone = tell.send(Happening::Spawned(generation, result));
        }));
    }

    fn welcome(&mut self, generation: Generation, mut child: Child) {
        let (pid, tree, heard) = (child.pid(), child.tree(), Arc::new(Notify::new()));
        self.moments = Moments {
            started_at: Some(now_ms()),
            ready_at: None,
            exited_at: self.moments.exited_at,
        };
        *self.tree_for_others() = Some(tree.clone());
        self.live.push(Live { generation, tree, spawned: Instant::now(), heard: heard.clone() });
        let ears = Ears::new(
            child.take_output(),
            self.log.clone(),
            self.spec.ready.stdout.clone(),
            heard,
            self.reporter(generation),
        );
        let moments = self.moments;
        self.shared.events.amend(self.index, |process| {
            process.pid = Some(pid);
            process.generation = generation.0;
            process.started_at = moments.started_at;
            process.ready_at = None;
        });
        self.feed(Input::Fact(generation, Fact::Spawned { pid }));
        self.activities.push(Box::pin(attend(child, ears)));
    }

    fn probe(&mut self, generation: Generation) {
        self.probes.clear();
        let reporter = self.reporter(generation);
        let (Some(live), Some(port)) = (self.live(generation), self.spec.port) else { return };
        let (tree, heard) = (live.tree.clone(), live.heard.clone());
        if let Some(path) = self.spec.ready.http.clone() {
            let path = probe::path_answers(port, path, heard.clone(), reporter.clone());
            self.probes.push(Box::pin(path));
        }
        if self.spec.ready.tcp {
            self.probes.push(Box::pin(probe::port_opens(tree, port, heard, reporter)));
        }
    }

    fn watch(&mut self, generation: Generation) {
        self.probes.clear();
        let reporter = self.reporter(generation);
        let (Some(live), Some(port)) = (self.live(generation), self.spec.port) else { return };
        let tree = live.tree.clone();
        if self.spec.ready.tcp {
            self.probes.push(Box::pin(probe::port_stays(tree, port, reporter.clone())));
        }
        if let Some(liveness) = self.spec.liveness.clone() {
            self.probes.push(Box::pin(probe::stays_alive(port, liveness, reporter)));
        }
    }
}

// The way down.
impl Driver {
    fn await_dependents(&mut self, generation: Generation) {
        let (shared, dependents) = (self.shared.clone(), self.dependents.clone());
        let reporter = self.reporter(generation);
        self.activities.push(Box::pin(async move {
            shared.neighbours.none_going_down(&dependents).await;
            reporter.report(Fact::DependentsEnded);
        }));
    }

    fn signal(&self, generation: Generation) {
        let Some(live) = self.live(generation) else { return };
        let signal = process::signal_number(&self.spec.stop.signal);
        if let Some(Err(error)) = signal.map(|signal| live.tree.signal(signal)) {
            tracing::debug!(process.id = %self.spec.id, %error, "the stop signal did not arrive");
        }
    }

    fn kill(&self, generation: Generation) {
        let Some(live) = self.live(generation) else { return };
        if let Err(error) = live.tree.kill() {
            tracing::warn!(process.id = %self.spec.id, %error, "SIGKILL could not be sent to all of the tree");
        }
    }

    /// What of the tree is alive, for people who wait for its end.
    fn look_at_survivors(&self) {
        if self.machine.state() == State::Stopping && !self.live.is_empty() {
            let (survivors, kill_at) = (self.survivors(), self.kill_at());
            let pid = self.machine.announcement().pid;
            self.shared.events.amend(self.index, |process| {
                process.survivors = Some(survivors);
                process.kill_at = kill_at;
                process.pid = pid;
            });
        }
    }

    fn survivors(&self) -> Vec<Survivor> {
        let members = self.live.iter().flat_map(|live| live.tree.members());
        members.map(|member| Survivor { pid: member.pid, name: member.name }).collect()
    }

    fn kill_at(&self) -> Option<u64> {
        self.timers.deadline(Timer::Kill).map(wall_time_of)
    }

    fn forget_the_dead(&mut self) {
        if !self.live.is_empty() {
            self.live.clear();
            *self.tree_for_others() = None;
        }
    }

    fn tree_for_others(&self) -> std::sync::MutexGuard<'_, Option<Tree>> {
        self.shared.trees[self.index].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// What is told.
impl Driver {
    fn announce(&mut self, announcement: Announcement) {
        let state = announcement.state;
        match state {
            State::Running => self.moments.ready_at = Some(now_ms()),
            State::Starting => {
                self.moments.started_at = None;
                self.moments.ready_at = None;
            }
            State::Stopping | State::Stopped | State::Error => {}
        }
        let more = self.particulars(&announcement);
        let settled = match state {
            State::Running | State::Stopped => true,
            State::Error => announcement.retry.is_none(),
            State::Starting | State::Stopping => false,
        };
        log_transition(&self.spec.id, &announcement);
        let process = portrait(&self.spec, announcement, self.moments, more);
        self.shared.events.publish(self.index, process, settled);
    }

    fn particulars(&self, announcement: &Announcement) -> Particulars {
        match announcement.state {
            State::Running => Particulars {
                after_ms: self
                    .live(announcement.generation)
                    .map_or(0, |live| millis(live.spawned.elapsed())),
                ..Particulars::default()
            },
            State::Stopping => Particulars {
                survivors: self.survivors(),
                kill_at: self.kill_at(),
                ..Particulars::default()
            },
            State::Error => Particulars {
                output: if self.was_spawned(announcement) {
                    self.log.last_words()
                } else {
                    Vec::new()
                },
                restart_at: self.timers.deadline(Timer::Backoff).map(wall_time_of),
                ..Particulars::default()
            },
            State::Starting | State::Stopped => Particulars::default(),
        }
    }

    /// A start that spawned nothing wrote nothing: what is in the book is an earlier generation's.
    fn was_spawned(&self, announcement: &Announcement) -> bool {
        announcement.fault.as_ref().is_some_and(Fault::is_worth_a_retry)
    }
}

fn log_transition(id: &str, announcement: &Announcement) {
    let Announcement { state, generation, fault, .. } = announcement;
    match fault {
        Some(fault) => {
            tracing::warn!(
                process.id = id,
                process.generation = generation.0,
                process.state = state.name(),
                "{fault}"
            );
        }
        None => {
            tracing::info!(
                process.id = id,
                process.generation = generation.0,
                process.state = state.name(),
                "{}",
                state.name()
            );
        }
    }
}
