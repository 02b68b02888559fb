//! The handle to all processes.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use api::{History, Process};
use lifecycle::{Generation, Order};
use process::{Spawner, SpawnerOptions, Usage, end_strays};
use serde_json::value::RawValue;
use store::{Journal, Opened, ReadError};
use thiserror::Error;
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::data_dir::{Claim, DataDirError, claim};
use crate::driver::{Ask, Driver, Place, Shared};
use crate::events::{EventLog, Published, Replay, Snapshot};
use crate::log_book::LogBook;
use crate::log_files::{LogFiles, LogWriter};
use crate::neighbours::Neighbours;
use crate::portrait::untouched;
use crate::spec::ProcessSpec;

/// How many events the journal keeps.
const JOURNAL_EVENTS: u64 = 100_000;

/// How a supervisor works.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it keeps journal, logs and ledger; made if it is missing.
    pub data_dir: PathBuf,
    /// The environment that every child starts from.
    pub environment: Vec<(OsString, OsString)>,
    /// When a log file is rotated away, in bytes.
    pub log_file_bytes: u64,
    /// How many log files each process has.
    pub log_files: u32,
    /// Whether to use cgroups where that is possible.
    pub cgroup: bool,
}

/// A supervisor cannot be made.
#[derive(Debug, Error)]
pub enum LaunchError {
    /// The data directory cannot be had.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The system refuses what supervision needs.
    #[error("processes cannot be supervised: {0}")]
    System(#[source] std::io::Error),
}

/// An order cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OrderError {
    /// There is no such process.
    #[error("there is no process `{0}`")]
    UnknownProcess(String),
    /// The server stops.
    #[error("the server is shutting down")]
    ShuttingDown,
}

/// The history cannot be read.
#[derive(Debug, Error)]
pub enum HistoryError {
    /// There is no such process.
    #[error("there is no process `{0}`")]
    UnknownProcess(String),
    /// The journal cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// What became of an order in the time given.
#[derive(Clone, Debug)]
pub enum Settled {
    /// The process settled.
    InTime(Arc<Process>),
    /// It has not settled yet.
    NotYet(Arc<Process>),
}

/// All processes. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Supervisor(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    specs: Vec<Arc<ProcessSpec>>,
    indexes: HashMap<String, usize>,
    /// Indexes in an order in which nothing comes before what is in its `after`.
    start_order: Vec<usize>,
    asks: Vec<mpsc::UnboundedSender<Ask>>,
    logs: Vec<Arc<LogBook>>,
    shared: Arc<Shared>,
    closing: AtomicBool,
    tasks: Mutex<JoinSet<()>>,
    log_writer: LogWriter,
    _log_thread: JoinHandle<()>,
    _claim: Claim,
}

impl Supervisor {
    /// Claims the data directory, ends what an earlier server left, and makes one task for each process. Starts nothing.
    /// Must be called within a tokio runtime.
    ///
    /// # Errors
    ///
    /// If the data directory cannot be had, or the system refuses what supervision needs.
    pub fn launch(settings: Settings, specs: Vec<ProcessSpec>) -> Result<Self, LaunchError> {
        let claim = claim(&settings.data_dir)?;
        let ledger = settings.data_dir.join("ledger");
        end_what_was_left(&ledger);
        let (journal, opened) =
            Journal::open(&settings.data_dir.join("signalbox.db"), JOURNAL_EVENTS);
        for warning in &opened.warnings {
            tracing::warn!("{warning}");
        }
        let epoch: Arc<str> = format!("{:016x}", fastrand::u64(..)).into();
        let options = SpawnerOptions {
            cgroup: settings.cgroup,
            instance: epoch.to_string(),
            ledger: Some(ledger),
        };
        let spawner = Spawner::start(options).map_err(LaunchError::System)?;
        let (log_writer, log_thread) = LogWriter::start().map_err(LaunchError::System)?;
        let specs: Vec<_> = specs.into_iter().map(Arc::new).collect();
        let shared = Arc::new(share(&settings, &specs, &opened, epoch, spawner, Arc::new(journal)));
        let logs = open_logs(&settings, &specs, &log_writer);
        let mut tasks = JoinSet::new();
        let asks = spawn_drivers(&mut tasks, &specs, &opened, &shared, &logs);
        Ok(Self(Arc::new(Inner {
            indexes: indexes(&specs),
            start_order: start_order(&specs),
            specs,
            asks,
            logs,
            shared,
            closing: AtomicBool::new(false),
            tasks: Mutex::new(tasks),
            log_writer,
            _log_thread: log_thread,
            _claim: claim,
        })))
    }

