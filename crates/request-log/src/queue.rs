//! What waits to be written: the newest notes, bounded.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::{KeyNote, Row};

/// How many rows wait at most: what a busy proxy has to say within half a second, in a megabyte.
const CAPACITY: usize = 8_192;

#[derive(Debug, Default)]
struct Waiting {
    /// The place of the first row. Places are counted from the first row that ever was.
    first: u64,
    rows: VecDeque<Place>,
    /// Rows that a full queue had no place for and that must not be lost.
    saved: Vec<Row>,
    dropped: u64,
    /// Whether there is something among them that is to be told at once.
    is_urgent: bool,
    /// What holds of the key; it stays, for the next connection.
    key: Option<KeyNote>,
}

#[derive(Debug)]
struct Place {
    row: Row,
    /// Whether it is the end of a request that the reader knows of already: without it, that would be in flight for
    /// ever. There are no more of these than the reader was told of.
    is_awaited: bool,
}

impl Waiting {
    fn lose_first(&mut self) {
        self.first += 1;
        match self.rows.pop_front() {
            Some(Place { row, is_awaited: true }) => self.saved.push(row),
            Some(Place { is_awaited: false, .. }) => self.dropped += 1,
            None => {}
        }
    }
}

/// The queue between the requests and the writer.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    news: Notify,
    urgency: Notify,
    last_key: AtomicU64,
}

impl Queue {
    /// The number of the next request.
    pub(crate) fn next_key(&self) -> u64 {
        self.last_key.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Puts a row in the place that it had, if it still waits there, else at the end, and says
    /// where. A full queue loses its first row, unless somebody waits for that.
    pub(crate) fn put(&self, place: Option<u64>, row: Row) -> u64 {
        let mut guard = self.lock();
        let waiting = &mut *guard;
        if is_urgent(&row) {
            waiting.is_urgent = true;
            self.urgency.notify_one();
        }
        let index = place.and_then(|place| place.checked_sub(waiting.first));
        let index = index.and_then(|index| usize::try_from(index).ok());
        if let (Some(place), Some(waits)) =
            (place, index.and_then(|index| waiting.rows.get_mut(index)))
        {
            waits.row = row;
            return place;
        }
        if waiting.rows.len() >= CAPACITY {
            waiting.lose_first();
        }
        let is_awaited = place.is_some() && row.entry.outcome.is_some();
        waiting.rows.push_back(Place { row, is_awaited });
        let place = waiting.first + waiting.rows.len() as u64 - 1;
        drop(guard);
        self.news.notify_one();
        place
    }

    /// What holds of the key from now on.
    pub(crate) fn note_key(&self, note: KeyNote) {
        self.lock().key = Some(note);
        self.news.notify_one();
    }

    /// What holds of the key.
    pub(crate) fn key(&self) -> Option<KeyNote> {
        self.lock().key
    }

    /// Takes at most so many rows from the front, and says how many were lost before them.
    pub(crate) fn take(&self, most: usize, rows: &mut Vec<Row>) -> u64 {
        let mut waiting = self.lock();
        let count = waiting.rows.len().min(most);
        rows.append(&mut waiting.saved);
        rows.extend(waiting.rows.drain(..count).map(|place| place.row));
        waiting.first += count as u64;
        waiting.is_urgent = false;
        std::mem::take(&mut waiting.dropped)
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        let waiting = self.lock();
        waiting.rows.is_empty() && waiting.saved.is_empty() && waiting.dropped == 0
    }

    /// Returns once there may be something.
    pub(crate) async fn news(&self) {
        self.news.notified().await;
    }

    /// Returns once there is something that is to be told at once.
    pub(crate) async fn urgency(&self) {
        while !self.lock().is_urgent {
            self.urgency.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whose stream has begun to arrive is in the middle of something, and may see it break off.
fn is_urgent(row: &Row) -> bool {
    row.entry.stream && row.entry.first_token_ms.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Entry, Outcome};

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

    async fn is_urgent(queue: &Queue) -> bool {
        tokio::select! {
            biased;
            () = queue.urgency() => true,
            () = std::future::ready(()) => false,
        }
    }

    #[tokio::test]
    async fn a_stream_that_has_begun_to_arrive_is_urgent_until_it_is_taken() {
        let queue = Queue::default();
        let mut entry = Entry { stream: true, ..Entry::default() };
        let place = queue.put(None, Row { key: 1, entry: entry.clone() });
        queue.put(None, row(2, 200));
        assert!(!is_urgent(&queue).await, "they have only begun");
        entry.first_token_ms = Some(0.5);
        queue.put(Some(place), Row { key: 1, entry });
        assert!(is_urgent(&queue).await);
        taken(&queue);
        assert!(!is_urgent(&queue).await);
        queue.put(None, row(3, 200));
        assert!(!is_urgent(&queue).await);
    }

    #[test]
    fn the_end_of_what_the_reader_knows_is_never_lost() {
        let queue = Queue::default();
        let place = queue.put(None, row(1, 100));
        assert_eq!(taken(&queue), [(1, Some(100))]);
        let ended = Entry { outcome: Some(Outcome::Complete), ..Entry::default() };
        queue.put(Some(place), Row { key: 1, entry: ended });
        for key in 2..=2 * CAPACITY as u64 {
            queue.put(None, row(key, 100));
        }
        let mut rows = Vec::new();
        assert_eq!(queue.take(1, &mut rows), CAPACITY as u64 - 1);
        assert_eq!((rows[0].key, rows[0].entry.outcome), (1, Some(Outcome::Complete)));
    }
}
