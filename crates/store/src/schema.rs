//! Database files: opening, migrations, and what to do with a file that is damaged.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags};
use thiserror::Error;

use crate::file::{beside, free_beside, keep_private, set_aside};

/// A database that is appended to, and begun anew where it is damaged.
pub(crate) struct Database {
    /// Its schema: each entry brings it from the version of its index to the next one.
    pub(crate) migrations: &'static [&'static str],
    /// What meets damage in the first and the last page; a full check would read the whole file at every start.
    pub(crate) probe: &'static str,
}

/// How big a side file (`-wal`) stays: as big as SQLite lets it become before it is copied into the database, which is
/// 1,000 pages.
const SIDE_FILE_BYTES: i64 = 4 * 1024 * 1024;

/// A database cannot be used.
#[derive(Debug, Error)]
pub(crate) enum OpenError {
    #[error("{0}")]
    File(#[from] io::Error),
    #[error("{0}")]
    Database(#[from] rusqlite::Error),
    #[error("it was made by a newer Signalbox, with version {0} of its tables")]
    Newer(i64),
    #[error("its tables are not brought up to date, as no backup of it can be made: {0}")]
    Backup(Box<Self>),
}

impl OpenError {
    /// Whether opening failed because of what is in the file, so that a new file would help.
    pub(crate) fn is_damage(&self) -> bool {
        matches!(self, Self::Database(error) if is_damage(error))
    }
}

impl Database {
    /// Opens it, makes or migrates its schema, and checks that it can be read.
    pub(crate) fn open(&self, path: &Path) -> Result<Connection, OpenError> {
        keep_private(path)?;
        let mut connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        // It is appended to; a small cache keeps the server small.
        connection.pragma_update(None, "cache_size", -512)?;
        // What one big transaction made of the side file is given back.
        connection.pragma_update(None, "journal_size_limit", SIDE_FILE_BYTES)?;
        migrate(&mut connection, self.migrations)?;
        connection.query_row(self.probe, [], |_row| Ok(()))?;
        Ok(connection)
    }

    /// Opens it, in place of a damaged one if need be, which is told as a warning about `name`.
    pub(crate) fn open_or_replace(
        &self,
        name: &str,
        path: &Path,
        warnings: &mut Vec<String>,
    ) -> Result<Connection, OpenError> {
        let error = match self.open(path) {
            Err(error) if error.is_damage() => error,
            other => return other,
        };
        let Ok(aside) = set_aside(path) else { return Err(error) };
        warnings.push(format!(
            "The {name} {} was damaged ({error}). It was set aside as {}, and a new one was begun.",
            path.display(),
            aside.display()
        ));
        self.open(path)
    }
}

/// Brings the schema up to date. What was there before is kept in a file beside.
pub(crate) fn migrate(connection: &mut Connection, migrations: &[&str]) -> Result<(), OpenError> {
    let version = version(connection)?;
    let newest = newest(migrations);
    if version > newest {
        return Err(OpenError::Newer(version));
    }
    if (1..newest).contains(&version) {
        back_up(connection, version).map_err(|error| OpenError::Backup(Box::new(error)))?;
    }
    for (migration, next) in migrations.iter().zip(1i64..) {
        if next <= version {
            continue;
        }
        let transaction = connection.transaction()?;
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", next)?;
        transaction.commit()?;
    }
    Ok(())
}

/// The version that these migrations lead to.
pub(crate) fn newest(migrations: &[&str]) -> i64 {
    i64::try_from(migrations.len()).unwrap_or(i64::MAX)
}

/// Writes all of it to a file of its own, such as `catalog.backup-v1-1`.
fn back_up(connection: &Connection, version: i64) -> Result<PathBuf, OpenError> {
    let path = Path::new(connection.path().unwrap_or_default());
    let backup = free_beside(path, &format!("{}{version}", BACKUP));
    keep_private(&backup)?;
    let copied = connection.execute("VACUUM INTO ?1", [backup.to_string_lossy()]);
    if let Err(error) = copied {
        // Half a backup would be taken for one.
        std::fs::remove_file(&backup)?;
        return Err(error.into());
    }
    Ok(backup)
}

/// What stands before the version in a backup's name.
pub(crate) const BACKUP: &str = "backup-v";

/// Which version of its schema a database has; 0 if it is new.
pub(crate) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Opens it to be read, where it may be that nothing can be written.
pub(crate) fn open_read_only(
    path: &Path,
    prepare: impl Fn(&Connection) -> rusqlite::Result<()>,
) -> rusqlite::Result<Connection> {
    let open = |name: &Path, flags| -> rusqlite::Result<Connection> {
        let connection =
            Connection::open_with_flags(name, OpenFlags::SQLITE_OPEN_READ_ONLY | flags)?;
        prepare(&connection)?;
        version(&connection)?;
        Ok(connection)
    };
    match open(path, OpenFlags::empty()) {
        // Even a reader makes side files. Where it may not, nobody else writes either.
        Err(error) if is_refused(&error) && !beside(path, "-wal").exists() => {
            open(Path::new(&immutable(path)), OpenFlags::SQLITE_OPEN_URI)
        }
        other => other,
    }
}

fn is_refused(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly))
}

fn immutable(path: &Path) -> String {
    let path = path.to_string_lossy();
    let path = path.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    format!("file:{path}?immutable=1")
}

/// Whether opening failed because of what is in the file, so that a new file would help.
pub(crate) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

#[cfg(test)]
mod tests;
