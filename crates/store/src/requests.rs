//! The log of requests.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, Row, params};
use thiserror::Error;

use crate::requests_writer::{RequestBatch, Writer};
use crate::schema::Database;

/// The file in the data directory.
pub const REQUESTS_FILE: &str = "requests.db";

/// The log's schema. Each entry brings it from the version of its index to the next one.
///
/// `ids.next` is greater than every number that was ever given to a request, whether or not it got into the log.
const MIGRATIONS: &[&str] = &["CREATE TABLE requests (
        id INTEGER PRIMARY KEY,
        process TEXT NOT NULL,
        model TEXT,
        provider TEXT,
        outcome TEXT,
        payload TEXT NOT NULL
    ) STRICT;
    CREATE INDEX requests_by_outcome ON requests (outcome);
    CREATE TABLE ids (next INTEGER NOT NULL) STRICT;
    INSERT INTO ids VALUES (1);"];

pub(crate) const DATABASE: Database = Database {
    migrations: MIGRATIONS,
    // Meets damage in the first and the last page, and in the index.
    probe: "SELECT min(id), max(id), (SELECT count(*) FROM requests), (SELECT next FROM ids) FROM requests",
};

/// One request to keep: its JSON, and what it can be found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRequest {
    /// Its number.
    pub id: u64,
    /// The process that it went through.
    pub process: Arc<str>,
    /// The model that was asked for.
    pub model: Option<Arc<str>>,
    /// The provider that it went to.
    pub provider: Option<Arc<str>>,
    /// How it ended; none while it is in flight.
    pub outcome: Option<Arc<str>>,
    /// All of it.
    pub payload: Arc<str>,
}

/// Which requests are asked for.
#[derive(Clone, Debug, Default)]
pub struct RequestQuery {
    /// Those with a smaller number.
    pub before: Option<u64>,
    /// How many at most.
    pub limit: usize,
    /// Those that went through this process.
    pub process: Option<String>,
    /// Those for this model.
    pub model: Option<String>,
    /// Those that went to this provider.
    pub provider: Option<String>,
    /// Those that ended like this.
    pub outcome: Option<String>,
}

/// What was found at the start.
#[derive(Debug)]
pub struct OpenedRequests {
    /// The number of the next request.
    pub next_id: u64,
    /// Those that were in flight when the program before this one died.
    pub unfinished: Vec<StoredRequest>,
    /// What the user should know, in a sentence each.
    pub warnings: Vec<String>,
}

/// The log of requests. One without a usable file keeps nothing, and says so once.
#[derive(Debug)]
pub struct RequestStore {
    reader: Option<Mutex<Connection>>,
    writer: Result<Writer, String>,
}

