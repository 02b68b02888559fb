//! Database files, apart from what is in them.

use std::fs::{self, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Each file is its owner's alone: the catalog holds keys, and what programs print may be as secret.
const MODE: u32 = 0o600;

/// Makes the file before SQLite would, whose rights would be anybody's; its side files get the same rights.
pub(crate) fn keep_private(path: &Path) -> io::Result<()> {
    let made = OpenOptions::new().write(true).create_new(true).mode(MODE).open(path);
    match made {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            if fs::metadata(path)?.permissions().mode() & 0o777 == MODE {
                return Ok(());
            }
            fs::set_permissions(path, Permissions::from_mode(MODE))
        }
        Err(error) => Err(error),
    }
}

/// Moves a damaged database out of the way, with what belongs to it, and says where it is now.
pub(crate) fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let aside = free_beside(path, "damaged");
    fs::rename(path, &aside)?;
    // What was written last may be in the side file alone: whoever mends the database needs it.
    for suffix in ["-wal", "-shm"] {
        match fs::rename(beside(path, suffix), beside(&aside, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(aside)
}

/// A path for another file of the same database, such as `catalog.damaged-1`, where there is none yet.
pub(crate) fn free_beside(path: &Path, what: &str) -> PathBuf {
    (1u32..)
        .map(|n| path.with_extension(format!("{what}-{n}")))
        .find(|candidate| !candidate.exists())
        .unwrap_or_else(|| path.with_extension(what))
}

/// The path of a side file.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut side = path.as_os_str().to_owned();
    side.push(suffix);
    side.into()
}
