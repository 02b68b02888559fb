//! From one version of a schema to the next.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;

const FIRST: &str = "CREATE TABLE words (word TEXT NOT NULL) STRICT;";
const SECOND: &str = "ALTER TABLE words ADD COLUMN length INTEGER NOT NULL DEFAULT 0;
    UPDATE words SET length = length(word);";
const THIRD: &str = "CREATE INDEX words_by_length ON words (length);";

const OLD: Database = Database { migrations: &[FIRST], probe: "SELECT count(*) FROM words" };
const NEW: Database =
    Database { migrations: &[FIRST, SECOND, THIRD], probe: "SELECT count(length) FROM words" };

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn an_older_one_is_brought_up_to_date_and_kept_beside() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("it's words.db");
    let old = OLD.open(&path).unwrap();
    old.execute("INSERT INTO words VALUES ('four')", []).unwrap();
    drop(old);
    let new = NEW.open(&path).unwrap();
    let length: i64 = new.query_row("SELECT length FROM words", [], |row| row.get(0)).unwrap();
    assert_eq!((length, version(&new).unwrap()), (4, 3));
    drop(new);
    let backup = folder.path().join("it's words.backup-v1-1");
    assert_eq!(fs::metadata(&backup).unwrap().permissions().mode() & 0o777, 0o600);
    let kept = Connection::open(&backup).unwrap();
    let word: String = kept.query_row("SELECT word FROM words", [], |row| row.get(0)).unwrap();
    assert_eq!((word.as_str(), version(&kept).unwrap()), ("four", 1));
    drop((NEW.open(&path).unwrap(), kept));
    assert_eq!(names(folder.path()), ["it's words.backup-v1-1", "it's words.db"]);
}

#[test]
fn a_new_one_needs_no_backup() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("words.db");
    drop(NEW.open(&path).unwrap());
    assert_eq!(names(folder.path()), ["words.db"]);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_newer_one_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("words.db");
    drop(NEW.open(&path).unwrap());
    assert!(matches!(OLD.open(&path), Err(OpenError::Newer(3))));
    assert_eq!(version(&Connection::open(&path).unwrap()).unwrap(), 3);
}

#[test]
fn without_a_backup_nothing_is_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("words.db");
    drop(OLD.open(&path).unwrap());
    let mut connection = Connection::open(&path).unwrap();
    // Nothing may be vacuumed within a transaction.
    connection.execute_batch("BEGIN").unwrap();
    assert!(matches!(migrate(&mut connection, NEW.migrations), Err(OpenError::Backup(_))));
    connection.execute_batch("COMMIT").unwrap();
    assert_eq!(version(&connection).unwrap(), 1);
    drop(connection);
    assert_eq!(names(folder.path()), ["words.db"], "not even half a backup");
}
