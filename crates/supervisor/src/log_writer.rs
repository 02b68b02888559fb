//! The thread that writes the output of all processes to its files.
//!
//! Whoever hands it lines never waits. Whoever reads them from a pipe first waits for room, so that a process that writes
//! faster than its file is held back by its own pipe, as by any other reader, and nothing is lost. But no process waits for
//! a disk that hangs: then, and where the disk is full, lines are left out of the file. Each line has its number, so where
//! some are missing is seen when the next one comes, or at the end of the process, and a line in their place says how many.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{JoinHandle, Thread};
use std::time::Duration;

use api::LogLine;
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::clock::now_ms;
use crate::log_files::LogFiles;
use crate::open_log::OpenLog;

/// What a line that waits takes beyond its text, in bytes.
const LINE_BYTES: usize = 160;

/// How many messages are taken before what they hold is written.
const MESSAGES: usize = 4_096;

/// How much of one process may wait for the disk before its pipe is left alone, in bytes.
const HELD_BYTES: usize = 1024 * 1024;

/// How much may wait for the disk in all, in bytes, before only those pipes are read of which nothing waits: some twenty
/// processes that flood at once come to that. While the disk hangs, what comes beyond that is left out.
const QUEUE_BYTES: usize = 32 * 1024 * 1024;

/// How long lines are gathered before they are written together.
const GATHER: Duration = Duration::from_millis(20);

/// How long the disk may take for what was gathered; after that it hangs, and nobody waits for it until it goes on.
const PATIENCE: Duration = Duration::from_millis(500);

enum Message {
    Line(LogFiles, Arc<LogLine>),
    /// The last line's number, at this time in ms since the epoch: what is not in the files by now will not be.
    End(LogFiles, u64, u64),
    Flush(Sender<()>),
}

/// A handle to the thread that writes.
#[derive(Clone, Debug)]
pub(crate) struct LogWriter {
    queue: Sender<Message>,
    backlog: Arc<Backlog>,
    thread: Thread,
}

/// What waits for the disk.
#[derive(Debug, Default)]
struct Backlog {
    /// How much, in bytes.
    waiting: AtomicUsize,
    /// Rung whenever something was written.
    written: Notify,
    /// Nothing was for a long time.
    hangs: AtomicBool,
}

impl LogWriter {
    /// Starts the thread. It ends when the last handle is gone.
    pub(crate) fn start() -> io::Result<(Self, JoinHandle<()>)> {
        let (queue, messages) = mpsc::channel();
        let backlog = Arc::new(Backlog::default());
        let shared = backlog.clone();
        let thread = std::thread::Builder::new().name("log-files".to_owned()).spawn(move || {
            Loop { backlog: shared, open: HashMap::new(), failing: false }.run(&messages)
        })?;
        Ok((Self { queue, backlog, thread: thread.thread().clone() }, thread))
    }

    /// Waits until not much of this process waits to be written, unless the disk hangs. Cancel-safe.
    pub(crate) async fn room(&self, files: &LogFiles) {
        loop {
            let written = self.backlog.written.notified();
            let is_crowded = self.backlog.waiting.load(Ordering::Relaxed) > QUEUE_BYTES;
            let most = if is_crowded { 0 } else { HELD_BYTES };
            let is_room = files.progress.waiting.load(Ordering::Relaxed) <= most;
            if is_room || self.backlog.hangs.load(Ordering::Relaxed) {
                return;
            }
            // There is no need to gather more.
            self.thread.unpark();
            if timeout(PATIENCE, written).await.is_err()
                && !self.backlog.hangs.swap(true, Ordering::Relaxed)
            {
                tracing::warn!(
                    "the disk takes no output; what does not fit into memory will be missing from the files"
                );
            }
        }
    }

