//! One log file while it is written to.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt};
use std::sync::atomic::Ordering;

use api::LogLine;

use crate::log_files::{LogFiles, format, mark, parse};

/// How much is gathered before it is written, in bytes.
const MUCH: usize = 1024 * 1024;

/// A file that is written to.
pub(crate) struct OpenLog {
    files: LogFiles,
    file: File,
    length: u64,
    pending: Vec<u8>,
    last: u64,
}

impl OpenLog {
    pub(crate) fn open(files: &LogFiles) -> io::Result<Self> {
        if let Some(folder) = files.path.parent() {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let mut options = OpenOptions::new();
        // What programs print may be secret.
        let options = options.create(true).append(true).read(true).mode(0o600);
        let file = options.open(&files.path)?;
        let mut length = file.metadata()?.len();
        if files.begins_anew(length) {
            file.set_len(0)?;
            length = 0;
        }
        let pending = if is_torn(&file, length)? { b"\n".to_vec() } else { Vec::new() };
        Ok(Self { last: files.last_seq(), files: files.clone(), file, length, pending })
    }

    /// The number of the last line that is in the file or about to be.
    pub(crate) fn last(&self) -> u64 {
        self.last
    }

    /// Whether nothing waits to be written.
    pub(crate) fn is_idle(&self) -> bool {
        self.pending.is_empty()
    }

    /// Whether so much waits that it should be written, whatever comes.
    pub(crate) fn has_much(&self) -> bool {
        self.pending.len() >= MUCH
    }

    pub(crate) fn push(&mut self, line: &LogLine) {
        self.mark(line.seq - 1, line.time);
        format(line, &mut self.pending);
        self.last = line.seq;
    }

    /// Says which lines are missing up to number `last`, if any are.
    pub(crate) fn mark(&mut self, last: u64, time: u64) {
        if let Some(mark) = mark(self.last, last, time) {
            format(&mark, &mut self.pending);
            self.last = last;
        }
    }

    /// How long the file is once all is written, in bytes.
    pub(crate) fn length(&self) -> u64 {
        self.length + self.pending.len() as u64
    }

    /// A line of which only a part can be written is taken out again; with those after it, it will be missed by its
    /// number. A file that was deleted is made anew: what is written to it would be gone with it.
    pub(crate) fn write(&mut self) -> io::Result<()> {
        let pending = std::mem::take(&mut self.pending);
        if self.is_deleted() {
            *self = Self { last: self.last, ..Self::open(&self.files)? };
        }
        let mut written = 0;
        while written < pending.len() {
            match self.file.write(&pending[written..]) {
                Ok(more) => written += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.give_up(&pending[..written]);
                    return Err(error);
                }
            }
        }
        self.length += pending.len() as u64;
        self.files.progress.written.store(self.last, Ordering::Relaxed);
        Ok(())
    }

    fn give_up(&self, written: &[u8]) {
        let whole = memchr::memrchr(b'\n', written).map_or(0, |end| end + 1);
        let lines = String::from_utf8_lossy(&written[..whole]);
        if let Some(last) = lines.lines().next_back().and_then(parse) {
            self.files.progress.written.store(last.seq, Ordering::Relaxed);
        }
        // Where that fails the torn line is ended when the file is opened anew.
        let _torn = self.file.set_len(self.length + whole as u64);
    }

    fn is_deleted(&self) -> bool {
        self.file.metadata().is_ok_and(|found| found.nlink() == 0)
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
