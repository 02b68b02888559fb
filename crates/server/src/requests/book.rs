//! The requests that are in flight, or are not known to be on disk; their numbers; and who is to hear what of them.
//! Data alone: it neither reads nor writes, and asks no clock.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use api::{RequestOutcome, RequestRow, RequestsUpdate};
use request_log::{Row, Source};

use super::filter::Filter;
use super::row;

/// How many changes wait for those who subscribed, at most, besides those of requests that they know as in flight.
const MOST_NEWS: usize = 500;

/// How many requests that have ended are held while the disk does not take them, at most.
const MOST_HELD: usize = 50_000;

/// One connection to a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ConnectionId(u64);

#[derive(Debug)]
pub(super) struct Book {
    next_id: u64,
    next_connection: u64,
    last_batch: u64,
    held: BTreeMap<u64, Held>,
    connections: HashMap<ConnectionId, Connection>,
    /// What is to be told; none while nobody listens.
    news: Option<News>,
}

#[derive(Debug)]
struct Held {
    row: Arc<RequestRow>,
    /// The batch that it was written with, as it is; none: it is still to be written.
    batch: Option<u64>,
    /// Whether somebody saw it in flight, and has to hear of its end.
    is_shown: bool,
}

#[derive(Debug)]
struct Connection {
    process: Arc<str>,
    generation: u64,
    /// The numbers of what is in flight, by the source's keys.
    in_flight: HashMap<u64, u64>,
}

#[derive(Debug, Default)]
struct News {
    rows: BTreeMap<u64, Arc<RequestRow>>,
    skipped: u64,
    cleared: Option<u64>,
}

impl Book {
    /// An empty one, which numbers requests from here on.
    pub(super) fn new(next_id: u64) -> Self {
        Self {
            next_id,
            next_connection: 0,
            last_batch: 0,
            held: BTreeMap::new(),
            connections: HashMap::new(),
            news: None,
        }
    }

    /// A request that was in flight when the server before this one was killed, and with it all proxies.
    pub(super) fn bring_back(&mut self, mut row: RequestRow) {
        row.outcome = Some(RequestOutcome::Crashed);
        let why = || "The control server was killed, and the process with it".into();
        row.error.get_or_insert_with(why);
        self.change(Arc::new(row));
    }

    /// A proxy says who it is.
    pub(super) fn greet(&mut self, source: Source) -> ConnectionId {
        let id = ConnectionId(self.next_connection);
        self.next_connection += 1;
        let Source { process, generation, pid: _ } = source;
        let connection =
            Connection { process: process.into(), generation, in_flight: HashMap::new() };
        self.connections.insert(id, connection);
        id
    }

    /// A request is new or has changed. Gives it if it has ended.
    pub(super) fn hear(&mut self, connection: ConnectionId, row: Row) -> Option<Arc<RequestRow>> {
        let Row { key, entry } = row;
        let connection = self.connections.get_mut(&connection)?;
        let has_ended = entry.outcome.is_some();
        let known = if has_ended {
            connection.in_flight.remove(&key)
        } else {
            connection.in_flight.get(&key).copied()
        };
        let id = known.unwrap_or(self.next_id);
        if known.is_none() {
            self.next_id += 1;
            if !has_ended {
                connection.in_flight.insert(key, id);
            }
        }
        let row = row::of_entry(id, &connection.process, connection.generation, entry);
        let row = Arc::new(row);
        self.change(Arc::clone(&row));
        has_ended.then_some(row)
    }

    /// A proxy is gone: what was in flight there has crashed, and is given.
    pub(super) fn lose(&mut self, connection: ConnectionId, now_ms: u64) -> Vec<Arc<RequestRow>> {
        let Some(connection) = self.connections.remove(&connection) else { return Vec::new() };
        let mut ids: Vec<u64> = connection.in_flight.into_values().collect();
        ids.sort_unstable();
        let held = ids.iter().filter_map(|id| self.held.get(id));
        let crashed = held.map(|held| Arc::new(row::crashed(&held.row, now_ms)));
        let crashed: Vec<_> = crashed.collect();
        crashed.iter().for_each(|row| self.change(Arc::clone(row)));
        crashed
    }