    pub(crate) fn write(&self, files: &LogFiles, line: Arc<LogLine>) {
        let length = LINE_BYTES + line.text.len();
        if self.backlog.hangs.load(Ordering::Relaxed)
            && self.backlog.waiting.load(Ordering::Relaxed) > QUEUE_BYTES
        {
            return;
        }
        self.backlog.waiting.fetch_add(length, Ordering::Relaxed);
        files.progress.waiting.fetch_add(length, Ordering::Relaxed);
        self.send(Message::Line(files.clone(), line));
    }

    /// No more lines come for now, and the last one had this number.
    pub(crate) fn end(&self, files: &LogFiles, last: u64) {
        self.send(Message::End(files.clone(), last, now_ms()));
    }

    /// Waits until all lines are in their files. Blocks.
    pub(crate) fn flush(&self) {
        let (done, wait) = mpsc::channel();
        self.send(Message::Flush(done));
        let _gone = wait.recv();
    }

    fn send(&self, message: Message) {
        // An error means that the thread is gone, which only happens at the very end.
        let _gone = self.queue.send(message);
    }
}

struct Loop {
    backlog: Arc<Backlog>,
    open: HashMap<Arc<Path>, OpenLog>,
    /// Whether the last write failed, so that a full disk is told once.
    failing: bool,
}

impl Loop {
    fn run(mut self, messages: &Receiver<Message>) {
        while let Ok(first) = messages.recv() {
            if matches!(first, Message::Line(..)) {
                // Many small writes would compete with the servers that are being watched.
                std::thread::park_timeout(GATHER);
            }
            let mut flushes = Vec::new();
            for message in std::iter::once(first).chain(messages.try_iter().take(MESSAGES)) {
                match message {
                    Message::Line(files, line) => self.take(&files, &line),
                    Message::End(files, last, time) => self.end(&files, last, time),
                    Message::Flush(done) => flushes.push(done),
                }
            }
            self.write_all();
            self.backlog.hangs.store(false, Ordering::Relaxed);
            self.backlog.written.notify_waiters();
            for done in flushes {
                let _gone = done.send(());
            }
        }
    }

    fn take(&mut self, files: &LogFiles, line: &LogLine) {
        let length = LINE_BYTES + line.text.len();
        self.backlog.waiting.fetch_sub(length, Ordering::Relaxed);
        files.progress.waiting.fetch_sub(length, Ordering::Relaxed);
        let result = self.append(files, line);
        self.note(result);
    }

    fn append(&mut self, files: &LogFiles, line: &LogLine) -> io::Result<()> {
        let open = self.opened(files)?;
        open.push(line);
        let is_full = open.length() > files.limit;
        let written = if is_full || open.has_much() { open.write() } else { Ok(()) };
        if is_full || written.is_err() {
            self.open.remove(&files.path);
        }
        written?;
        if is_full { files.rotate() } else { Ok(()) }
    }

    fn end(&mut self, files: &LogFiles, last: u64, time: u64) {
        let known = self.open.get(&files.path).map_or_else(|| files.last_seq(), OpenLog::last);
        if known < last {
            let result = self.opened(files).map(|open| open.mark(last, time));
            self.note(result);
        }
    }

    fn opened(&mut self, files: &LogFiles) -> io::Result<&mut OpenLog> {
        if !self.open.contains_key(&files.path) {
            self.open.insert(files.path.clone(), OpenLog::open(files)?);
        }
        self.open.get_mut(&files.path).ok_or_else(|| io::Error::other("the file was just opened"))
    }

    fn write_all(&mut self) {
        let mut results = Vec::new();
        self.open.retain(|_, open| {
            if open.is_idle() {
                return true;
            }
            let result = open.write();
            // Opened anew for the next line: what is torn is ended then.
            let keep = result.is_ok();
            results.push(result);
            keep
        });
        for result in results {
            self.note(result);
        }
    }

    fn note(&mut self, result: io::Result<()>) {
        match result {
            Ok(()) => self.failing = false,
            Err(error) if !self.failing => {
                self.failing = true;
                tracing::warn!(%error, "output cannot be written to its files; the last lines stay in memory");
            }
            Err(_) => {}
        }
    }
}
