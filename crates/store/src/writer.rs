//! The thread that writes.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, params};

use crate::Record;
use crate::reopen::Reopen;
use crate::retention::{let_go, make_room};
use crate::schema::OpenError;
use crate::worker::Worker;

/// How many records one transaction takes at most.
const BATCH: usize = 4_096;

/// How long records are gathered before they are written together. A commit a record would compete with the servers
/// that are being watched; if this program is killed, no more than this is lost.
const GATHER: Duration = Duration::from_millis(5);

/// How many records are kept while they cannot be written, some 10 MB of them: until there is space again, or whoever
/// holds a lock lets go.
const MOST_UNWRITTEN: usize = 10_000;

#[derive(Debug)]
enum Message {
    /// There are records.
    Write,
    /// Write what there is, then say so.
    Flush(Sender<()>),
}

/// What waits to be written.
#[derive(Debug, Default)]
struct Pending {
    records: Mutex<Vec<Record>>,
    /// Whether the thread was told of them.
    told: AtomicBool,
}

impl Pending {
    fn lock(&self) -> MutexGuard<'_, Vec<Record>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A handle to the thread that writes; dropping it writes what is left and joins the thread.
#[derive(Debug)]
pub(crate) struct Writer {
    pending: Arc<Pending>,
    worker: Worker<Message>,
}

impl Writer {
    /// Where `file` was deleted, which is looked for before each batch, it goes on in a new one.
    pub(crate) fn start(connection: Connection, file: Reopen, most_bytes: u64) -> io::Result<Self> {
        let pending = Arc::new(Pending::default());
        let of_thread = Arc::clone(&pending);
        let worker = Worker::start("journal", move |receiver| {
            let pending = of_thread;
            let unwritten = Vec::new();
            let state = Loop { connection, file, pending, unwritten, most_bytes, failing: false };
            state.run(&receiver);
        })?;
        Ok(Self { pending, worker })
    }

    pub(crate) fn append(&self, record: Record) {
        self.pending.lock().push(record);
    }

    pub(crate) fn write_soon(&self) {
        if !self.pending.told.swap(true, Ordering::AcqRel) {
            self.worker.tell(Message::Write);
        }
    }

    pub(crate) fn flush(&self) {
        self.worker.ask(Message::Flush);
    }
}

struct Loop {
    connection: Connection,
    file: Reopen,
    pending: Arc<Pending>,
    /// What is to be written next: also what could not be written the last time.
    unwritten: Vec<Record>,
    most_bytes: u64,
    /// Whether the last write failed, so that a full disk is told once, not a thousand times.
    failing: bool,
}

impl Loop {
    fn run(mut self, receiver: &Receiver<Message>) {
        if let Err(error) = make_room(&self.connection, self.most_bytes) {
            tracing::warn!(%error, "the journal cannot be made as small as it is to be");
        }
        while let Ok(message) = receiver.recv() {
            match message {
                Message::Write => {
                    std::thread::sleep(GATHER);
                    self.write_pending();
                }
                Message::Flush(done) => {
                    self.write_pending();
                    // Whoever asked may have gone.
                    let _gone = done.send(());
                }
            }
        }
        self.write_pending();
    }

    fn write_pending(&mut self) {
        // First: what comes after this is told of again.
        self.pending.told.store(false, Ordering::Release);
        self.unwritten.append(&mut self.pending.lock());
        while !self.unwritten.is_empty() {
            let count = self.unwritten.len().min(BATCH);
            let batch: Vec<_> = self.unwritten.drain(..count).collect();
            let written = self.try_write(&batch);
            let failed = written.is_err();
            self.note(written);
            if failed {
                return self.keep_for_later(batch);
            }
        }
    }

    /// The oldest are given up where there are too many.
    fn keep_for_later(&mut self, batch: Vec<Record>) {
        self.unwritten.splice(..0, batch);
        let too_many = self.unwritten.len().saturating_sub(MOST_UNWRITTEN);
        if too_many > 0 {
            self.unwritten.drain(..too_many);
            tracing::warn!(
                events = too_many,
                "events that could not be journaled are given up: they are missing in the history"
            );
        }
    }

    fn note(&mut self, written: Result<(), OpenError>) {
        match written {
            Ok(()) if self.failing => {
                self.failing = false;
                tracing::info!("events are journaled again");
            }
            Ok(()) => {}
            Err(error) if !self.failing => {
                self.failing = true;
                tracing::warn!(%error, "events cannot be journaled; they are sent all the same, and kept for the history for as long as this server runs");
            }
            Err(_) => {}
        }
    }

    fn try_write(&mut self, batch: &[Record]) -> Result<(), OpenError> {
        if let Some(connection) = self.file.anew_if_deleted()? {
            self.connection = connection;
        }
        let transaction = self.connection.transaction()?;
        {
            let mut insert = transaction
                .prepare_cached("INSERT OR REPLACE INTO events (seq, process, generation, payload) VALUES (?1, ?2, ?3, ?4)")?;
            for record in batch {
                insert.execute(params![
                    record.seq.cast_signed(),
                    &*record.process,
                    record.generation.cast_signed(),
                    &*record.payload
                ])?;
            }
        }
        let_go(&transaction, self.most_bytes)?;
        transaction.commit()?;
        Ok(())
    }
}
