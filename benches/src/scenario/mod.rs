//! What is measured, one scenario a module.
pub(crate) mod cycles;
pub(crate) mod fan_out;
pub(crate) mod latency;
pub(crate) mod thousand;
pub(crate) mod up;

use std::path::{Path, PathBuf};

use crate::failure::{Doing, Outcome};

/// What every scenario is told.
pub(crate) struct Run {
    /// Fewer rounds.
    pub(crate) quick: bool,
    /// The binary under measurement; none: the yardsticks alone.
    pub(crate) signalbox: Option<PathBuf>,
    /// Where other gateways were installed with cargo.
    pub(crate) peers: Option<PathBuf>,
}

impl Run {
    /// One of two numbers of rounds.
    pub(crate) fn rounds(&self, full: u32, quick: u32) -> u32 {
        if self.quick { quick } else { full }
    }
}

/// This program in the mode of a supervised child.
fn child(mode: &str) -> Outcome<Vec<String>> {
    let this = std::env::current_exe().doing("finding this program")?;
    Ok(vec![this.to_string_lossy().into_owned(), "child".to_owned(), mode.to_owned()])
}

/// A folder that is gone when the scenario is.
fn folder() -> Outcome<tempfile::TempDir> {
    tempfile::tempdir().doing("making a folder")
}

/// A folder in `parent`, for one server.
fn within(parent: &Path, name: &str) -> Outcome<PathBuf> {
    let path = parent.join(name);
    std::fs::create_dir_all(&path).doing("making a folder")?;
    Ok(path)
}
