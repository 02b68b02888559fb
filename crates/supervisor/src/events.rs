//! The log of lifecycle events: what is so of every process, and how it came to be.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use api::{DetailUpdate, Event, Process};
use lifecycle::State;
use store::{Journal, Page, ReadError, Record};
use tokio::sync::broadcast;
use tokio::time::Instant;

use crate::clock::now_ms;

/// How many events are kept in memory for replay; older ones come from the journal.
pub(crate) const RECENT: usize = 2_048;

/// How far a subscriber may fall behind before it is cut off.
const BACKLOG: usize = 4_096;

/// How many events one replay holds at most. Whoever missed more takes the snapshot.
pub(crate) const REPLAY: usize = 10_000;

/// An event as it went out.
#[derive(Debug)]
pub struct Published {
    /// Its number.
    pub seq: u64,
    /// The process that it is about.
    pub process: Arc<str>,
    /// The state that was reached.
    pub state: State,
    /// Whether nothing is to follow by itself.
    pub settled: bool,
    /// When, in ms since the epoch.
    pub timestamp: u64,
    /// The payload of `lifecycle:update`, encoded once for all.
    pub json: Arc<str>,
}

/// What every reader is told, all in one order.
#[derive(Clone, Debug)]
pub enum Told {
    /// A transition.
    Event(Arc<Published>),
    /// What a process says of itself within its state: the payload of `detail:updated`, encoded once for all. It is
    /// neither numbered nor kept.
    Detail(Arc<str>),
}

/// What is so of all processes at one moment.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// In the order of the configuration; `port` is the configured one, `uptime` that of now.
    pub processes: Vec<Arc<Process>>,
    /// The last event that this includes.
    pub seq: u64,
    /// This run of the server.
    pub epoch: Arc<str>,
}

/// Where a reader is taken from.
#[derive(Debug)]
pub enum ReplayStart {
    /// All events after the one asked for, oldest first: number and payload.
    Events(Vec<(u64, Arc<str>)>),
    /// That one is too old, or not known here: the whole state instead.
    Snapshot(Snapshot),
}

/// What a reader missed, and what comes next, without a gap between the two.
#[derive(Debug)]
pub struct Replay {
    /// What it missed.
    pub start: ReplayStart,
    /// What comes next.
    pub live: broadcast::Receiver<Told>,
}

/// Part of what happened, oldest first.
#[derive(Debug, Default)]
pub(crate) struct History {
    /// Number and JSON of each event.
    pub(crate) events: Vec<(u64, Arc<str>)>,
    /// Whether there are more after these.
    pub(crate) more: bool,
}

/// The log. Every reader sees the same events in the same order.
#[derive(Debug)]
pub struct EventLog {
    inner: Mutex<Inner>,
    live: broadcast::Sender<Told>,
    epoch: Arc<str>,
    journal: Arc<Journal>,
}

#[derive(Debug)]
struct Inner {
    seq: u64,
    processes: Vec<Shown>,
    recent: VecDeque<Arc<Published>>,
}

/// What is shown of a process, and since when it is ready by a clock that never jumps.
#[derive(Debug)]
struct Shown {
    process: Arc<Process>,
    ready: Option<Instant>,
}

impl Shown {
    fn new(process: Arc<Process>) -> Self {
        let ready = process.running.then(Instant::now);
        Self { process, ready }
    }

    fn with_uptime(&self) -> Arc<Process> {
        let Some(ready) = self.ready else { return self.process.clone() };
        let uptime = ready.elapsed().as_secs();
        Arc::new(Process { uptime, ..Process::clone(&self.process) })
    }
}

impl EventLog {
    /// A log that goes on after `seq`.
    pub(crate) fn new(
        processes: Vec<Process>,
        seq: u64,
        epoch: Arc<str>,
        journal: Arc<Journal>,
    ) -> Self {
        let processes = processes.into_iter().map(Arc::new).map(Shown::new).collect();
        let inner = Mutex::new(Inner { seq, processes, recent: VecDeque::new() });
        Self { inner, live: broadcast::Sender::new(BACKLOG), epoch, journal }
    }

    /// This run of the server.
    pub fn epoch(&self) -> &Arc<str> {
        &self.epoch
    }

    /// Tells everybody that process `index` is `process` now, and returns it as it was told.
    pub(crate) fn publish(&self, index: usize, process: Process, settled: bool) -> Arc<Process> {
        let timestamp = process.since;
        let shown = Arc::new(Process { port: port_in_event(&process), ..process.clone() });
        let mut inner = self.lock();
        inner.seq += 1;
        inner.processes[index] = Shown::new(Arc::new(process));
        let event = Event { process: shown, timestamp, seq: inner.seq, epoch: self.epoch.clone() };
        let published = Arc::new(Published {
            seq: inner.seq,
            process: event.process.id.as_str().into(),
            state: event.process.state,
            settled,
            timestamp,
            json: serde_json::to_string(&event).unwrap_or_default().into(),
        });
        if inner.recent.len() == RECENT {
            inner.recent.pop_front();
        }
        inner.recent.push_back(published.clone());
        // Nobody listening is fine.
        let _receivers = self.live.send(Told::Event(published.clone()));
        self.journal.append(Record {
            seq: published.seq,
            process: published.process.clone(),
            generation: event.process.generation,
            payload: published.json.clone(),
        });
        event.process
    }

