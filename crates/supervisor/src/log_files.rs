//! The files that a process's output goes to: `logs/ID.log`, and `ID.1.log`, `ID.2.log`, … for what was rotated away.
//!
//! One line of a file is one line of output: its number, its time in ms since the epoch, `out` or `err`, and the text,
//! with a blank between each. One thread writes for all processes. Whoever hands it lines never waits: if the disk
//! cannot keep up, or is full, lines are left out of the file and a line says how many.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use api::{LogLine, Stream};

/// What a line that waits takes beyond its text, in bytes.
const LINE_BYTES: usize = 160;

/// How many messages are taken before what they hold is written.
const MESSAGES: usize = 4_096;

/// How much may wait for the disk, in bytes.
const QUEUE_BYTES: usize = 16 * 1024 * 1024;

/// How long lines are gathered before they are written together.
const GATHER: Duration = Duration::from_millis(20);

/// How much of a file's end is read to find its last line's number.
const LAST_LINE_BYTES: u64 = 64 * 1024;

/// Where one process's output goes.
#[derive(Clone, Debug)]
pub(crate) struct LogFiles {
    path: Arc<Path>,
    /// When a file is rotated away, in bytes.
    limit: u64,
    /// How many files there are, the one that is written to included.
    count: u32,
    /// How many lines the disk was too slow for.
    left_out: Arc<AtomicU64>,
}

impl LogFiles {
    pub(crate) fn new(folder: &Path, id: &str, limit: u64, count: u32) -> Self {
        let path = folder.join(format!("{id}.log")).into();
        Self { path, limit, count: count.max(1), left_out: Arc::default() }
    }

    /// The file that was rotated away `n` times; 0 is the one that is written to.
    fn rotated(&self, n: u32) -> PathBuf {
        if n == 0 { self.path.to_path_buf() } else { self.path.with_extension(format!("{n}.log")) }
    }

    fn rotate(&self) -> io::Result<()> {
        for n in (1..self.count).rev() {
            match std::fs::rename(self.rotated(n - 1), self.rotated(n)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// The number of the last line; 0 where there is none.
    pub(crate) fn last_seq(&self) -> u64 {
        (0..self.count.min(2))
            .find_map(|n| last_seq_in(&self.rotated(n)).ok().flatten())
            .unwrap_or(0)
    }

    /// At most `wanted` lines with numbers below `before`, the last ones, oldest first.
    pub(crate) fn lines_before(&self, before: u64, wanted: usize) -> Vec<Arc<LogLine>> {
        let mut lines = Vec::new();
        for n in 0..self.count {
            // One that is missing is being rotated.
            let Ok(file) = File::open(self.rotated(n)) else { continue };
            let before = lines.first().map_or(before, |line: &Arc<LogLine>| line.seq);
            let mut older = lines_in(file, before);
            older.append(&mut lines);
            lines = older;
            if lines.len() >= wanted {
                break;
            }
        }
        lines.split_off(lines.len().saturating_sub(wanted))
    }
}

fn last_seq_in(path: &Path) -> io::Result<Option<u64>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LAST_LINE_BYTES)))?;
    let mut end = Vec::new();
    file.read_to_end(&mut end)?;
    let text = String::from_utf8_lossy(&end);
    Ok(text.lines().rev().find_map(|line| parse(line).map(|line| line.seq)))
}

fn lines_in(file: File, before: u64) -> Vec<Arc<LogLine>> {
    let lines = BufReader::new(file).split(b'\n').map_while(Result::ok);
    lines
        .filter_map(|line| parse(&String::from_utf8_lossy(&line)))
        .filter(|line| line.seq < before)
        .map(Arc::new)
        .collect()
}

fn parse(line: &str) -> Option<LogLine> {
    let mut fields = line.splitn(4, ' ');
    let seq = fields.next()?.parse().ok()?;
    let time = fields.next()?.parse().ok()?;
    let stream = match fields.next()? {
        "out" => Stream::Stdout,
        "err" => Stream::Stderr,
        _ => return None,
    };
    Some(LogLine { seq, time, stream, text: fields.next()?.to_owned() })
}

fn format(line: &LogLine, into: &mut Vec<u8>) {
    let stream = match line.stream {
        Stream::Stdout => "out",
        Stream::Stderr => "err",
    };
    // A carriage return inside a line is kept; a line feed cannot be in one.
    let LogLine { seq, time, text, .. } = line;
    into.extend_from_slice(format!("{seq} {time} {stream} {text}\n").as_bytes());
}

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

/// A file that is written to.
struct OpenFile {
    file: File,
    length: u64,
    pending: Vec<u8>,
    left_out: Arc<AtomicU64>,
}

