//! One process's output: the last lines in memory, all of them to rotating files, and to whoever follows.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use api::{LogLine, OutputLine, Stream};
use tokio::sync::broadcast;

use crate::clock::now_ms;
use crate::log_files::{LogFiles, mark};
use crate::log_writer::LogWriter;

/// How much of the output is kept in memory, in bytes of text.
const RING_BYTES: usize = 256 * 1024;

/// How many lines of the output are kept in memory.
const RING_LINES: usize = 2_000;

/// How far a follower may fall behind before it is cut off.
const BACKLOG: usize = 16_384;

/// How many lines an error carries.
const LAST_WORDS: usize = 5;

/// How long one of them may be, in bytes.
const LAST_WORD_BYTES: usize = 2_048;

/// One process's output.
#[derive(Debug)]
pub struct LogBook {
    inner: Mutex<Inner>,
    files: LogFiles,
    writer: LogWriter,
}

#[derive(Debug)]
struct Inner {
    /// The number of the last line.
    seq: u64,
    ring: VecDeque<Arc<LogLine>>,
    ring_bytes: usize,
    /// Made by the first follower: most processes have none, most of the time.
    live: Option<broadcast::Sender<Arc<LogLine>>>,
    last_words: VecDeque<OutputLine>,
}

impl LogBook {
    /// Goes on where the files of an earlier server end.
    pub(crate) fn new(files: LogFiles, writer: LogWriter) -> Self {
        let seq = files.last_seq();
        let inner = Inner {
            seq,
            ring: VecDeque::new(),
            ring_bytes: 0,
            live: None,
            last_words: VecDeque::new(),
        };
        Self { inner: Mutex::new(inner), files, writer }
    }

    /// A generation begins: what an error of it carries is its own.
    pub(crate) fn begin_generation(&self) {
        self.lock().last_words = VecDeque::new();
    }

    /// The last lines of this generation.
    pub(crate) fn last_words(&self) -> Vec<OutputLine> {
        self.lock().last_words.iter().cloned().collect()
    }

    /// A generation has ended, and said all that it will say.
    pub(crate) fn end_generation(&self) {
        let inner = self.lock();
        self.writer.end(&self.files, inner.seq);
    }

    /// Waits until the files can take more. Cancel-safe.
    pub(crate) async fn room(&self) {
        self.writer.room(&self.files).await;
    }

    pub(crate) fn push(&self, stream: Stream, text: String) {
        let mut inner = self.lock();
        inner.remember_last_words(stream, &text);
        inner.seq += 1;
        let line = Arc::new(LogLine { seq: inner.seq, time: now_ms(), stream, text });
        inner.remember(line.clone());
        if let Some(live) = &inner.live
            && live.send(line.clone()).is_err()
        {
            inner.live = None;
        }
        // Under the lock, so that the file has the lines in their order; the queue never makes it wait.
        self.writer.write(&self.files, line);
    }

    /// The last lines, oldest first; from the files, also those of an earlier server, where memory has not enough.
    pub async fn tail(&self, lines: usize) -> Vec<Arc<LogLine>> {
        let (kept, before) = self.lock().tail(lines);
        self.with_older(kept, before, lines).await
    }

    /// The last lines, and every line that comes after them.
    pub async fn follow(
        &self,
        tail: usize,
    ) -> (Vec<Arc<LogLine>>, broadcast::Receiver<Arc<LogLine>>) {
        let ((kept, before), live) = {
            let mut inner = self.lock();
            let live =
                inner.live.get_or_insert_with(|| broadcast::Sender::new(BACKLOG)).subscribe();
            (inner.tail(tail), live)
        };
        (self.with_older(kept, before, tail).await, live)
    }

