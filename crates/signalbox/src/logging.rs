//! The program's own log, on standard error.
//!
//! A thread of its own writes it: whoever reads the log may be slow, and nothing that is logged may wait for that. What
//! comes while the queue is full is lost.
//!
//! Each event is one line, whatever is in it: what a process or a client has sent begins no line of its own, and no
//! terminal obeys it.

use std::io::{self, Write};

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

use crate::environment::Environment;
use crate::failure::Failure;
use crate::terminal::Terminal;
use crate::visible::visible_line;

/// How many lines may wait for a slow reader. The queue takes memory for all of them at once.
const QUEUE_LINES: usize = 4_096;

/// Starts to log what `SIGNALBOX_LOG` asks for, `info` by default. What is left is written when the guard is dropped.
pub(crate) fn start(environment: &Environment, terminal: Terminal) -> Result<WorkerGuard, Failure> {
    let wanted = environment.text("SIGNALBOX_LOG").unwrap_or("info");
    let filter = EnvFilter::try_new(wanted)
        .map_err(|error| Failure::Usage(format!("bad SIGNALBOX_LOG {wanted:?}: {error}")))?;
    let (writer, guard) = NonBlockingBuilder::default()
        .buffered_lines_limit(QUEUE_LINES)
        .thread_name("log")
        .finish(io::stderr());
    let started = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(move || Lines { writer: writer.clone(), colours: terminal.err_colours })
        .with_ansi(terminal.err_colours)
        .with_target(false)
        .try_init();
    started.map_err(|error| Failure::Failed(format!("cannot log: {error}")))?;
    Ok(guard)
}

/// Takes whole events, each with the end of its line, as they are formatted.
struct Lines<W> {
    writer: W,
    colours: bool,
}

impl<W: Write> Write for Lines<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let line = visible_line(text.strip_suffix('\n').unwrap_or(&text), self.colours);
        self.writer.write_all(format!("{line}\n").as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line_that_no_terminal_obeys() {
        let mut lines = Lines { writer: Vec::new(), colours: false };
        lines.write_all(b"WARN a\nINFO forged \x1b]0;x\x07\n").unwrap();
        assert_eq!(lines.writer, b"WARN a\\u000aINFO forged \\u001b]0;x\\u0007\n");
    }
}
