//! The supervised program: as little as can be, so that the figures are the supervisor's and not
//! its. It is this binary itself, in a mode of its own.
use std::io::{self, Write};

use crate::clock::now_ns;

/// Writes `ready NS`, the clock just before the write, then sleeps until a signal ends it.
/// The time comes back in the event that says which line proved the process ready.
pub(crate) fn ready() -> io::Result<()> {
    let mut line = Vec::with_capacity(32);
    writeln!(line, "ready {}", now_ns())?;
    io::stdout().write_all(&line)?;
    pause()
}

/// Sleeps until a signal ends it, without a word.
pub(crate) fn pause() -> io::Result<()> {
    loop {
        std::thread::park();
    }
}

/// When the line was about to be written, in nanoseconds.
pub(crate) fn written_at(line: &str) -> Option<u64> {
    line.strip_prefix("ready ")?.trim().parse().ok()
}
