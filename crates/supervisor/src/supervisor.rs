//! The handle to all processes.

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use api::{History, Process};
use process::{Guard, Usage};
use serde_json::value::RawValue;
use store::ReadError;
use thiserror::Error;
use tokio::sync::{broadcast, mpsc};
use tokio::task::JoinSet;

use crate::data_dir::Claim;
use crate::driver::{Ask, Shared};
use crate::events::{Replay, ReplayStart, Snapshot, Told};
use crate::log_book::LogBook;
use crate::log_writer::LogWriter;
use crate::spec::ProcessSpec;

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

/// All processes. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Supervisor(pub(crate) Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) specs: Vec<Arc<ProcessSpec>>,
    pub(crate) indexes: HashMap<String, usize>,
    /// Indexes in an order in which nothing comes before what is in its `after`.
    pub(crate) start_order: Vec<usize>,
    pub(crate) asks: Vec<mpsc::UnboundedSender<Ask>>,
    pub(crate) logs: Vec<Arc<LogBook>>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) closing: AtomicBool,
    pub(crate) tasks: Mutex<JoinSet<()>>,
    pub(crate) log_writer: LogWriter,
    pub(crate) _log_thread: JoinHandle<()>,
    pub(crate) _claim: Claim,
    /// Acts when it is dropped, after everything else here is gone.
    pub(crate) _guard: Option<Guard>,
}

impl Supervisor {
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
    pub fn subscribe(&self) -> (Snapshot, broadcast::Receiver<Told>) {
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
                Replay { start: ReplayStart::Snapshot(snapshot), live }
            }
        }
    }

    /// A page of what happened, oldest first; also to processes that the configuration has no more.
    ///
    /// # Errors
    ///
    /// If there never was such a process, as far as is known, or the journal cannot be read.
    pub async fn history(
        &self,
        process: Option<String>,
        after: u64,
        limit: usize,
    ) -> Result<History, HistoryError> {
        let unknown = process.clone().filter(|id| !self.0.indexes.contains_key(id));
        let this = self.clone();
        let blocking = move || this.0.shared.events.history(process.as_deref(), after, limit);
        let page = tokio::task::spawn_blocking(blocking)
            .await
            .unwrap_or_else(|_| Ok(Default::default()))?;
        if let Some(id) = unknown.filter(|_| page.events.is_empty()) {
            return Err(HistoryError::UnknownProcess(id));
        }
        let next = page.events.last().map(|(seq, _)| *seq).filter(|_| page.more);
        let json = |(_, json): &(u64, Arc<str>)| RawValue::from_string(json.to_string()).ok();
        Ok(History { events: page.events.iter().filter_map(json).collect(), next })
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
