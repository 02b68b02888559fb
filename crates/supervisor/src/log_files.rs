//! The files that a process's output goes to: `logs/ID.log`, and `ID.1.log`, `ID.2.log`, … for what was rotated away.
//!
//! One line of a file is one line of output: its number, its time in ms since the epoch, `out` or `err`, and the text,
//! with a blank between each. Numbers grow by one: where some are missing, a line in their place says so, under the last of
//! their numbers.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use api::{LogLine, Stream};

/// How much of a file's end is read to find its last line's number.
const LAST_LINE_BYTES: u64 = 64 * 1024;

/// Where one process's output goes.
#[derive(Clone, Debug)]
pub(crate) struct LogFiles {
    pub(crate) path: Arc<Path>,
    /// When a file is rotated away, in bytes.
    pub(crate) limit: u64,
    /// How many files there are, the one that is written to included.
    count: u32,
    pub(crate) progress: Arc<Progress>,
}

/// How far the output of one process has come on its way into the files.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// The number of the last line that they have, or say to be missing.
    pub(crate) written: AtomicU64,
    /// How much is on its way, in bytes.
    pub(crate) waiting: AtomicUsize,
}

impl LogFiles {
    pub(crate) fn new(folder: &Path, id: &str, limit: u64, count: u32) -> Self {
        let path = folder.join(format!("{id}.log")).into();
        let files = Self { path, limit, count: count.max(1), progress: Arc::default() };
        files.progress.written.store(files.find_last_seq(), Ordering::Relaxed);
        files
    }

    /// The number of the last line; 0 where there is none.
    pub(crate) fn last_seq(&self) -> u64 {
        self.progress.written.load(Ordering::Relaxed)
    }

    /// The file that was rotated away `n` times; 0 is the one that is written to.
    fn rotated(&self, n: u32) -> PathBuf {
        if n == 0 { self.path.to_path_buf() } else { self.path.with_extension(format!("{n}.log")) }
    }

    /// Whether a file of this length makes room for the next line by being emptied: one that is alone cannot be rotated
    /// away. Until then it has the last line, whose number is gone on from.
    pub(crate) fn begins_anew(&self, length: u64) -> bool {
        self.count == 1 && length > self.limit
    }

    pub(crate) fn rotate(&self) -> io::Result<()> {
        for n in (1..self.count).rev() {
            match std::fs::rename(self.rotated(n - 1), self.rotated(n)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    fn find_last_seq(&self) -> u64 {
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

pub(crate) fn parse(line: &str) -> Option<LogLine> {
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

/// What stands in place of the lines after number `before` up to number `last`, if there are any.
pub(crate) fn mark(before: u64, last: u64, time: u64) -> Option<LogLine> {
    let missing = last.checked_sub(before).filter(|missing| *missing > 0)?;
    let text =
        format!("[signalbox: {missing} lines are missing here: the disk could not take them]");
    Some(LogLine { seq: last, time, stream: Stream::Stderr, text })
}

pub(crate) fn format(line: &LogLine, into: &mut Vec<u8>) {
    let stream = match line.stream {
        Stream::Stdout => "out",
        Stream::Stderr => "err",
    };
    // A carriage return inside a line is kept; a line feed cannot be in one.
    let LogLine { seq, time, text, .. } = line;
    into.extend_from_slice(format!("{seq} {time} {stream} {text}\n").as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log_writer::LogWriter;

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
        assert_eq!((files.last_seq(), files.find_last_seq()), (100, 100));
        let lines = files.lines_before(90, 20);
        let numbers: Vec<_> = lines.iter().map(|line| line.seq).collect();
        assert_eq!(numbers, (70..90).collect::<Vec<_>>());
        assert_eq!(lines[0], line(70));
        drop(writer);
        thread.join().unwrap();
    }

    #[test]
    fn one_file_alone_is_bounded_and_keeps_the_last_line() {
        let folder = tempfile::tempdir().unwrap();
        let files = LogFiles::new(folder.path(), "a", 1_000, 1);
        let (writer, thread) = LogWriter::start().unwrap();
        for seq in 1..=100 {
            writer.write(&files, line(seq));
            writer.flush();
            assert!(std::fs::metadata(&*files.path).unwrap().len() < 1_100);
            assert_eq!(files.find_last_seq(), seq);
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(files.lines_before(101, 100).len() > 5);
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
