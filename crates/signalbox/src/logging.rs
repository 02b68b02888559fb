//! The program's own log, on standard error.
//!
//! A thread of its own writes it: whoever reads the log may be slow, and nothing that is logged may wait for that. What
//! comes while the queue is full is lost.

use std::io;

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

use crate::environment::Environment;
use crate::failure::Failure;
use crate::terminal::Terminal;

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
        .with_writer(writer)
        .with_ansi(terminal.err_colours)
        .with_target(false)
        .try_init();
    started.map_err(|error| Failure::Failed(format!("cannot log: {error}")))?;
    Ok(guard)
}
