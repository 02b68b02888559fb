//! Database files: opening, migrations, and what to do with a file that is damaged.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

/// A database that is appended to, and begun anew where it is damaged.
pub(crate) struct Database {
    /// Its schema: each entry brings it from the version of its index to the next one.
    pub(crate) migrations: &'static [&'static str],
    /// What meets damage in the first and the last page; a full check would read the whole file at every start.
    pub(crate) probe: &'static str,
}

impl Database {
    /// Opens it, makes or migrates its schema, and checks that it can be read.
    pub(crate) fn open(&self, path: &Path) -> rusqlite::Result<Connection> {
        let mut connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        // It is appended to; a small cache keeps the server small.
        connection.pragma_update(None, "cache_size", -512)?;
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
    ) -> rusqlite::Result<Connection> {
        let error = match self.open(path) {
            Err(error) if is_damage(&error) => error,
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

/// Brings the schema up to date.
pub(crate) fn migrate(connection: &mut Connection, migrations: &[&str]) -> rusqlite::Result<()> {
    let version = version(connection)?;
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

/// Which version of its schema a database has; 0 if it is new.
pub(crate) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Whether opening failed because of what is in the file, so that a new file would help.
pub(crate) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase)
    )
}

/// Moves a damaged database out of the way, with what belongs to it, and says where it is now.
pub(crate) fn set_aside(path: &Path) -> std::io::Result<PathBuf> {
    let aside = (1u32..)
        .map(|n| path.with_extension(format!("damaged-{n}")))
        .find(|candidate| !candidate.exists())
        .unwrap_or_else(|| path.with_extension("damaged"));
    std::fs::rename(path, &aside)?;
    // What was written last may be in the side file alone: whoever mends the database needs it.
    for suffix in ["-wal", "-shm"] {
        match std::fs::rename(beside(path, suffix), beside(&aside, suffix)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(aside)
}

/// The path of a side file.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut side = path.as_os_str().to_owned();
    side.push(suffix);
    side.into()
}
