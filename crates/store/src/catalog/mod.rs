//! The catalog: providers, models, settings and credentials.

mod contents;
mod key;
mod kinds;
mod open;
mod read;
mod schema;
mod settings;
mod timeouts;
mod write;

use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;

pub use contents::{Contents, Model, Provider, QwenCredentials};
pub use key::{ApiKey, coding_plan_warning};
pub use kinds::{ProviderKind, Region};
pub use read::ContentsError;
pub(crate) use schema::MIGRATIONS;
pub use settings::{Setting, Settings};
pub use timeouts::{OwnTimeouts, Seconds};
pub use write::{Change, ChangeError};

/// The catalog, to be changed. There is one owner: the control server.
#[derive(Debug)]
pub struct Catalog {
    /// None: not even memory was to be had; every change is refused.
    connection: Option<Mutex<Connection>>,
    is_kept: bool,
}

impl Catalog {
    /// Whether changes outlive this run. Without a usable file the catalog is in memory, where no other program sees it.
    pub fn is_kept(&self) -> bool {
        self.is_kept
    }

    /// Carries out all changes or none, and gives what there is afterwards. It is on disk once this returns, so it
    /// takes as long as the disk does.
    ///
    /// # Errors
    ///
    /// If it cannot be written; the catalog is then as it was.
    pub fn apply(&self, changes: &[Change]) -> Result<Contents, ChangeError> {
        let connection = self.connection.as_ref().ok_or(ChangeError::NoMemory)?;
        let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
        write::apply(&mut connection, changes)
    }
}

#[cfg(test)]
mod tests;
