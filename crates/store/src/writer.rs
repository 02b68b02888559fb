//! The thread that writes.

use std::io;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::{Connection, params};

use crate::Record;

/// How many records one transaction takes at most.
const BATCH: usize = 4_096;

/// How long records are gathered before they are written together. A commit a record would compete with the servers
/// that are being watched; if this program is killed, no more than this is lost.
const GATHER: Duration = Duration::from_millis(5);

/// After how many records old ones are looked for.
const PRUNE_EVERY: u64 = 1_000;

enum Message {
    Append(Record),
    Flush(Sender<()>),
}

/// A handle to the thread that writes; dropping it writes what is left and joins the thread.
#[derive(Debug)]
pub(crate) struct Writer {
    sender: Option<Sender<Message>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(crate) fn start(connection: Connection, keep: u64) -> io::Result<Self> {
        let (sender, receiver) = mpsc::channel();
        let thread = std::thread::Builder::new().name("journal".to_owned()).spawn(move || {
            Loop { connection, keep, since_prune: 0, failing: false }.run(&receiver)
        })?;
        Ok(Self { sender: Some(sender), thread: Some(thread) })
    }

    pub(crate) fn append(&self, record: Record) {
        self.send(Message::Append(record));
    }

    pub(crate) fn flush(&self) {
        let (done, wait) = mpsc::channel();
        self.send(Message::Flush(done));
        // An error means that the thread is gone, and with it what could be waited for.
        let _gone = wait.recv();
    }

    fn send(&self, message: Message) {
        if let Some(sender) = &self.sender {
            // An error means that the thread is gone; it has told why.
            let _gone = sender.send(message);
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.sender = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the journal's thread panicked");
        }
    }
}

struct Loop {
    connection: Connection,
    keep: u64,
    since_prune: u64,
    /// Whether the last write failed, so that a full disk is told once, not a thousand times.
    failing: bool,
}

impl Loop {
    fn run(mut self, receiver: &Receiver<Message>) {
        while let Ok(first) = receiver.recv() {
            if matches!(first, Message::Append(_)) {
                std::thread::sleep(GATHER);
            }
            let mut batch = Vec::new();
            let mut flushes = Vec::new();
            let mut sort = |message| match message {
                Message::Append(record) => batch.push(record),
                Message::Flush(done) => flushes.push(done),
            };
            sort(first);
            receiver.try_iter().take(BATCH).for_each(&mut sort);
            self.write(&batch);
            for done in flushes {
                // Whoever asked may have gone.
                let _gone = done.send(());
            }
        }
    }

    fn write(&mut self, batch: &[Record]) {
        if batch.is_empty() {
            return;
        }
        match self.try_write(batch) {
            Ok(()) if self.failing => {
                self.failing = false;
                tracing::info!("events are journaled again");
            }
            Ok(()) => {}
            Err(error) if !self.failing => {
                self.failing = true;
                tracing::warn!(%error, "events cannot be journaled; they are sent all the same, but will be missing in the history");
            }
            Err(_) => {}
        }
    }

    fn try_write(&mut self, batch: &[Record]) -> rusqlite::Result<()> {
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
        self.since_prune += batch.len() as u64;
        if self.since_prune >= PRUNE_EVERY {
            self.since_prune = 0;
            let last = batch.last().map_or(0, |record| record.seq);
            let oldest = last.saturating_sub(self.keep).cast_signed();
            transaction.execute("DELETE FROM events WHERE seq <= ?1", params![oldest])?;
        }
        transaction.commit()
    }
}
