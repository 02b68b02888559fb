//! Reading the catalog, whole.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Row, Transaction};
use serde_json::Value;
use thiserror::Error;

use super::open::BUSY;
use super::{
    ApiKey, Contents, Model, OwnTimeouts, Provider, ProviderKind, QwenCredentials, Region, Seconds,
    Setting, Settings, schema,
};
use crate::schema::{open_read_only, version};

/// The catalog cannot be read.
#[derive(Debug, Error)]
pub enum ContentsError {
    /// SQLite says why.
    #[error("{0}")]
    Database(#[from] rusqlite::Error),
    /// It has something that this program does not know.
    #[error("{what} is not known here")]
    Unknown {
        /// What.
        what: String,
    },
    /// It was made by a newer program.
    #[error("it was made by a newer Signalbox, with version {version} of its tables")]
    Newer {
        /// The version of its tables.
        version: i64,
    },
}

impl Contents {
    /// Reads the catalog at `path`, as of one moment, without changing it: for the programs that do not own it. One that
    /// was not made yet reads as it will be when it is made: whoever starts a proxy first gets what everybody gets.
    ///
    /// # Errors
    ///
    /// If there is a catalog that cannot be read.
    pub fn read(path: &Path) -> Result<Self, ContentsError> {
        if !path.exists() {
            return Ok(Self::first_start());
        }
        let mut connection = open_read_only(path, |connection| connection.busy_timeout(BUSY))?;
        match version(&connection)? {
            0 => Ok(Self::first_start()),
            version if version > schema::newest() => Err(ContentsError::Newer { version }),
            _ => contents(&connection.transaction()?),
        }
    }
}

/// All of it, as the transaction sees it.
pub(super) fn contents(transaction: &Transaction<'_>) -> Result<Contents, ContentsError> {
    // Who only reads meets the tables of an older program until the control server starts.
    let timeouts = match version(transaction)? {
        1 => "NULL, NULL, NULL",
        _ => "connect_timeout_s, first_byte_timeout_s, idle_timeout_s",
    };
    Ok(Contents {
        providers: all(
            transaction,
            &format!(
                "SELECT id, name, type, base_url, enabled, priority, description, api_key, created_at_ms, updated_at_ms,
                 {timeouts} FROM providers ORDER BY priority DESC, rowid"
            ),
            provider,
        )?,
        models: all(
            transaction,
            "SELECT id, name, provider_id, upstream_model, capabilities, created_at_ms, updated_at_ms
             FROM models ORDER BY rowid",
            model,
        )?,
        settings: settings(transaction)?,
        qwen: transaction
            .query_row(
                "SELECT api_key, expires_at_ms, region, base_url, created_at_ms, updated_at_ms FROM qwen_credentials",
                [],
                |row| Ok(qwen(row)),
            )
            .optional()?
            .transpose()?,
    })
}

fn all<T>(
    connection: &Connection,
    query: &str,
    of: fn(&Row<'_>) -> Result<T, ContentsError>,
) -> Result<Vec<T>, ContentsError> {
    let mut statement = connection.prepare(query)?;
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(of(row)?);
    }
    Ok(all)
}

fn provider(row: &Row<'_>) -> Result<Provider, ContentsError> {
    let (id, kind): (String, String) = (row.get(0)?, row.get(2)?);
    let kind = ProviderKind::of(&kind)
        .ok_or_else(|| unknown(format!("the type `{kind}` of the provider `{id}`")))?;
    let api_key: Option<String> = row.get(7)?;
    Ok(Provider {
        id,
        name: row.get(1)?,
        kind,
        base_url: row.get(3)?,
        enabled: row.get(4)?,
        priority: row.get(5)?,
        description: row.get(6)?,
        // What no header can carry is no key: such a row was not written by us.
        api_key: api_key.as_deref().and_then(ApiKey::try_new),
        created_at_ms: row.get::<_, i64>(8)?.cast_unsigned(),
        updated_at_ms: row.get::<_, i64>(9)?.cast_unsigned(),
        timeouts: OwnTimeouts {
            connect: timeout(row, 10)?,
            first_byte: timeout(row, 11)?,
            idle: timeout(row, 12)?,
        },
    })
}

/// What nobody could have set counts as not set.
fn timeout(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Seconds>> {
    let seconds: Option<f64> = row.get(column)?;
    Ok(seconds.and_then(Seconds::try_new))
}

fn model(row: &Row<'_>) -> Result<Model, ContentsError> {
    let (id, capabilities): (String, String) = (row.get(0)?, row.get(4)?);
    let capabilities = serde_json::from_str(&capabilities)
        .map_err(|_| unknown(format!("what stands as capabilities of the model `{id}`")))?;
    Ok(Model {
        id,
        name: row.get(1)?,
        provider_id: row.get(2)?,
        upstream_model: row.get(3)?,
        capabilities,
        created_at_ms: row.get::<_, i64>(5)?.cast_unsigned(),
        updated_at_ms: row.get::<_, i64>(6)?.cast_unsigned(),
    })
}

/// What this program does not know, or could not have set, counts as not set.
fn settings(connection: &Connection) -> Result<Settings, ContentsError> {
    let pair = |row: &Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
    let mut settings = Settings::default();
    for (key, value) in all(connection, "SELECT key, value FROM settings", pair)? {
        let value: Option<Value> = serde_json::from_str(&value).ok();
        if let (Some(setting), Some(value)) = (Setting::of(&key), value)
            && setting.check(&value).is_ok()
        {
            settings.set(setting, value);
        }
    }
    Ok(settings)
}

fn qwen(row: &Row<'_>) -> Result<QwenCredentials, ContentsError> {
    let (key, region): (String, String) = (row.get(0)?, row.get(2)?);
    Ok(QwenCredentials {
        api_key: ApiKey::try_new(&key)
            .ok_or_else(|| unknown("what stands as Qwen's key".to_owned()))?,
        expires_at_ms: row.get::<_, Option<i64>>(1)?.map(i64::cast_unsigned),
        region: Region::of(&region).ok_or_else(|| unknown(format!("Qwen's region `{region}`")))?,
        base_url: row.get(3)?,
        created_at_ms: row.get::<_, i64>(4)?.cast_unsigned(),
        updated_at_ms: row.get::<_, i64>(5)?.cast_unsigned(),
    })
}

fn unknown(what: String) -> ContentsError {
    ContentsError::Unknown { what }
}
