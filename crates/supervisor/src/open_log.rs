//! One log file while it is written to.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt};
use std::sync::atomic::Ordering;

use api::{LogLine, Stream};

use crate::log_files::{LogFiles, format};

/// How much is gathered before it is written, in bytes.
const MUCH: usize = 1024 * 1024;

/// A file that is written to.
pub(crate) struct OpenLog {
    files: LogFiles,
    file: File,
    length: u64,
    pending: Vec<u8>,
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
        let length = file.metadata()?.len();
        let pending = if is_torn(&file, length)? { b"\n".to_vec() } else { Vec::new() };
        Ok(Self { files: files.clone(), file, length, pending })
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
        format(line, &mut self.pending);
    }

    /// How long the file is once all is written, in bytes.
    pub(crate) fn length(&self) -> u64 {
        self.length + self.pending.len() as u64
    }

    /// Says before `line` that some are missing, and writes that at once: with a mark that is lost, so is their number.
    pub(crate) fn mark(&mut self, line: &LogLine, left_out: u64) -> io::Result<()> {
        let text =
            format!("[signalbox: {left_out} lines are missing here: the disk could not take them]");
        format(&LogLine { stream: Stream::Stderr, text, ..line.clone() }, &mut self.pending);
        // A mark that was not written is counted as one line, in place of the one that it was to stand before.
        self.write().inspect_err(|_| {
            self.files.left_out.fetch_add(left_out, Ordering::Relaxed);
        })
    }

    /// What cannot be written is counted, and a line of which a part was is taken out again. A file that was deleted
    /// is made anew: what is written to it would be gone with it.
    pub(crate) fn write(&mut self) -> io::Result<()> {
        let pending = std::mem::take(&mut self.pending);
        if self.is_deleted() {
            *self = Self::open(&self.files).inspect_err(|_| self.give_up(&pending, 0))?;
        }
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
        self.files.left_out.fetch_add(lost, Ordering::Relaxed);
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
