//! The thread that writes the output of all processes to its files. Whoever hands it lines never waits: if the disk
//! cannot keep up, or is full, lines are left out of the file and a line says how many.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use api::LogLine;

use crate::log_files::LogFiles;
use crate::open_log::OpenLog;

/// What a line that waits takes beyond its text, in bytes.
const LINE_BYTES: usize = 160;

/// How many messages are taken before what they hold is written.
const MESSAGES: usize = 4_096;

/// How much may wait for the disk, in bytes.
const QUEUE_BYTES: usize = 16 * 1024 * 1024;

/// How long lines are gathered before they are written together.
const GATHER: Duration = Duration::from_millis(20);

enum Message {
    Line(LogFiles, Arc<LogLine>),
    Flush(Sender<()>),
}

/// A handle to the thread that writes.
#[derive(Clone, Debug)]
pub(crate) struct LogWriter {
    queue: Sender<Message>,
    backlog: Arc<Backlog>,
}

/// How much waits, in bytes.
type Backlog = AtomicUsize;

impl LogWriter {
    /// Starts the thread. It ends when the last handle is gone.
    pub(crate) fn start() -> io::Result<(Self, JoinHandle<()>)> {
        let (queue, messages) = mpsc::channel();
        let backlog = Arc::new(Backlog::default());
        let shared = backlog.clone();
        let thread = std::thread::Builder::new().name("log-files".to_owned()).spawn(move || {
            Loop { backlog: shared, open: HashMap::new(), failing: false }.run(&messages)
        })?;
        Ok((Self { queue, backlog }, thread))
    }

    pub(crate) fn write(&self, files: &LogFiles, line: Arc<LogLine>) {
        let length = LINE_BYTES + line.text.len();
        if self.backlog.fetch_add(length, Ordering::Relaxed) > QUEUE_BYTES {
            self.backlog.fetch_sub(length, Ordering::Relaxed);
            files.left_out.fetch_add(1, Ordering::Relaxed);
            return;
        }
        // An error means that the thread is gone, which only happens at the very end.
        let _gone = self.queue.send(Message::Line(files.clone(), line));
    }

    /// Waits until all lines are in their files. Blocks.
    pub(crate) fn flush(&self) {
        let (done, wait) = mpsc::channel();
        let _gone = self.queue.send(Message::Flush(done));
        let _gone = wait.recv();
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
                std::thread::sleep(GATHER);
            }
            let mut flushes = Vec::new();
            for message in std::iter::once(first).chain(messages.try_iter().take(MESSAGES)) {
                match message {
                    Message::Line(files, line) => self.take(&files, &line),
                    Message::Flush(done) => flushes.push(done),
                }
            }
            self.write_all();
            for done in flushes {
                let _gone = done.send(());
            }
        }
    }

    fn take(&mut self, files: &LogFiles, line: &LogLine) {
        self.backlog.fetch_sub(LINE_BYTES + line.text.len(), Ordering::Relaxed);
        let left_out = files.left_out.swap(0, Ordering::Relaxed);
        let result = self.append(files, line, left_out);
        self.note(result);
    }

    fn append(&mut self, files: &LogFiles, line: &LogLine, left_out: u64) -> io::Result<()> {
        let open = self.opened(files).inspect_err(|_| {
            files.left_out.fetch_add(left_out + 1, Ordering::Relaxed);
        })?;
        let marked = if left_out > 0 { open.mark(line, left_out) } else { Ok(()) };
        if marked.is_ok() {
            open.push(line);
        }
        let is_full = open.length() > files.limit;
        let written = if is_full || open.has_much() { open.write() } else { marked };
        if is_full || written.is_err() {
            self.open.remove(&files.path);
        }
        written?;
        if is_full { files.rotate() } else { Ok(()) }
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
