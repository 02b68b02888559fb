//! The program's own log, on standard error.

use std::io;

use tracing_subscriber::EnvFilter;

use crate::environment::Environment;
use crate::failure::Failure;
use crate::terminal::Terminal;

/// Starts to log what `SIGNALBOX_LOG` asks for, `info` by default.
pub(crate) fn start(environment: &Environment, terminal: Terminal) -> Result<(), Failure> {
    let wanted = environment.text("SIGNALBOX_LOG").unwrap_or("info");
    let filter = EnvFilter::try_new(wanted)
        .map_err(|error| Failure::Usage(format!("bad SIGNALBOX_LOG {wanted:?}: {error}")))?;
    let started = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(terminal.err_colours)
        .with_target(false)
        .try_init();
    started.map_err(|error| Failure::Failed(format!("cannot log: {error}")))
}
