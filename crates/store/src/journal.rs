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
    /// Opens or makes the journal at `path`. Never fails: a damaged file is set aside, and without a usable one the
    /// journal keeps nothing. Either is told in [`Opened::warnings`].
    pub fn open(path: &Path, keep: u64) -> (Self, Opened) {
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
                let writer = Writer::start(writing, file, keep)
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

    /// The number of the oldest event that is kept.
    pub fn first_seq(&self) -> Result<Option<u64>, ReadError> {
        let Some(reader) = &self.reader else { return Ok(None) };
        let reader = reader.lock().unwrap_or_else(PoisonError::into_inner);
        let first: Option<i64> =
            reader.query_row("SELECT min(seq) FROM events", [], |row| row.get(0))?;
        Ok(first.map(i64::cast_unsigned))
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
    let mut statement =
        connection.prepare("SELECT process, max(generation) FROM events GROUP BY process")?;
    let rows = statement.query_map([], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?.cast_unsigned()))
    })?;
    for row in rows {
        let (process, generation) = row?;
        opened.generations.insert(process, generation);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(seq: u64, process: &str) -> Record {
        let payload = format!("{{\"seq\":{seq}}}");
        Record { seq, process: process.into(), generation: seq, payload: payload.into() }
    }

    #[test]
    fn gives_back_what_it_was_given_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("signalbox.db");
        let (journal, opened) = Journal::open(&path, 1_000);
        assert_eq!((opened.last_seq, opened.warnings.len()), (0, 0));
        for seq in 1..=10 {
            journal.append(record(seq, if seq % 2 == 0 { "even" } else { "odd" }));
        }
        journal.flush();
        drop(journal);
        let (journal, opened) = Journal::open(&path, 1_000);
        assert_eq!(opened.last_seq, 10);
        assert_eq!(opened.generations["odd"], 9);
        let page = journal.page(Some("even"), 3, 2).unwrap();
        assert_eq!(page.records.iter().map(|record| record.seq).collect::<Vec<_>>(), [4, 6]);
        assert!(page.more);
        assert_eq!(&*page.records[0].payload, "{\"seq\":4}");
    }

    #[test]
    fn keeps_no_more_than_it_should() {
        let folder = tempfile::tempdir().unwrap();
        let (journal, _) = Journal::open(&folder.path().join("j.db"), 100);
        for seq in 1..=5_000 {
            journal.append(record(seq, "a"));
            if seq % 500 == 0 {
                journal.flush();
            }
        }
        let first = journal.first_seq().unwrap().unwrap();
        assert!((4_000..=4_901).contains(&first), "oldest is {first}");
    }

    #[test]
    fn sets_a_damaged_file_aside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("signalbox.db");
        std::fs::write(&path, [b'x'; 9_000]).unwrap();
        let (journal, opened) = Journal::open(&path, 100);
        assert_eq!(opened.warnings.len(), 1, "{:?}", opened.warnings);
        assert!(folder.path().join("signalbox.damaged-1").exists());
        journal.append(record(1, "a"));
        journal.flush();
        assert_eq!(journal.page(None, 0, 10).unwrap().records.len(), 1);
    }

    #[test]
    fn goes_on_in_a_new_file_where_it_was_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kept/signalbox.db");
        std::fs::create_dir(folder.path().join("kept")).unwrap();
        let (journal, _) = Journal::open(&path, 100);
        journal.append(record(1, "a"));
        journal.flush();
        std::fs::remove_dir_all(folder.path().join("kept")).unwrap();
        journal.append(record(2, "a"));
        journal.flush();
        let numbers = |journal: &Journal| -> Vec<_> {
            journal.page(None, 0, 10).unwrap().records.iter().map(|record| record.seq).collect()
        };
        assert_eq!(numbers(&journal), [2]);
        drop(journal);
        assert_eq!(numbers(&Journal::open(&path, 100).0), [2]);
    }

    #[test]
    fn keeps_nothing_where_it_cannot_write_and_says_so() {
        let (journal, opened) = Journal::open(Path::new("/proc/none/signalbox.db"), 100);
        assert_eq!(opened.warnings.len(), 1);
        journal.append(record(1, "a"));
        journal.flush();
        assert!(journal.page(None, 0, 10).unwrap().records.is_empty());
    }
}