    /// What is kept, and before it what the files have below number `before`.
    async fn with_older(
        &self,
        kept: Vec<Arc<LogLine>>,
        before: u64,
        wanted: usize,
    ) -> Vec<Arc<LogLine>> {
        let missing = wanted - kept.len();
        if missing == 0 || before == 1 {
            return kept;
        }
        let (files, writer) = (self.files.clone(), self.writer.clone());
        let older = tokio::task::spawn_blocking(move || {
            // What memory has let go of may still be on its way to the file.
            writer.flush();
            files.lines_before(before, missing)
        });
        let mut lines = older.await.unwrap_or_default();
        // What the files lack right before it may not be marked there yet.
        let mark = lines.last().and_then(|last| mark(last.seq, before - 1, last.time));
        lines.extend(mark.map(Arc::new));
        lines.extend(kept);
        lines.split_off(lines.len().saturating_sub(wanted))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn remember(&mut self, line: Arc<LogLine>) {
        self.ring_bytes += line.text.len();
        self.ring.push_back(line);
        while self.ring.len() > RING_LINES || self.ring_bytes > RING_BYTES {
            let Some(oldest) = self.ring.pop_front() else { return };
            self.ring_bytes -= oldest.text.len();
        }
    }

    fn remember_last_words(&mut self, stream: Stream, text: &str) {
        if self.last_words.len() == LAST_WORDS {
            self.last_words.pop_front();
        }
        let end = text.floor_char_boundary(LAST_WORD_BYTES);
        self.last_words.push_back(OutputLine { stream, text: text[..end].to_owned() });
    }

    /// The last lines in memory, and the number below which older ones are.
    fn tail(&self, lines: usize) -> (Vec<Arc<LogLine>>, u64) {
        let skipped = self.ring.len().saturating_sub(lines);
        let kept: Vec<_> = self.ring.iter().skip(skipped).cloned().collect();
        let before = kept.first().map_or(self.seq + 1, |line| line.seq);
        (kept, before)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::path::Path;
    use std::process::Command;
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;
    use crate::log_files::parse;

    const LINES: u64 = 300_000;

    fn book(folder: &Path) -> (LogBook, std::thread::JoinHandle<()>) {
        let (writer, thread) = LogWriter::start().unwrap();
        (LogBook::new(LogFiles::new(folder, "a", u64::MAX, 1), writer), thread)
    }

    /// As a pipe gives them: some hundreds at a time.
    async fn flood(book: &LogBook) {
        for number in 1..=LINES {
            if number % 500 == 1 {
                book.room().await;
            }
            book.push(Stream::Stdout, number.to_string());
        }
        book.end_generation();
    }

    #[tokio::test]
    async fn a_flood_is_held_back_and_nothing_of_it_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let (book, thread) = book(folder.path());
        flood(&book).await;
        let lines = book.tail(usize::MAX).await;
        assert!(lines.iter().map(|line| line.seq).eq(1..=LINES));
        assert!(lines.iter().all(|line| line.text == line.seq.to_string()));
        drop(book);
        thread.join().unwrap();
    }

    #[tokio::test]
    async fn nothing_is_lost_where_many_flood_at_once() {
        const BOOKS: usize = 48;
        const READ: usize = 8_192;
        let folder = tempfile::tempdir().unwrap();
        let (writer, thread) = LogWriter::start().unwrap();
        let book = |at: usize| {
            LogBook::new(LogFiles::new(folder.path(), &at.to_string(), u64::MAX, 1), writer.clone())
        };
        let books: Vec<_> = (0..BOOKS).map(book).collect();
        for _ in 0..3 {
            for book in &books {
                book.room().await;
                (0..READ).for_each(|_| book.push(Stream::Stdout, String::new()));
            }
        }
        writer.flush();
        for at in 0..BOOKS {
            let text = std::fs::read_to_string(folder.path().join(format!("{at}.log"))).unwrap();
            assert_eq!(text.lines().count(), 3 * READ, "of {at}");
        }
        drop((books, writer));
        thread.join().unwrap();
    }

    #[tokio::test]
    async fn a_disk_that_hangs_holds_nobody_back_and_what_it_missed_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.log");
        // What nobody reads soon takes no more.
        assert!(Command::new("mkfifo").arg(&file).status().unwrap().success());
        let opened = std::fs::OpenOptions::new().read(true).write(true).open(&file).unwrap();
        let (book, thread) = book(folder.path());
        timeout(Duration::from_secs(60), flood(&book)).await.expect("nobody waits for ever");
        let mut kept = BufReader::new(opened).lines().map(|line| parse(&line.unwrap()).unwrap());
        let (mut last, mut missing) = (0, 0);
        while last < LINES {
            let line = kept.next().unwrap();
            if let Some(count) = line.text.strip_prefix("[signalbox: ") {
                let count: u64 = count.split(' ').next().unwrap().parse().unwrap();
                missing += count;
                last += count;
            } else {
                last += 1;
            }
            assert_eq!(line.seq, last, "in order, and each is there or counted: {}", line.text);
        }
        assert!(missing > 0);
        drop(book);
        thread.join().unwrap();
    }
}
