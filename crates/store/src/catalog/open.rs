//! Opening the catalog to change it.

use std::io;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use rusqlite::Connection;
use thiserror::Error;

use super::read::{self, ContentsError};
use super::{Catalog, Contents, schema, write};
use crate::file::{keep_private, set_aside};
use crate::schema::{self as file_schema, is_damage};

/// How long a lock that somebody holds is waited for: a backup, or a person with a database browser.
pub(super) const BUSY: Duration = Duration::from_secs(3);

#[derive(Debug, Error)]
enum OpenError {
    #[error("{0}")]
    File(#[from] io::Error),
    #[error("{0}")]
    Database(#[from] rusqlite::Error),
    #[error("{0}")]
    Schema(#[from] file_schema::OpenError),
    #[error("{0}")]
    Contents(#[from] ContentsError),
}

impl OpenError {
    fn is_damage(&self) -> bool {
        match self {
            Self::Database(error) | Self::Contents(ContentsError::Database(error)) => {
                is_damage(error)
            }
            Self::Schema(error) => error.is_damage(),
            Self::File(_) | Self::Contents(_) => false,
        }
    }
}

impl Catalog {
    /// Opens or makes the catalog at `path`, and gives what is in it and what the user should know. Never fails: a
    /// damaged file is set aside, and where there is no usable one the catalog is in memory, for this run.
    pub fn open(path: &Path) -> (Self, Contents, Vec<String>) {
        let mut warnings = Vec::new();
        match open_or_replace(path, &mut warnings) {
            Ok((connection, contents)) => (Self::of(Some(connection), true), contents, warnings),
            Err(error) => {
                warnings.push(format!(
                    "The catalog {} cannot be used ({error}): changes of providers, models, settings and credentials hold for this run alone, and do not reach the proxies.",
                    path.display()
                ));
                let (catalog, contents) = Self::in_memory(path);
                (catalog, contents, warnings)
            }
        }
    }

    fn of(connection: Option<Connection>, is_kept: bool) -> Self {
        Self { connection: connection.map(Mutex::new), is_kept }
    }

    /// With what can be read at `path`, else as it is at the first start.
    fn in_memory(path: &Path) -> (Self, Contents) {
        let contents = Contents::read(path).unwrap_or_else(|_| Contents::first_start());
        (Self::of(copy_in_memory(contents.clone()).ok(), false), contents)
    }
}

fn copy_in_memory(contents: Contents) -> Result<Connection, OpenError> {
    let mut connection = Connection::open_in_memory()?;
    connection.pragma_update(None, "foreign_keys", true)?;
    schema::prepare(&mut connection)?;
    write::replace_all(&mut connection, contents)?;
    Ok(connection)
}

fn open_or_replace(
    path: &Path,
    warnings: &mut Vec<String>,
) -> Result<(Connection, Contents), OpenError> {
    let error = match open(path) {
        Err(error) if error.is_damage() => error,
        other => return other,
    };
    let aside = set_aside(path)?;
    warnings.push(format!(
        "The catalog {} was damaged ({error}). It was set aside as {}, and a new one was begun: providers, models, settings and credentials are those of a first start.",
        path.display(),
        aside.display()
    ));
    open(path)
}

fn open(path: &Path) -> Result<(Connection, Contents), OpenError> {
    keep_private(path)?;
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(BUSY)?;
    schema::refuse_newer(&connection)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A change is answered once it is on disk.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // A key that was deleted is gone from the file.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "cache_size", -256)?;
    check(&connection)?;
    schema::prepare(&mut connection)?;
    let contents = read::contents(&connection.transaction()?)?;
    Ok((connection, contents))
}

/// Looks at the whole file, which is small: damage is met now rather than when it costs something.
fn check(connection: &Connection) -> rusqlite::Result<()> {
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" {
        return Ok(());
    }
    let corrupt = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
    Err(rusqlite::Error::SqliteFailure(corrupt, Some(verdict)))
}
