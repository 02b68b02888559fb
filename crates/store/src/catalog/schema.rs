//! The catalog's tables.

use rusqlite::Connection;

use super::Contents;
use super::write;
use crate::schema::{self, OpenError, migrate, version};

/// Each entry brings the schema from the version of its index to the next one.
pub(crate) const MIGRATIONS: &[&str] = &[
    "CREATE TABLE providers (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        type TEXT NOT NULL,
        base_url TEXT NOT NULL,
        enabled INTEGER NOT NULL,
        priority INTEGER NOT NULL,
        description TEXT NOT NULL,
        api_key TEXT,
        created_at_ms INTEGER NOT NULL,
        updated_at_ms INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE models (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        provider_id TEXT NOT NULL REFERENCES providers (id) ON DELETE CASCADE,
        upstream_model TEXT NOT NULL,
        capabilities TEXT NOT NULL,
        created_at_ms INTEGER NOT NULL,
        updated_at_ms INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX models_by_provider ON models (provider_id);
    CREATE TABLE settings (
        key TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT;
    CREATE TABLE qwen_credentials (
        only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
        api_key TEXT NOT NULL,
        expires_at_ms INTEGER,
        region TEXT NOT NULL,
        base_url TEXT,
        created_at_ms INTEGER NOT NULL,
        updated_at_ms INTEGER NOT NULL
    ) STRICT;",
    "ALTER TABLE providers ADD COLUMN connect_timeout_s REAL;
    ALTER TABLE providers ADD COLUMN first_byte_timeout_s REAL;
    ALTER TABLE providers ADD COLUMN idle_timeout_s REAL;",
];

/// The version that this program knows.
pub(super) fn newest() -> i64 {
    schema::newest(MIGRATIONS)
}

/// Leaves alone what a newer program made.
pub(super) fn refuse_newer(connection: &Connection) -> Result<(), OpenError> {
    let found = version(connection)?;
    if found > newest() { Err(OpenError::Newer(found)) } else { Ok(()) }
}

/// Makes or migrates the tables. A new catalog gets its first contents in the same transaction as its first table, so
/// that what a user deletes stays deleted.
pub(super) fn prepare(connection: &mut Connection) -> Result<(), OpenError> {
    if version(connection)? == 0 {
        let transaction = connection.transaction()?;
        for migration in MIGRATIONS {
            transaction.execute_batch(migration)?;
        }
        for change in write::all_of(Contents::first_start()) {
            write::carry_out(&transaction, &change)?;
        }
        transaction.pragma_update(None, "user_version", newest())?;
        return Ok(transaction.commit()?);
    }
    migrate(connection, MIGRATIONS)
}
