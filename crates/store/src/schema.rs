//! Database files: the journal's schema, migrations, and what to do with a file that is damaged.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

/// The journal's schema. Each entry brings it from the version of its index to the next one.
const MIGRATIONS: &[&str] = &["CREATE TABLE events (
        seq INTEGER PRIMARY KEY,
        process TEXT NOT NULL,
        generation INTEGER NOT NULL,
        payload TEXT NOT NULL
    ) STRICT;
    CREATE INDEX events_by_process ON events (process, seq);"];

/// Opens the journal, makes or migrates its schema, and checks that it can be read.
pub(crate) fn open(path: &Path) -> rusqlite::Result<Connection> {
    let mut connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    // The journal is appended to; a small cache keeps the server small.
    connection.pragma_update(None, "cache_size", -512)?;
    migrate(&mut connection, MIGRATIONS)?;
    // Meets damage in the first and the last page; a full check would read the whole file at every start.
    connection.query_row("SELECT min(seq), max(seq) FROM events", [], |_row| Ok(()))?;
    Ok(connection)
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
