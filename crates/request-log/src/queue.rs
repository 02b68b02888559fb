//! What waits to be written: the newest notes, bounded.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::Row;

/// How many rows wait at most: what a busy proxy has to say within half a second, in a megabyte.
const CAPACITY: usize = 8_192;

#[derive(Debug, Default)]
struct Waiting {
    /// The place of the first row. Places are counted from the first row that ever was.
    first: u64,
    rows: VecDeque<Row>,
    dropped: u64,
}

/// The queue between the requests and the writer.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    news: Notify,
    last_key: AtomicU64,
}

impl Queue {
    /// The number of the next request.
    pub(crate) fn next_key(&self) -> u64 {
        self.last_key.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Puts a row in the place that it had, if it still waits there, else at the end, and says
    /// where. A full queue loses its first row.
    pub(crate) fn put(&self, place: Option<u64>, row: Row) -> u64 {
        let mut guard = self.lock();
        let waiting = &mut *guard;
        let index = place.and_then(|place| place.checked_sub(waiting.first));
        let index = index.and_then(|index| usize::try_from(index).ok());
        if let (Some(place), Some(waits)) =
            (place, index.and_then(|index| waiting.rows.get_mut(index)))
        {
            *waits = row;
            return place;
        }
        if waiting.rows.len() >= CAPACITY {
            waiting.rows.pop_front();
            waiting.first += 1;
            waiting.dropped += 1;
        }
        waiting.rows.push_back(row);
        let place = waiting.first + waiting.rows.len() as u64 - 1;
        drop(guard);
        self.news.notify_one();
        place
    }

    /// Takes at most so many rows from the front, and says how many were lost before them.
    pub(crate) fn take(&self, most: usize, rows: &mut Vec<Row>) -> u64 {
        let mut waiting = self.lock();
        let count = waiting.rows.len().min(most);
        rows.extend(waiting.rows.drain(..count));
        waiting.first += count as u64;
        std::mem::take(&mut waiting.dropped)
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        let waiting = self.lock();
        waiting.rows.is_empty() && waiting.dropped == 0
    }

    /// Returns once there may be something.
    pub(crate) async fn news(&self) {
        self.news.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Entry;

    fn row(key: u64, status: u16) -> Row {
        Row { key, entry: Entry { status: Some(status), ..Entry::default() } }
    }

    fn taken(queue: &Queue) -> Vec<(u64, Option<u16>)> {
        let mut rows = Vec::new();
        queue.take(usize::MAX, &mut rows);
        rows.into_iter().map(|row| (row.key, row.entry.status)).collect()
    }

    #[test]
    fn a_row_that_waits_is_replaced_and_one_that_was_taken_comes_again() {
        let queue = Queue::default();
        let first = queue.put(None, row(1, 100));
        let second = queue.put(None, row(2, 100));
        assert_eq!(queue.put(Some(first), row(1, 200)), first);
        assert_eq!(taken(&queue), [(1, Some(200)), (2, Some(100))]);
        queue.put(Some(second), row(2, 201));
        queue.put(Some(first), row(1, 202));
        assert_eq!(taken(&queue), [(2, Some(201)), (1, Some(202))]);
        assert!(queue.is_empty());
    }

    #[test]
    fn a_full_queue_loses_the_oldest_and_counts() {
        let queue = Queue::default();
        let first = queue.put(None, row(0, 100));
        for key in 1..=CAPACITY as u64 {
            queue.put(None, row(key, 100));
        }
        // Its place went with it.
        queue.put(Some(first), row(0, 200));
        let mut rows = Vec::new();
        assert_eq!(queue.take(usize::MAX, &mut rows), 2);
        assert_eq!((rows.len(), rows[0].key, rows[CAPACITY - 1].key), (CAPACITY, 2, 0));
        assert_eq!(queue.take(usize::MAX, &mut rows), 0);
    }
}
