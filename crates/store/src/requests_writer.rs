//! The thread that writes the log of requests.

use std::io;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, Transaction, params};

use crate::StoredRequest;
use crate::worker::Worker;

/// How many requests may wait for a disk that takes none: beyond that they are lost, and counted.
const MOST_WAITING: usize = 50_000;

/// How far ahead of the last number `ids.next` is kept, so that it need not be written with every batch. More than can
/// be given out between two batches; so many numbers are passed over when the program is killed.
const AHEAD: u64 = 10_000;

/// What is written in one transaction.
#[derive(Debug, Default)]
pub struct RequestBatch {
    /// Its number, which grows: what [`crate::RequestStore::written`] speaks of.
    pub number: u64,
    /// New requests, and such as have changed.
    pub requests: Vec<StoredRequest>,
    /// How many that have ended are kept, the newest ones.
    pub keep: u64,
    /// The number of the next request.
    pub next_id: u64,
}

#[derive(Debug)]
enum Message {
    Write(RequestBatch),
    Clear(Sender<Result<(), String>>),
    Flush(Sender<()>),
    Close(Sender<()>),
}

#[derive(Debug, Default)]
struct Progress {
    written: AtomicU64,
    /// Requests that wait.
    waiting: AtomicUsize,
    lost: AtomicU64,
    /// Why the last batch could not be written; none where it was.
    fault: Mutex<Option<String>>,
}

impl Progress {
    fn fault(&self) -> MutexGuard<'_, Option<String>> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A handle to the thread that writes; dropping it writes what is left and joins the thread.
#[derive(Debug)]
pub(crate) struct Writer {
    progress: Arc<Progress>,
    worker: Worker<Message>,
}

impl Writer {
    pub(crate) fn start(connection: Connection) -> io::Result<Self> {
        let progress = Arc::new(Progress::default());
        let of_thread = Arc::clone(&progress);
        let worker = Worker::start("request-log", move |receiver| {
            let progress = of_thread;
            Loop { connection, progress, reserved: 0, next_id: None, failing: false }
                .run(&receiver);
        })?;
        Ok(Self { progress, worker })
    }

    pub(crate) fn write(&self, mut batch: RequestBatch) {
        let progress = &self.progress;
        let count = batch.requests.len();
        if progress.waiting.load(Ordering::Relaxed) + count > MOST_WAITING {
            progress.lost.fetch_add(count as u64, Ordering::Relaxed);
            batch.requests.clear();
        }
        progress.waiting.fetch_add(batch.requests.len(), Ordering::Relaxed);
        self.worker.tell(Message::Write(batch));
    }

    pub(crate) fn written(&self) -> u64 {
        self.progress.written.load(Ordering::Acquire)
    }

    /// Why requests are missing from the disk at present, if they are.
    pub(crate) fn fault(&self) -> Option<String> {
        self.progress.fault().clone()
    }

    pub(crate) fn flush(&self) {
        self.worker.ask(Message::Flush);
    }

    pub(crate) fn close(&self) {
        self.worker.ask(Message::Close);
    }

    pub(crate) fn clear(&self) -> Result<(), String> {
        let answer = self.worker.ask(Message::Clear);
        answer.unwrap_or_else(|| Err("its thread has ended".to_owned()))
    }
}

struct Loop {
    connection: Connection,
    progress: Arc<Progress>,
    /// `ids.next` as it is in the file; 0: not known.
    reserved: u64,
    /// The next number, as last heard.
    next_id: Option<u64>,
    /// Whether the last write failed, so that a full disk is told once, not a thousand times.
    failing: bool,
}

impl Loop {
    fn run(mut self, receiver: &Receiver<Message>) {
        while let Ok(message) = receiver.recv() {
            match message {
                Message::Write(batch) => self.write(&batch),
                // Whoever asked may have gone.
                Message::Clear(done) => {
                    let _gone = done.send(self.clear());
                }
                Message::Flush(done) => {
                    let _gone = done.send(());
                }
                Message::Close(done) => {
                    self.give_back();
                    let _gone = done.send(());
                }
            }
        }
    }

    fn write(&mut self, batch: &RequestBatch) {
        let done = self.try_write(batch);
        self.progress.waiting.fetch_sub(batch.requests.len(), Ordering::Relaxed);
        self.progress.written.store(batch.number, Ordering::Release);
        self.tell(done);
        let lost = self.progress.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            tracing::warn!(lost, "the disk was too slow for the log of requests");
        }
    }

    fn tell(&mut self, done: rusqlite::Result<()>) {
        match done {
            Ok(()) if self.failing => {
                self.failing = false;
                *self.progress.fault() = None;
                tracing::info!("requests are logged again");
            }
            Ok(()) => {}
            Err(error) if !self.failing => {
                self.failing = true;
                *self.progress.fault() = Some(error.to_string());
                tracing::warn!(%error, "requests cannot be logged; they are served all the same, but will be missing in the list");
            }
            Err(_) => {}
        }
    }

    fn try_write(&mut self, batch: &RequestBatch) -> rusqlite::Result<()> {
        let RequestBatch { number: _, requests, keep, next_id } = batch;
        let next_id = *next_id;
        let reserve = (next_id + AHEAD / 2 > self.reserved).then_some(next_id + AHEAD);
        self.next_id = Some(next_id);
        let transaction = self.connection.transaction()?;
        insert(&transaction, requests)?;
        trim(&transaction, *keep)?;
        if let Some(next) = reserve {
            transaction.execute("UPDATE ids SET next = ?1", params![next.cast_signed()])?;
        }
        transaction.commit()?;
        self.reserved = reserve.unwrap_or(self.reserved);
        Ok(())
    }

    fn clear(&mut self) -> Result<(), String> {
        let done = self.connection.execute("DELETE FROM requests WHERE outcome IS NOT NULL", []);
        done.map(drop).map_err(|error| error.to_string())
    }

    /// At a proper end no number is passed over.
    fn give_back(&mut self) {
        let Some(next) = self.next_id else { return };
        self.reserved = 0;
        let set = "UPDATE ids SET next = ?1";
        if let Err(error) = self.connection.execute(set, params![next.cast_signed()]) {
            tracing::debug!(%error, "the next number of a request could not be written");
        }
    }
}

fn insert(transaction: &Transaction<'_>, requests: &[StoredRequest]) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare_cached(
        "INSERT INTO requests (id, process, model, provider, outcome, payload)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (id) DO UPDATE SET model = excluded.model, provider = excluded.provider,
         outcome = excluded.outcome, payload = excluded.payload",
    )?;
    for StoredRequest { id, process, model, provider, outcome, payload } in requests {
        let id = id.cast_signed();
        insert.execute(params![id, process, model, provider, outcome, payload])?;
    }
    Ok(())
}

/// Those in flight stay: they are few, and would come back.
fn trim(transaction: &Transaction<'_>, keep: u64) -> rusqlite::Result<()> {
    let count: i64 = transaction
        .prepare_cached("SELECT count(*) FROM requests")?
        .query_row([], |row| row.get(0))?;
    let excess = count.saturating_sub(i64::try_from(keep).unwrap_or(i64::MAX));
    if excess > 0 {
        let mut delete = transaction.prepare_cached(
            "DELETE FROM requests WHERE id IN
             (SELECT id FROM requests WHERE outcome IS NOT NULL ORDER BY id LIMIT ?1)",
        )?;
        delete.execute(params![excess])?;
    }
    Ok(())
}