    /// What is in a batch that is written is the store's from now on.
    pub(super) fn forget(&mut self, written: u64) {
        let is_stuck = self.held.len() > MOST_HELD;
        self.held.retain(|_, held| {
            let is_done = held.batch.is_some_and(|batch| batch <= written || is_stuck);
            held.row.outcome.is_none() || !is_done
        });
    }

    /// The number of the next batch for the store, what is to be in it, and the number of the next request.
    pub(super) fn next_batch(&mut self) -> (u64, Vec<Arc<RequestRow>>, u64) {
        self.last_batch += 1;
        let unwritten = self.held.values_mut().filter(|held| held.batch.is_none());
        let rows = unwritten.map(|held| {
            held.batch = Some(self.last_batch);
            Arc::clone(&held.row)
        });
        (self.last_batch, rows.collect(), self.next_id)
    }

    /// The newest of the requests here that the filter lets through, newest first.
    pub(super) fn list(&mut self, filter: &Filter) -> Vec<Arc<RequestRow>> {
        let before = filter.before.unwrap_or(u64::MAX);
        let held = self.held.range_mut(..before).rev().map(|(_, held)| held);
        let wanted = held.filter(|held| filter.lets_through(&held.row)).take(filter.limit);
        let shown = wanted.map(|held| {
            held.is_shown = true;
            Arc::clone(&held.row)
        });
        shown.collect()
    }

    /// All in flight.
    pub(super) fn in_flight(&self) -> Vec<Arc<RequestRow>> {
        let connections = self.connections.values();
        let ids = connections.flat_map(|connection| connection.in_flight.values());
        ids.filter_map(|id| self.held.get(id)).map(|held| Arc::clone(&held.row)).collect()
    }

    /// What has ended is no longer wanted.
    pub(super) fn forget_ended(&mut self) {
        self.held.retain(|_, held| held.row.outcome.is_none());
        if let Some(news) = &mut self.news {
            news.rows.retain(|_, row| row.outcome.is_none());
            news.skipped = 0;
            news.cleared = Some(self.next_id - 1);
        }
    }

    /// From now on, or no longer, changes are to be told.
    pub(super) fn listen(&mut self, is_wanted: bool) {
        match (&self.news, is_wanted) {
            (None, true) => self.news = Some(News::default()),
            (Some(_), false) => self.news = None,
            (Some(_), true) | (None, false) => {}
        }
    }

    /// Whether somebody wants to hear of changes.
    pub(super) fn has_listeners(&self) -> bool {
        self.news.is_some()
    }

    /// What has changed since this was last asked, if anything did.
    pub(super) fn take_news(&mut self) -> Option<RequestsUpdate> {
        let News { rows, skipped, cleared } = std::mem::take(self.news.as_mut()?);
        if rows.is_empty() && skipped == 0 && cleared.is_none() {
            return None;
        }
        for id in rows.keys() {
            self.held.entry(*id).and_modify(|held| held.is_shown = true);
        }
        Some(RequestsUpdate { items: rows.into_values().collect(), skipped, cleared })
    }

    fn change(&mut self, row: Arc<RequestRow>) {
        let held = self.held.entry(row.id);
        let held =
            held.or_insert_with(|| Held { row: Arc::clone(&row), batch: None, is_shown: false });
        held.row = Arc::clone(&row);
        held.batch = None;
        let Some(news) = &mut self.news else { return };
        // Under a great load nobody can look at every request, and who wants to asks for the list. But nobody may go on
        // seeing one in flight that has ended.
        let is_told =
            held.is_shown || news.rows.len() < MOST_NEWS || news.rows.contains_key(&row.id);
        if is_told {
            news.rows.insert(row.id, row);
        } else if row.outcome.is_some() {
            news.skipped += 1;
        }
    }
}

#[cfg(test)]
mod tests;