    /// What is supervised, in the order of the configuration.
    pub fn specs(&self) -> &[Arc<ProcessSpec>] {
        &self.0.specs
    }

    /// The configuration of one process.
    pub fn spec(&self, id: &str) -> Option<&Arc<ProcessSpec>> {
        self.0.indexes.get(id).map(|index| &self.0.specs[*index])
    }

    /// This run of the server.
    pub fn epoch(&self) -> &Arc<str> {
        self.0.shared.events.epoch()
    }

    /// What is so of all processes now.
    pub fn snapshot(&self) -> Snapshot {
        self.0.shared.events.snapshot()
    }

    /// What is so of one process now.
    pub fn process(&self, id: &str) -> Option<Arc<Process>> {
        self.0.indexes.get(id).map(|index| self.0.shared.events.process(*index))
    }

    /// The snapshot, and exactly the events that come after it. A receiver that lags was too slow: cut it off.
    pub fn subscribe(&self) -> (Snapshot, broadcast::Receiver<Arc<Published>>) {
        self.0.shared.events.subscribe()
    }

    /// What came after event `after`, or the snapshot if that is too old or not known, and exactly what comes next.
    pub async fn replay(&self, after: u64) -> Replay {
        let this = self.clone();
        let blocking = move || this.0.shared.events.replay(after);
        match tokio::task::spawn_blocking(blocking).await {
            Ok(replay) => replay,
            Err(_) => {
                let (snapshot, live) = self.subscribe();
                Replay { start: crate::events::ReplayStart::Snapshot(snapshot), live }
            }
        }
    }

    /// A page of the journal, oldest first.
    ///
    /// # Errors
    ///
    /// If there is no such process, or the journal cannot be read.
    pub async fn history(
        &self,
        process: Option<String>,
        after: u64,
        limit: usize,
    ) -> Result<History, HistoryError> {
        if let Some(id) = process.as_ref().filter(|id| !self.0.indexes.contains_key(*id)) {
            return Err(HistoryError::UnknownProcess(id.clone()));
        }
        let this = self.clone();
        let blocking = move || this.0.shared.events.history(process.as_deref(), after, limit);
        let page = tokio::task::spawn_blocking(blocking)
            .await
            .unwrap_or_else(|_| Ok(Default::default()))?;
        let next = page.records.last().map(|record| record.seq).filter(|_| page.more);
        let json = |payload: &str| RawValue::from_string(payload.to_owned()).ok();
        let events = page.records.iter().filter_map(|record| json(&record.payload)).collect();
        Ok(History { events, next })
    }

    /// The output of one process.
    pub fn logs(&self, id: &str) -> Option<&Arc<LogBook>> {
        self.0.indexes.get(id).map(|index| &self.0.logs[*index])
    }

    /// What the tree of one process uses; none if nothing of it lives. Blocks for a moment.
    pub fn usage(&self, id: &str) -> Option<Usage> {
        let index = *self.0.indexes.get(id)?;
        let tree =
            self.0.shared.trees[index].lock().unwrap_or_else(PoisonError::into_inner).clone();
        tree.map(|tree| tree.usage())
    }
}

// Orders.
impl Supervisor {
    /// Gives an order and says what is so once it was taken.
    ///
    /// # Errors
    ///
    /// If there is no such process, or the server stops.
    pub async fn order(&self, id: &str, order: Order) -> Result<Arc<Process>, OrderError> {
        let index = self.index_for_order(id)?;
        let (taken, answer) = oneshot::channel();
        self.give(index, order, Some(taken), None);
        answer.await.map_err(|_| OrderError::ShuttingDown)
    }