/// The log cannot be read.
#[derive(Debug, Error)]
#[error("the log of requests cannot be read: {0}")]
pub struct ReadRequestsError(#[from] rusqlite::Error);

impl RequestStore {
    /// Opens or makes the log at `path`. Never fails: a damaged file is set aside, and without a usable one the log
    /// keeps nothing. Either is told in [`OpenedRequests::warnings`].
    pub fn open(path: &Path) -> (Self, OpenedRequests) {
        let mut opened =
            OpenedRequests { next_id: 1, unfinished: Vec::new(), warnings: Vec::new() };
        match open(path, &mut opened) {
            Ok(this) => (this, opened),
            Err(reason) => {
                let warning = format!(
                    "The log of requests {} cannot be used ({reason}): only requests in flight are shown.",
                    path.display()
                );
                opened.warnings.push(warning.clone());
                (Self { reader: None, writer: Err(warning) }, opened)
            }
        }
    }

    /// Has a batch written. Returns at once.
    pub fn write(&self, batch: RequestBatch) {
        if let Ok(writer) = &self.writer {
            writer.write(batch);
        }
    }

    /// Why requests that have ended are missing, for people, if they are: the disk takes none at present, or there is no
    /// usable file.
    pub fn fault(&self) -> Option<String> {
        match &self.writer {
            Ok(writer) => {
                let cannot =
                    |error| format!("Requests cannot be logged, and will be missing here: {error}");
                writer.fault().map(cannot)
            }
            Err(warning) => Some(warning.clone()),
        }
    }

    /// The number of the last batch that was written, or given up.
    pub fn written(&self) -> u64 {
        self.writer.as_ref().map_or(u64::MAX, Writer::written)
    }

    /// Returns once all batches are on disk, or were given up.
    pub fn flush(&self) {
        if let Ok(writer) = &self.writer {
            writer.flush();
        }
    }

    /// The end: like [`RequestStore::flush`], and no number is passed over at the next start.
    pub fn close(&self) {
        if let Ok(writer) = &self.writer {
            writer.close();
        }
    }

    /// Forgets all requests that have ended. Blocks until that is so.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn clear(&self) -> Result<(), String> {
        self.writer.as_ref().map_or(Ok(()), Writer::clear)
    }

    /// The newest requests that have ended and that `query` asks for, newest first.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn page(&self, query: &RequestQuery) -> Result<Vec<StoredRequest>, ReadRequestsError> {
        let Some(reader) = &self.reader else { return Ok(Vec::new()) };
        let reader = reader.lock().unwrap_or_else(PoisonError::into_inner);
        let mut statement = reader.prepare_cached(
            "SELECT id, process, model, provider, outcome, payload FROM requests
             WHERE id < ?1 AND outcome IS NOT NULL
             AND (?2 IS NULL OR process = ?2) AND (?3 IS NULL OR model = ?3)
             AND (?4 IS NULL OR provider = ?4) AND (?5 IS NULL OR outcome = ?5)
             ORDER BY id DESC LIMIT ?6",
        )?;
        let RequestQuery { before, limit, process, model, provider, outcome } = query;
        let before = before.and_then(|before| i64::try_from(before).ok()).unwrap_or(i64::MAX);
        let limit = i64::try_from(*limit).unwrap_or(i64::MAX);
        let parameters = params![before, process, model, provider, outcome, limit];
        let rows = statement.query_map(parameters, request)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn open(path: &Path, opened: &mut OpenedRequests) -> Result<RequestStore, String> {
    let said = |error: rusqlite::Error| error.to_string();
    let writing = DATABASE.open_or_replace("log of requests", path, &mut opened.warnings);
    let writing = writing.map_err(|error| error.to_string())?;
    let reading = DATABASE.open(path).map_err(|error| error.to_string())?;
    opened.next_id = next_id(&reading).map_err(said)?;
    opened.unfinished = unfinished(&reading).map_err(said)?;
    let writer = Writer::start(writing).map_err(|error| error.to_string())?;
    Ok(RequestStore { reader: Some(Mutex::new(reading)), writer: Ok(writer) })
}

fn next_id(connection: &Connection) -> rusqlite::Result<u64> {
    let next: i64 = connection.query_row(
        "SELECT max((SELECT next FROM ids), ifnull((SELECT max(id) + 1 FROM requests), 1))",
        [],
        |row| row.get(0),
    )?;
    Ok(next.cast_unsigned())
}

fn unfinished(connection: &Connection) -> rusqlite::Result<Vec<StoredRequest>> {
    let mut statement = connection.prepare(
        "SELECT id, process, model, provider, outcome, payload FROM requests
         WHERE outcome IS NULL ORDER BY id",
    )?;
    statement.query_map([], request)?.collect()
}

fn request(row: &Row<'_>) -> rusqlite::Result<StoredRequest> {
    Ok(StoredRequest {
        id: row.get::<_, i64>(0)?.cast_unsigned(),
        process: row.get(1)?,
        model: row.get(2)?,
        provider: row.get(3)?,
        outcome: row.get(4)?,
        payload: row.get(5)?,
    })
}

#[cfg(test)]
mod tests;
