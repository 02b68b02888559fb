//! What goes through the proxies.
//!
//! # Theory of operation
//!
//! A thread of its own (`thread`) listens on a socket in the data directory, to which the proxies tell what becomes of
//! each request (`request-log`). It has its own runtime: however many requests there are, lifecycle events wait for none
//! of it. What it hears goes into the [`Book`], which numbers requests and has those that are in flight, or are not known
//! to be on disk. Some times a second, all that has changed goes to the store, which has a thread of its own as well: a
//! disk that is slow or full costs rows of the list, and nothing else.
//!
//! A connection that ends while requests are in flight is a proxy that died: they end as crashed. So do those that the
//! store knows as in flight when the server starts, since the server before it was killed, and its proxies with it.
//!
//! Whoever asks for the list gets the book's requests and the store's, merged. Who subscribed gets what has changed.

mod book;
mod figures;
mod filter;
mod row;
mod thread;

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use api::{RequestList, RequestRow, RequestsUpdate};
use store::{REQUESTS_FILE, ReadRequestsError, RequestBatch, RequestStore};
use tokio::sync::Notify;

pub(crate) use figures::{Figures, Route};
pub(crate) use filter::{End, Filter};
pub(crate) use thread::Thread;

use book::Book;

/// The requests, for all that ask.
#[derive(Debug)]
pub(crate) struct Requests {
    book: Mutex<Book>,
    store: RequestStore,
    writing: Mutex<()>,
    pub(crate) figures: Figures,
    /// Why the proxies are not heard, if that is so: for people.
    unheard: OnceLock<String>,
    /// There is something to write.
    unwritten: Notify,
    /// There is something to tell those who subscribed.
    pub(crate) news: Notify,
}

impl Requests {
    /// Opens the log in this directory.
    pub(crate) fn open(data_dir: &Path) -> Self {
        let (store, opened) = RequestStore::open(&data_dir.join(REQUESTS_FILE));
        for warning in opened.warnings {
            tracing::warn!("{warning}");
        }
        let mut book = Book::new(opened.next_id);
        let unfinished = opened.unfinished.iter().filter_map(row::of_stored);
        unfinished.for_each(|row| book.bring_back(row));
        let this = Self {
            book: Mutex::new(book),
            store,
            writing: Mutex::default(),
            figures: Figures::default(),
            unheard: OnceLock::new(),
            unwritten: Notify::new(),
            news: Notify::new(),
        };
        // What was found is written as soon as there is a thread to do it.
        this.unwritten.notify_one();
        this
    }

    /// The newest requests that the filter lets through. Reads files.
    pub(crate) fn list(&self, filter: &Filter) -> Result<RequestList, ReadRequestsError> {
        // The book first: what leaves it is in the store.
        let mut requests = {
            let mut book = self.book();
            book.forget(self.store.written());
            book.list(filter)
        };
        if let Some(query) = filter.query() {
            let stored = self.store.page(&query)?;
            requests.extend(stored.iter().filter_map(row::of_stored).map(Arc::new));
        }
        requests.sort_unstable_by_key(|row| std::cmp::Reverse(row.id));
        requests.dedup_by_key(|row| row.id);
        requests.truncate(filter.limit);
        let is_full = requests.len() == filter.limit;
        let next = requests.last().filter(|_| is_full).map(|last| last.id);
        let warning = self.unheard().map(str::to_owned).or_else(|| self.store.fault());
        Ok(RequestList { requests, next, warning })
    }

    /// Why no request is seen, if that is so: a list without any would say that there was none.
    pub(crate) fn unheard(&self) -> Option<&str> {
        self.unheard.get().map(String::as_str)
    }

    fn are_unheard(&self, error: &io::Error) {
        let why = format!(
            "Requests through the proxies are not seen, and will be missing here, until the server is started again: \
             {error}"
        );
        tracing::warn!("{why}");
        // The first reason is the one that led to all others.
        let _known = self.unheard.set(why);
    }

    /// Forgets all requests that have ended. Waits for the disk.
    pub(crate) fn clear(&self) -> Result<(), String> {
        self.write(u64::MAX);
        self.store.clear()?;
        self.book().forget_ended();
        self.news.notify_one();
        Ok(())
    }

    /// How many are kept may have changed.
    pub(crate) fn retention_changed(&self) {
        self.unwritten.notify_one();
    }

    /// From now on, or no longer, there is somebody to tell of changes.
    pub(crate) fn listen(&self, is_wanted: bool) {
        self.book().listen(is_wanted);
    }

    /// What has changed since this was last asked.
    pub(crate) fn take_news(&self) -> Option<RequestsUpdate> {
        self.book().take_news()
    }

    /// Requests in flight.
    pub(crate) fn in_flight(&self) -> Vec<Arc<RequestRow>> {
        self.book().in_flight()
    }

    /// Something has changed.
    fn changed(&self) {
        self.unwritten.notify_one();
        if self.book().has_listeners() {
            self.news.notify_one();
        }
    }

    /// Has everything written that has changed, and no more than the `keep` newest kept.
    fn write(&self, keep: u64) {
        // Batches reach the store in the order of their numbers.
        let _turn = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let (number, changed, next_id) = {
            let mut book = self.book();
            book.forget(self.store.written());
            book.next_batch()
        };
        // Requests are put into words while nobody waits for the book.
        let requests = changed.iter().filter_map(|row| row::to_store(row)).collect();
        self.store.write(RequestBatch { number, requests, keep, next_id });
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
