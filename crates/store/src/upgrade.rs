//! What a program does in a data directory that a newer one has used.

use std::fs;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::schema::{BACKUP, newest, open_read_only, version};
use crate::{CATALOG_FILE, JOURNAL_FILE, REQUESTS_FILE, catalog, journal, requests};

/// A database was made by a newer program, which this one cannot read.
#[derive(Debug, Error)]
#[error(
    "{} was made by a newer Signalbox (its tables have version {found}, this one knows {known}): run that one, give another --data-dir, or {}",
    path.display(),
    way_back(path, .backup.as_deref())
)]
pub struct NewerDatabase {
    /// The file.
    pub path: PathBuf,
    /// The version of its tables.
    pub found: i64,
    /// The newest version that this program knows.
    pub known: i64,
    /// The newest copy beside it that this program can use.
    pub backup: Option<PathBuf>,
}

fn way_back(path: &Path, backup: Option<&Path>) -> String {
    match backup {
        Some(backup) => format!(
            "go back to how it was before the upgrade, with no server running: rm -f {0}-wal {0}-shm && mv {1} {0}",
            path.display(),
            backup.display()
        ),
        None => "move it away, which begins a new one".to_owned(),
    }
}

/// Looks whether this program can use all databases in `data_dir`. What is missing, damaged or cannot be read is no
/// obstacle here: whoever opens it deals with that.
///
/// # Errors
///
/// If a newer program made one of them.
pub fn refuse_newer(data_dir: &Path) -> Result<(), NewerDatabase> {
    let all = [
        (CATALOG_FILE, catalog::MIGRATIONS),
        (JOURNAL_FILE, journal::DATABASE.migrations),
        (REQUESTS_FILE, requests::DATABASE.migrations),
    ];
    for (name, migrations) in all {
        let (path, known) = (data_dir.join(name), newest(migrations));
        if let Some(found) = version_of(&path).filter(|found| *found > known) {
            let backup = best_backup(&path, known);
            return Err(NewerDatabase { path, found, known, backup });
        }
    }
    Ok(())
}

fn version_of(path: &Path) -> Option<i64> {
    if !path.exists() {
        return None;
    }
    open_read_only(path, |_| Ok(())).and_then(|connection| version(&connection)).ok()
}

/// The copy beside it that has the newest tables of those that `known` covers, the last one made.
fn best_backup(path: &Path, known: i64) -> Option<PathBuf> {
    let stem = path.file_stem()?.to_str()?;
    let entries = fs::read_dir(path.parent()?).ok()?;
    let numbered = entries.filter_map(|entry| {
        let name = entry.ok()?.file_name().into_string().ok()?;
        let numbers = name.strip_prefix(stem)?.strip_prefix('.')?.strip_prefix(BACKUP)?;
        let (version, number) = numbers.split_once('-')?;
        Some((version.parse::<i64>().ok()?, number.parse::<u32>().ok()?, name))
    });
    let usable = numbered.filter(|(version, ..)| *version <= known);
    usable.max().map(|(.., name)| path.with_file_name(name))
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::{Catalog, Journal, RequestStore};

    fn made() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        drop(Catalog::open(&folder.path().join(CATALOG_FILE)));
        drop(Journal::open(&folder.path().join(JOURNAL_FILE), 1_000_000));
        drop(RequestStore::open(&folder.path().join(REQUESTS_FILE)));
        folder
    }

    #[test]
    fn what_this_program_made_it_can_use() {
        let folder = made();
        assert!(refuse_newer(folder.path()).is_ok());
        assert!(refuse_newer(Path::new("/nowhere")).is_ok());
        fs::write(folder.path().join(JOURNAL_FILE), [b'x'; 9_000]).unwrap();
        assert!(refuse_newer(folder.path()).is_ok(), "a damaged one is somebody else's matter");
    }

    #[test]
    fn each_newer_one_is_refused_with_the_way_back() {
        for (name, version) in [(CATALOG_FILE, 2), (JOURNAL_FILE, 1), (REQUESTS_FILE, 1)] {
            let folder = made();
            let path = folder.path().join(name);
            let connection = Connection::open(&path).unwrap();
            connection.pragma_update(None, "user_version", 99).unwrap();
            drop(connection);
            let refused = refuse_newer(folder.path()).unwrap_err();
            assert_eq!((&refused.path, refused.found, refused.known), (&path, 99, version));
            assert!(refused.to_string().ends_with("move it away, which begins a new one"));
            for backup in ["backup-v1-2", "backup-v1-10", "backup-v50-1", "backup-v0-3"] {
                fs::write(path.with_extension(backup), "").unwrap();
            }
            let said = refuse_newer(folder.path()).unwrap_err().to_string();
            let backup = path.with_extension("backup-v1-10");
            let command = format!("mv {} {}", backup.display(), path.display());
            assert!(said.ends_with(&command), "{said}");
        }
    }
}