    /// Gives an order and waits until the process has settled, but no longer than `within`.
    ///
    /// # Errors
    ///
    /// If there is no such process, or the server stops.
    pub async fn order_and_settle(
        &self,
        id: &str,
        order: Order,
        within: Duration,
    ) -> Result<Settled, OrderError> {
        let index = self.index_for_order(id)?;
        let (settled, answer) = oneshot::channel();
        self.give(index, order, None, Some(settled));
        match timeout(within, answer).await {
            Ok(Ok(process)) => Ok(Settled::InTime(process)),
            Ok(Err(_)) => Err(OrderError::ShuttingDown),
            Err(_) => Ok(Settled::NotYet(self.0.shared.events.process(index))),
        }
    }

    /// Gives an order to all processes, in the order of `after`, reversed for an end, and says what is so once all have
    /// taken it.
    ///
    /// # Errors
    ///
    /// If the server stops.
    pub async fn order_all(&self, order: Order) -> Result<Snapshot, OrderError> {
        if self.0.closing.load(Ordering::SeqCst) {
            return Err(OrderError::ShuttingDown);
        }
        self.give_all(order, |_| true).await;
        Ok(self.snapshot())
    }

    /// Starts what is to be started with the server.
    pub async fn autostart(&self) {
        if !self.0.closing.load(Ordering::SeqCst) {
            self.give_all(Order::Start, |spec| spec.autostart).await;
        }
    }

    /// Stops everything, takes no more orders, and returns when all is down and on disk. `kill_all` hurries it.
    pub async fn shutdown(&self) {
        self.0.closing.store(true, Ordering::SeqCst);
        let waits: Vec<_> = self
            .0
            .start_order
            .iter()
            .rev()
            .map(|index| {
                let (settled, answer) = oneshot::channel();
                self.give(*index, Order::Stop, None, Some(settled));
                answer
            })
            .collect();
        for wait in waits {
            // An error means that the task is gone, and its process with it.
            let _gone = wait.await;
        }
        self.end_tasks().await;
        let this = self.clone();
        let flush = move || {
            this.0.shared.events.flush();
            this.0.log_writer.flush();
        };
        if tokio::task::spawn_blocking(flush).await.is_err() {
            tracing::error!("journal and logs could not be flushed");
        }
    }

    /// Kills everything that lives, at once.
    pub async fn kill_all(&self) {
        self.give_all(Order::Kill, |_| true).await;
    }

    async fn give_all(&self, order: Order, which: impl Fn(&ProcessSpec) -> bool) {
        let mut order_of_orders = self.0.start_order.clone();
        if matches!(order, Order::Stop | Order::Kill) {
            order_of_orders.reverse();
        }
        order_of_orders.retain(|index| which(&self.0.specs[*index]));
        // All are marked before the first is told: none may miss that a neighbour is to move as well.
        let answers: Vec<_> = order_of_orders
            .into_iter()
            .map(|index| {
                let (taken, answer) = oneshot::channel();
                self.give(index, order, Some(taken), None);
                answer
            })
            .collect();
        for answer in answers {
            let _gone = answer.await;
        }
    }

    async fn end_tasks(&self) {
        let mut tasks = {
            let mut tasks = self.0.tasks.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *tasks)
        };
        tasks.shutdown().await;
    }

    fn index_for_order(&self, id: &str) -> Result<usize, OrderError> {
        let index = self.0.indexes.get(id).copied();
        let index = index.ok_or_else(|| OrderError::UnknownProcess(id.to_owned()))?;
        let closing = self.0.closing.load(Ordering::SeqCst);
        if closing { Err(OrderError::ShuttingDown) } else { Ok(index) }
    }

    fn give(
        &self,
        index: usize,
        order: Order,
        taken: Option<oneshot::Sender<Arc<Process>>>,
        settled: Option<oneshot::Sender<Arc<Process>>>,
    ) {
        self.0.shared.neighbours.ordered(index, order);
        if self.0.asks[index].send(Ask { order, taken, settled }).is_err() {
            self.0.shared.neighbours.taken(index, order);
        }
    }
}

