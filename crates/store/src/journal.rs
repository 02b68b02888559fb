//! The journal of lifecycle events.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension, params};
use thiserror::Error;

use crate::reopen::Reopen;
use crate::schema::Database;
use crate::writer::Writer;

/// The file in the data directory.
pub const JOURNAL_FILE: &str = "signalbox.db";

pub(crate) const DATABASE: Database = Database {
    migrations: &["CREATE TABLE events (
        seq INTEGER PRIMARY KEY,
        process TEXT NOT NULL,
        generation INTEGER NOT NULL,
        payload TEXT NOT NULL
    ) STRICT;
    CREATE INDEX events_by_process ON events (process, seq);"],
    probe: "SELECT min(seq), max(seq) FROM events",
};

/// The generation of each process's last event, which is its greatest. It goes from one process to the next, however
/// many events each has: a server has to wait for this when it starts.
const LAST_GENERATIONS: &str = "
    WITH RECURSIVE ids (process) AS (
        SELECT min(process) FROM events
        UNION ALL
        SELECT (SELECT min(process) FROM events WHERE process > ids.process) FROM ids WHERE process IS NOT NULL
    )
    SELECT process, (SELECT generation FROM events WHERE process = ids.process ORDER BY seq DESC LIMIT 1)
    FROM ids WHERE process IS NOT NULL";

/// One event to keep.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its number.
    pub seq: u64,
    /// The process that it is about.
    pub process: Arc<str>,
    /// The generation that it is about.
    pub generation: u64,
    /// The event as JSON.
    pub payload: Arc<str>,
}

/// What was found at the start.
#[derive(Debug, Default)]
pub struct Opened {
    /// The last number in the journal; 0 if it is empty.
    pub last_seq: u64,
    /// The last generation of each process.
    pub generations: HashMap<String, u64>,
    /// The last event of each process, as JSON.
    pub last_events: HashMap<String, String>,
    /// What the user should know, in a sentence each.
    pub warnings: Vec<String>,
}

/// Part of the journal, oldest first.
#[derive(Debug, Default)]
pub struct Page {
    /// Number, process and JSON of each event.
    pub records: Vec<Record>,
    /// Whether there are more after these.
    pub more: bool,
}

/// The journal could not be read.
#[derive(Debug, Error)]
#[error("the journal cannot be read: {0}")]
pub struct ReadError(#[from] rusqlite::Error);

/// The journal of lifecycle events. One without a usable file keeps nothing, and says so once.
#[derive(Debug)]
pub struct Journal {
    reader: Option<Arc<Mutex<Connection>>>,
    writer: Option<Writer>,
}

impl Journal {
    /// Opens or makes the journal at `path`, which keeps the newest events, as many as take `most_bytes`. Never fails: a
    /// damaged file is set aside, and without a usable one the journal keeps nothing. Either is told in
    /// [`Opened::warnings`].
    pub fn open(path: &Path, most_bytes: u64) -> (Self, Opened) {
        let mut opened = Opened::default();
        let attempt = DATABASE
            .open_or_replace("journal", path, &mut opened.warnings)
            .and_then(|writer| Ok((writer, DATABASE.open(path)?)));
        match attempt {
            Ok((writing, reading)) => {
                if let Err(error) = read_last(&reading, &mut opened) {
                    opened
                        .warnings
                        .push(format!("The journal's last events cannot be read: {error}"));
                }
                let reading = Arc::new(Mutex::new(reading));
                let file = Reopen::new(path, reading.clone());
                let reader = Some(reading);
                let writer = Writer::start(writing, file, most_bytes)
                    .map_err(|error| opened.warnings.push(format!("Nothing is journaled: {error}")))
                    .ok();
                (Self { reader, writer }, opened)
            }
            Err(error) => {
                opened.warnings.push(format!(
                    "The journal {} cannot be used ({error}): events are not kept over a restart.",
                    path.display()
                ));
                (Self { reader: None, writer: None }, opened)
            }
        }
    }

    /// Keeps an event. Returns at once; the write follows [`Journal::write_soon`], or the next flush.
    pub fn append(&self, record: Record) {
        if let Some(writer) = &self.writer {
            writer.append(record);
        }
    }

    /// Has what was appended written within some ms. Apart from `append`, since it wakes a thread, which may well take
    /// the processor from what is more urgent.
    pub fn write_soon(&self) {
        if let Some(writer) = &self.writer {
            writer.write_soon();
        }
    }

    /// Returns once everything that was appended before is on disk, or was given up.
    pub fn flush(&self) {
        if let Some(writer) = &self.writer {
            writer.flush();
        }
    }

    /// At most `limit` events after number `after`, of one process or of all.
    pub fn page(&self, process: Option<&str>, after: u64, limit: usize) -> Result<Page, ReadError> {
        let Some(reader) = &self.reader else { return Ok(Page::default()) };
        let reader = reader.lock().unwrap_or_else(PoisonError::into_inner);
        let mut statement = reader.prepare_cached(
            "SELECT seq, process, generation, payload FROM events
             WHERE seq > ?1 AND (?2 IS NULL OR process = ?2) ORDER BY seq LIMIT ?3",
        )?;
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let wanted = i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX);
        let rows = statement.query_map(params![after, process, wanted], |row| {
            Ok(Record {
                seq: row.get::<_, i64>(0)?.cast_unsigned(),
                process: row.get(1)?,
                generation: row.get::<_, i64>(2)?.cast_unsigned(),
                payload: row.get(3)?,
            })
        })?;
        let mut records = rows.collect::<Result<Vec<_>, _>>()?;
        let more = records.len() > limit;
        records.truncate(limit);
        Ok(Page { records, more })
    }
}

fn read_last(connection: &Connection, opened: &mut Opened) -> rusqlite::Result<()> {
    let last: Option<Option<i64>> =
        connection.query_row("SELECT max(seq) FROM events", [], |row| row.get(0)).optional()?;
    opened.last_seq = last.flatten().unwrap_or(0).cast_unsigned();
    let mut statement = connection.prepare(LAST_GENERATIONS)?;
    let rows = statement.query_map([], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?.cast_unsigned()))
    })?;
    for row in rows {
        let (process, generation) = row?;
        opened.generations.insert(process, generation);
    }
    let mut statement = connection.prepare(
        "SELECT process, payload FROM events
         WHERE seq IN (SELECT max(seq) FROM events GROUP BY process)",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    opened.last_events = rows.collect::<Result<_, _>>()?;
    Ok(())
}

#[cfg(test)]
mod tests;
