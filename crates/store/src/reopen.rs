//! What to do where somebody deletes the journal's file while it is in use: what is written then goes nowhere.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;

use crate::journal::DATABASE;
use crate::schema::OpenError;

/// The journal's file, and the connection of those who read it.
#[derive(Debug)]
pub(crate) struct Reopen {
    path: PathBuf,
    /// Device and number of the file.
    file: Option<(u64, u64)>,
    reader: Arc<Mutex<Connection>>,
}

impl Reopen {
    pub(crate) fn new(path: &Path, reader: Arc<Mutex<Connection>>) -> Self {
        Self { path: path.to_owned(), file: identity(path), reader }
    }

    /// A connection to a new file where the old one is not there any more, and the reader with it.
    pub(crate) fn anew_if_deleted(&mut self) -> Result<Option<Connection>, OpenError> {
        if identity(&self.path) == self.file {
            return Ok(None);
        }
        if let Some(directory) = self.path.parent() {
            // An error shows at once in what follows.
            let _there = DirBuilder::new().recursive(true).mode(0o700).create(directory);
        }
        let mut warnings = Vec::new();
        let writing = DATABASE.open_or_replace("journal", &self.path, &mut warnings)?;
        *self.reader.lock().unwrap_or_else(PoisonError::into_inner) = DATABASE.open(&self.path)?;
        self.file = identity(&self.path);
        tracing::warn!(path = %self.path.display(), "the journal was deleted while in use: a new one is begun, and what it had is lost");
        Ok(Some(writing))
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    fs::metadata(path).ok().map(|found| (found.dev(), found.ino()))
}