struct Loop {
    backlog: Arc<Backlog>,
    open: HashMap<Arc<Path>, OpenFile>,
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
            format(line, &mut open.pending);
        }
        let is_full = open.length + open.pending.len() as u64 > files.limit;
        let written = if is_full { open.write() } else { marked };
        if is_full || written.is_err() {
            self.open.remove(&files.path);
        }
        written?;
        if is_full { files.rotate() } else { Ok(()) }
    }

    fn opened(&mut self, files: &LogFiles) -> io::Result<&mut OpenFile> {
        if !self.open.contains_key(&files.path) {
            if let Some(folder) = files.path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            let options = OpenOptions::new().create(true).append(true).read(true).clone();
            let file = options.open(&files.path)?;
            let length = file.metadata()?.len();
            let pending = if is_torn(&file, length)? { b"\n".to_vec() } else { Vec::new() };
            let open = OpenFile { file, length, pending, left_out: files.left_out.clone() };
            self.open.insert(files.path.clone(), open);
        }
        self.open.get_mut(&files.path).ok_or_else(|| io::Error::other("the file was just opened"))
    }

    fn write_all(&mut self) {
        let mut results = Vec::new();
        self.open.retain(|_, open| {
            let result = open.write();
            // Opened anew for the next line: what is torn is ended then, and what was deleted is made again.
            let keep = result.is_ok() && !open.is_deleted();
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

/// Whether a file's last line was cut short, by the end of an earlier server.
fn is_torn(file: &File, length: u64) -> io::Result<bool> {
    let mut last = [b'\n'];
    if length > 0 {
        file.read_exact_at(&mut last, length - 1)?;
    }
    Ok(last != [b'\n'])
}

impl OpenFile {
    /// Says before `line` that some are missing, and writes that at once: with a mark that is lost, so is their number.
    fn mark(&mut self, line: &LogLine, left_out: u64) -> io::Result<()> {
        let text =
            format!("[signalbox: {left_out} lines are missing here: the disk could not take them]");
        format(&LogLine { stream: Stream::Stderr, text, ..line.clone() }, &mut self.pending);
        // A mark that was not written is counted as one line, in place of the one that it was to stand before.
        self.write().inspect_err(|_| {
            self.left_out.fetch_add(left_out, Ordering::Relaxed);
        })
    }

    /// What cannot be written is counted, and a line of which a part was is taken out again.
    fn write(&mut self) -> io::Result<()> {
        let pending = std::mem::take(&mut self.pending);
        let mut written = 0;
        while written < pending.len() {
            match self.file.write(&pending[written..]) {
                Ok(more) => written += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.give_up(&pending, written);
                    return Err(error);
                }
            }
        }
        self.length += pending.len() as u64;
        Ok(())
    }

    fn give_up(&self, pending: &[u8], written: usize) {
        let whole = memchr::memrchr(b'\n', &pending[..written]).map_or(0, |end| end + 1);
        let lost = memchr::memchr_iter(b'\n', &pending[whole..]).count() as u64;
        self.left_out.fetch_add(lost, Ordering::Relaxed);
        // Where that fails the torn line is ended when the file is opened anew.
        let _torn = self.file.set_len(self.length + whole as u64);
    }

    fn is_deleted(&self) -> bool {
        self.file.metadata().is_ok_and(|found| found.nlink() == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(seq: u64) -> Arc<LogLine> {
        let text = format!("line {seq} with some text");
        Arc::new(LogLine { seq, time: 1_000 + seq, stream: Stream::Stderr, text })
    }

    #[test]
    fn lines_come_back_from_rotated_files() {
        let folder = tempfile::tempdir().unwrap();
        let files = LogFiles::new(folder.path(), "a", 1_000, 3);
        let (writer, thread) = LogWriter::start().unwrap();
        for seq in 1..=100 {
            writer.write(&files, line(seq));
        }
        writer.flush();
        assert!(folder.path().join("a.2.log").exists());
        assert!(!folder.path().join("a.3.log").exists());
        assert_eq!(files.last_seq(), 100);
        let lines = files.lines_before(90, 20);
        let numbers: Vec<_> = lines.iter().map(|line| line.seq).collect();
        assert_eq!(numbers, (70..90).collect::<Vec<_>>());
        assert_eq!(lines[0], line(70));
        drop(writer);
        thread.join().unwrap();
    }

    #[test]
    fn a_torn_last_line_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.log"), "1 5 out one\n2 6 err two\n3 7").unwrap();
        assert_eq!(LogFiles::new(folder.path(), "a", 1_000, 3).last_seq(), 2);
    }
}
