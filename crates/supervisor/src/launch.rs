//! Makes all that a supervisor needs.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use lifecycle::State;
use process::{Guard, PortWatch, Spawner, SpawnerOptions, end_strays};
use store::{Journal, Opened};
use thiserror::Error;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::data_dir::{DataDirError, claim};
use crate::driver::{Ask, Driver, Place, Shared};
use crate::earlier::Found;
use crate::events::EventLog;
use crate::log_book::LogBook;
use crate::log_files::LogFiles;
use crate::log_writer::LogWriter;
use crate::neighbours::Neighbours;
use crate::spec::ProcessSpec;
use crate::supervisor::{Inner, Supervisor};

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
    /// How much room the journal of events has, in bytes: the oldest are let go.
    pub journal_bytes: u64,
    /// Whether to use cgroups where that is possible.
    pub cgroup: bool,
    /// A program and its arguments, to which the ledger's path is added, that calls [`process::detach_guard`]: it ends
    /// what is left if this process is killed. None: that waits for the next start.
    pub guard: Option<Vec<OsString>>,
}

/// A supervisor cannot be made.
#[derive(Debug, Error)]
pub enum LaunchError {
    /// The data directory cannot be had.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// A newer program used the data directory.
    #[error(transparent)]
    Newer(#[from] store::NewerDatabase),
    /// The system refuses what supervision needs.
    #[error("processes cannot be supervised: {0}")]
    System(#[source] std::io::Error),
}

impl Supervisor {
    /// Claims the data directory, ends what an earlier server left, and makes one task for each process. Starts nothing.
    /// Must be called within a tokio runtime.
    ///
    /// # Errors
    ///
    /// If the data directory cannot be had or was used by a newer program, or the system refuses what supervision needs.
    pub fn launch(settings: Settings, specs: Vec<ProcessSpec>) -> Result<Self, LaunchError> {
        let claim = claim(&settings.data_dir)?;
        store::refuse_newer(&settings.data_dir)?;
        let ledger = settings.data_dir.join("ledger");
        end_what_was_left(&ledger);
        let (journal, mut opened) =
            Journal::open(&settings.data_dir.join(store::JOURNAL_FILE), settings.journal_bytes);
        for warning in &opened.warnings {
            tracing::warn!("{warning}");
        }
        count_what_was_spawned(&ledger, &specs, &mut opened);
        let epoch: Arc<str> = format!("{:016x}", fastrand::u64(..)).into();
        let options = SpawnerOptions {
            cgroup: settings.cgroup,
            instance: epoch.to_string(),
            ledger: Some(ledger.clone()),
        };
        let guard =
            settings.guard.as_deref().and_then(|program| post_guard(program, &ledger, &epoch));
        let spawner = Spawner::start(options).map_err(LaunchError::System)?;
        let (log_writer, log_thread) = LogWriter::start().map_err(LaunchError::System)?;
        let specs: Vec<_> = specs.into_iter().map(Arc::new).collect();
        let found: Vec<_> = specs.iter().map(|spec| Found::new(spec, &opened)).collect();
        let shared =
            Arc::new(share(&settings, &specs, &opened, &found, epoch, spawner, Arc::new(journal))?);
        let logs = open_logs(&settings, &specs, &log_writer);
        let mut tasks = JoinSet::new();
        let asks = spawn_drivers(&mut tasks, &specs, &found, &shared, &logs);
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
            _guard: guard,
        })))
    }
}

fn end_what_was_left(ledger: &Path) {
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

/// A server that was killed had spawned generations whose events are not in the journal. Looked for before the ledger is
/// begun anew.
fn count_what_was_spawned(ledger: &Path, specs: &[ProcessSpec], opened: &mut Opened) {
    let ids = specs.iter().map(|spec| spec.id.as_str());
    for (id, spawned) in process::last_generations(ledger, ids) {
        let known = opened.generations.entry(id.to_owned()).or_default();
        *known = spawned.max(*known);
    }
}

/// Without a guard all is as well but one thing, which the next start makes up for.
fn post_guard(program: &[OsString], ledger: &Path, epoch: &str) -> Option<Guard> {
    let (program, arguments) = program.split_first()?;
    // The guard stands elsewhere.
    let ledger = std::path::absolute(ledger).ok()?;
    let mut arguments: Vec<_> = arguments.iter().map(OsString::as_os_str).collect();
    arguments.push(ledger.as_os_str());
    let posted = Guard::start(program, &arguments).and_then(|mut guard| {
        guard.watch_over(epoch)?;
        Ok(guard)
    });
    posted.inspect_err(|error| tracing::warn!(%error, "what is left if this server is killed will only be ended at its next start")).ok()
}

fn share(
    settings: &Settings,
    specs: &[Arc<ProcessSpec>],
    opened: &Opened,
    found: &[Found],
    epoch: Arc<str>,
    spawner: Spawner,
    journal: Arc<Journal>,
) -> Result<Shared, LaunchError> {
    let processes = found.iter().map(|found| found.process.clone()).collect();
    let events = EventLog::new(processes, opened.last_seq, epoch, journal);
    tell_untold(&events, found);
    Ok(Shared {
        events,
        neighbours: Neighbours::new(specs.len()),
        spawner,
        ports: PortWatch::start().map_err(LaunchError::System)?,
        environment: settings.environment.clone(),
        trees: specs.iter().map(|_| Mutex::new(None)).collect(),
    })
}

fn tell_untold(events: &EventLog, found: &[Found]) {
    for (index, found) in found.iter().enumerate() {
        for process in found.untold() {
            let settled = process.state == State::Stopped;
            events.publish(index, process, settled);
        }
    }
    events.journal_soon();
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
    found: &[Found],
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
            let (ask, asks) = mpsc::unbounded_channel();
            let place = Place { index, after, dependents };
            let driver = Driver::new(
                place,
                spec,
                &found[index].process,
                shared.clone(),
                logs[index].clone(),
                asks,
            );
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