    /// Corrects what is shown of a process within its state, such as its pid. No event: the state is the same.
    pub(crate) fn amend(&self, index: usize, amend: impl FnOnce(&mut Process)) {
        amend(Arc::make_mut(&mut self.lock().processes[index].process));
    }

    /// Tells everybody what a process says of itself. No event: the state is the same.
    pub(crate) fn tell_detail(&self, index: usize, detail: Option<String>) {
        let mut inner = self.lock();
        let seq = inner.seq;
        let process = Arc::make_mut(&mut inner.processes[index].process);
        process.detail.clone_from(&detail);
        let update = DetailUpdate {
            process: process.id.clone(),
            generation: process.generation,
            detail,
            timestamp: now_ms(),
            seq,
            epoch: self.epoch.clone(),
        };
        let json = serde_json::to_string(&update).unwrap_or_default().into();
        // Nobody listening is fine.
        let _receivers = self.live.send(Told::Detail(json));
    }

    /// What is so of all processes now.
    pub fn snapshot(&self) -> Snapshot {
        self.snapshot_of(&self.lock())
    }

    /// What is so of one process now.
    pub fn process(&self, index: usize) -> Arc<Process> {
        self.lock().processes[index].with_uptime()
    }

    /// The snapshot, and exactly the events that come after it.
    pub fn subscribe(&self) -> (Snapshot, broadcast::Receiver<Told>) {
        let inner = self.lock();
        (self.snapshot_of(&inner), self.live.subscribe())
    }

    /// What came after event `after`, and exactly the events that come after that. Reads the journal for what is older
    /// than memory: call it where blocking is allowed.
    pub(crate) fn replay(&self, after: u64) -> Replay {
        let inner = self.lock();
        let live = self.live.subscribe();
        let upto = inner.seq;
        let recent: Vec<_> =
            inner.recent.iter().filter(|event| event.seq > after).cloned().collect();
        let snapshot = self.snapshot_of(&inner);
        drop(inner);
        let start = match self.older(after, upto, &recent) {
            Some(mut events) => {
                events.extend(recent.iter().map(|event| (event.seq, event.json.clone())));
                ReplayStart::Events(events)
            }
            None => ReplayStart::Snapshot(snapshot),
        };
        Replay { start, live }
    }

    /// The events between `after` and memory, from the journal; none if they are not all there.
    fn older(
        &self,
        after: u64,
        upto: u64,
        recent: &[Arc<Published>],
    ) -> Option<Vec<(u64, Arc<str>)>> {
        let until = recent.first().map_or(upto + 1, |event| event.seq);
        let missing = usize::try_from(until.checked_sub(after)?.checked_sub(1)?).ok()?;
        match missing {
            0 => Some(Vec::new()),
            1..=REPLAY => {
                let page = self.journal.page(None, after, missing).ok()?;
                // Numbers are unique and above `after`: so many of them, with that last one, leave no hole.
                let last = page.records.last().map(|record| record.seq + 1);
                let whole = page.records.len() == missing && last == Some(until);
                let numbered = |record: Record| (record.seq, record.payload);
                whole.then(|| page.records.into_iter().map(numbered).collect())
            }
            _ => None,
        }
    }

    /// A page of what happened, oldest first: from the journal, and from memory what that could not take. Blocks.
    pub(crate) fn history(
        &self,
        process: Option<&str>,
        after: u64,
        limit: usize,
    ) -> Result<History, ReadError> {
        self.journal.flush();
        let Page { records, mut more } = self.journal.page(process, after, limit)?;
        let last = records.last().map_or(after, |record| record.seq);
        let mut events: Vec<_> =
            records.into_iter().map(|record| (record.seq, record.payload)).collect();
        if !more {
            let is_wanted = |event: &&Arc<Published>| {
                event.seq > last && process.is_none_or(|id| id == &*event.process)
            };
            let inner = self.lock();
            let unwritten = inner.recent.iter().filter(is_wanted);
            events.extend(unwritten.map(|event| (event.seq, event.json.clone())));
            more = events.len() > limit;
            events.truncate(limit);
        }
        Ok(History { events, more })
    }

    /// Lets the journal have what was published.
    pub(crate) fn journal_soon(&self) {
        self.journal.write_soon();
    }

    /// Waits until the journal has all events. Blocks.
    pub(crate) fn flush(&self) {
        self.journal.flush();
    }

    fn snapshot_of(&self, inner: &Inner) -> Snapshot {
        let processes = inner.processes.iter().map(Shown::with_uptime).collect();
        Snapshot { processes, seq: inner.seq, epoch: self.epoch.clone() }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Events name the port only where it is, or is about to be, in use.
fn port_in_event(process: &Process) -> Option<u16> {
    match process.state {
        State::Stopping | State::Stopped => None,
        State::Starting | State::Running | State::Error => process.port,
    }
}

#[cfg(test)]
impl EventLog {
    /// How many events are in memory.
    pub(crate) fn kept(&self) -> usize {
        self.lock().recent.len()
    }
}
