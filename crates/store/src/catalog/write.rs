//! Changing the catalog.

use std::time::Duration;

use rusqlite::{Connection, ErrorCode, params};
use serde_json::Value;
use thiserror::Error;

use super::open::BUSY;
use super::{Contents, ContentsError, Model, Provider, QwenCredentials, Seconds, Setting, read};

/// One change of the catalog.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A new provider, or the one with its id as it is from now on.
    PutProvider(Provider),
    /// This provider is gone, and its models with it.
    DeleteProvider(String),
    /// A new model, or the one with its id as it is from now on.
    PutModel(Model),
    /// This model is gone.
    DeleteModel(String),
    /// A setting has this value.
    Set(Setting, Value),
    /// A setting has its default again.
    Unset(Setting),
    /// Qwen's credentials are these.
    PutQwen(QwenCredentials),
    /// Qwen has no credentials.
    DeleteQwen,
}

/// The catalog could not be changed; it is as it was.
#[derive(Debug, Error)]
pub enum ChangeError {
    /// The disk is full.
    #[error("the disk is full")]
    DiskFull,
    /// The file, its folder or its disk cannot be written to.
    #[error("it cannot be written to")]
    ReadOnly,
    /// Somebody else has it locked.
    #[error("another program has it locked")]
    Locked,
    /// There was no memory for it.
    #[error("there is no memory for it")]
    NoMemory,
    /// SQLite says why.
    #[error("{0}")]
    Other(rusqlite::Error),
    /// What was written cannot be read back.
    #[error("{0}")]
    Contents(ContentsError),
}

impl From<rusqlite::Error> for ChangeError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                Self::ReadOnly
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked,
            _ => Self::Other(error),
        }
    }
}

impl From<ContentsError> for ChangeError {
    fn from(error: ContentsError) -> Self {
        match error {
            ContentsError::Database(error) => error.into(),
            other => Self::Contents(other),
        }
    }
}

/// All changes or none.
pub(super) fn apply(
    connection: &mut Connection,
    changes: &[Change],
) -> Result<Contents, ChangeError> {
    let transaction = connection.transaction()?;
    for change in changes {
        carry_out(&transaction, change)?;
    }
    let contents = read::contents(&transaction)?;
    transaction.commit()?;
    tidy(connection);
    Ok(contents)
}

/// Writes what stands beside the file into it, so that the file by itself is whole, for backups, and no deleted key
/// stands beside it. Waits for nobody: with a reader in the way, the next change does it.
fn tidy(connection: &Connection) {
    let _later = connection.busy_timeout(Duration::ZERO);
    let _later = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_row| Ok(()));
    let _again = connection.busy_timeout(BUSY);
}

/// Everything is as in `contents` from now on.
pub(super) fn replace_all(connection: &mut Connection, contents: Contents) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute_batch(
        "DELETE FROM providers; DELETE FROM models; DELETE FROM settings; DELETE FROM qwen_credentials;",
    )?;
    for change in all_of(contents) {
        carry_out(&transaction, &change)?;
    }
    transaction.commit()
}

/// The changes that make `contents` from nothing. Equals keep their order.
pub(super) fn all_of(contents: Contents) -> Vec<Change> {
    let Contents { providers, models, settings, qwen } = contents;
    let set = settings.set_by_hand().map(|(setting, value)| Change::Set(setting, value.clone()));
    let mut changes: Vec<Change> = providers.into_iter().map(Change::PutProvider).collect();
    changes.extend(models.into_iter().map(Change::PutModel));
    changes.extend(set);
    changes.extend(qwen.map(Change::PutQwen));
    changes
}

pub(super) fn carry_out(connection: &Connection, change: &Change) -> rusqlite::Result<()> {
    match change {
        Change::PutProvider(provider) => put_provider(connection, provider),
        Change::DeleteProvider(id) => run(connection, "DELETE FROM providers WHERE id = ?1", [id]),
        Change::PutModel(model) => put_model(connection, model),
        Change::DeleteModel(id) => run(connection, "DELETE FROM models WHERE id = ?1", [id]),
        Change::Set(setting, value) => run(
            connection,
            "INSERT OR REPLACE INTO settings (key, value) VALUES (?1, ?2)",
            [setting.key(), &value.to_string()],
        ),
        Change::Unset(setting) => {
            run(connection, "DELETE FROM settings WHERE key = ?1", [setting.key()])
        }
        Change::PutQwen(credentials) => put_qwen(connection, credentials),
        Change::DeleteQwen => run(connection, "DELETE FROM qwen_credentials", []),
    }
}

fn run(
    connection: &Connection,
    statement: &str,
    params: impl rusqlite::Params,
) -> rusqlite::Result<()> {
    connection.execute(statement, params).map(drop)
}

// Not REPLACE, which would delete the row first, and with it the provider's models.
fn put_provider(connection: &Connection, provider: &Provider) -> rusqlite::Result<()> {
    run(
        connection,
        "INSERT INTO providers (id, name, type, base_url, enabled, priority, description, api_key, created_at_ms, updated_at_ms,
             connect_timeout_s, first_byte_timeout_s, idle_timeout_s)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
         ON CONFLICT (id) DO UPDATE SET name = ?2, type = ?3, base_url = ?4, enabled = ?5, priority = ?6,
             description = ?7, api_key = ?8, created_at_ms = ?9, updated_at_ms = ?10, connect_timeout_s = ?11,
             first_byte_timeout_s = ?12, idle_timeout_s = ?13",
        params![
            provider.id,
            provider.name,
            provider.kind.name(),
            provider.base_url,
            provider.enabled,
            provider.priority,
            provider.description,
            provider.api_key.as_ref().map(super::ApiKey::expose),
            provider.created_at_ms.cast_signed(),
            provider.updated_at_ms.cast_signed(),
            provider.timeouts.connect.map(Seconds::get),
            provider.timeouts.first_byte.map(Seconds::get),
            provider.timeouts.idle.map(Seconds::get),
        ],
    )
}

fn put_model(connection: &Connection, model: &Model) -> rusqlite::Result<()> {
    let capabilities = Value::from(model.capabilities.clone()).to_string();
    run(
        connection,
        "INSERT INTO models (id, name, provider_id, upstream_model, capabilities, created_at_ms, updated_at_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (id) DO UPDATE SET name = ?2, provider_id = ?3, upstream_model = ?4, capabilities = ?5,
             created_at_ms = ?6, updated_at_ms = ?7",
        params![
            model.id,
            model.name,
            model.provider_id,
            model.upstream_model,
            capabilities,
            model.created_at_ms.cast_signed(),
            model.updated_at_ms.cast_signed(),
        ],
    )
}

fn put_qwen(connection: &Connection, credentials: &QwenCredentials) -> rusqlite::Result<()> {
    run(
        connection,
        "INSERT OR REPLACE INTO qwen_credentials
             (only_row, api_key, expires_at_ms, region, base_url, created_at_ms, updated_at_ms)
         VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            credentials.api_key.expose(),
            credentials.expires_at_ms.map(u64::cast_signed),
            credentials.region.name(),
            credentials.base_url,
            credentials.created_at_ms.cast_signed(),
            credentials.updated_at_ms.cast_signed(),
        ],
    )
}