fn end_what_was_left(ledger: &std::path::Path) {
    match end_strays(ledger) {
        Ok(strays) => {
            for stray in strays {
                tracing::warn!(
                    stray.pid = stray.pid,
                    stray.name = stray.name,
                    "ended what an earlier server had left running"
                );
            }
        }
        Err(error) => {
            tracing::warn!(%error, "cannot tell whether an earlier server left something running")
        }
    }
}

fn share(
    settings: &Settings,
    specs: &[Arc<ProcessSpec>],
    opened: &Opened,
    epoch: Arc<str>,
    spawner: Spawner,
    journal: Arc<Journal>,
) -> Shared {
    let generation = |id: &str| opened.generations.get(id).copied().unwrap_or(0);
    let processes = specs.iter().map(|spec| untouched(spec, generation(&spec.id))).collect();
    Shared {
        events: EventLog::new(processes, opened.last_seq, epoch, journal),
        neighbours: Neighbours::new(specs.len()),
        spawner,
        environment: settings.environment.clone(),
        trees: specs.iter().map(|_| Mutex::new(None)).collect(),
    }
}

fn open_logs(
    settings: &Settings,
    specs: &[Arc<ProcessSpec>],
    writer: &LogWriter,
) -> Vec<Arc<LogBook>> {
    let folder = settings.data_dir.join("logs");
    let open = |spec: &Arc<ProcessSpec>| {
        let files = LogFiles::new(&folder, &spec.id, settings.log_file_bytes, settings.log_files);
        Arc::new(LogBook::new(files, writer.clone()))
    };
    specs.iter().map(open).collect()
}

fn spawn_drivers(
    tasks: &mut JoinSet<()>,
    specs: &[Arc<ProcessSpec>],
    opened: &Opened,
    shared: &Arc<Shared>,
    logs: &[Arc<LogBook>],
) -> Vec<mpsc::UnboundedSender<Ask>> {
    let indexes = indexes(specs);
    let mut dependents = vec![Vec::new(); specs.len()];
    for (index, spec) in specs.iter().enumerate() {
        for before in spec.after.iter().filter_map(|id| indexes.get(id)) {
            dependents[*before].push(index);
        }
    }
    let places = dependents.into_iter().enumerate();
    places
        .map(|(index, dependents)| {
            let spec = specs[index].clone();
            let after = spec.after.iter().filter_map(|id| indexes.get(id)).copied().collect();
            let generation = Generation(opened.generations.get(&spec.id).copied().unwrap_or(0));
            let (ask, asks) = mpsc::unbounded_channel();
            let place = Place { index, after, dependents };
            let driver =
                Driver::new(place, spec, generation, shared.clone(), logs[index].clone(), asks);
            tasks.spawn(driver.run());
            ask
        })
        .collect()
}

fn indexes(specs: &[Arc<ProcessSpec>]) -> HashMap<String, usize> {
    specs.iter().enumerate().map(|(index, spec)| (spec.id.clone(), index)).collect()
}

/// Depth first; the configuration was checked to have no cycles.
fn start_order(specs: &[Arc<ProcessSpec>]) -> Vec<usize> {
    fn visit(
        index: usize,
        specs: &[Arc<ProcessSpec>],
        indexes: &HashMap<String, usize>,
        seen: &mut [bool],
        order: &mut Vec<usize>,
    ) {
        if std::mem::replace(&mut seen[index], true) {
            return;
        }
        for before in specs[index].after.iter().filter_map(|id| indexes.get(id)) {
            visit(*before, specs, indexes, seen, order);
        }
        order.push(index);
    }
    let (indexes, mut seen, mut order) = (indexes(specs), vec![false; specs.len()], Vec::new());
    for index in 0..specs.len() {
        visit(index, specs, &indexes, &mut seen, &mut order);
    }
    order
}
