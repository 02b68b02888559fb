//! The data directory: whose it is.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use thiserror::Error;

/// The data directory cannot be had.
#[derive(Debug, Error)]
pub enum DataDirError {
    /// Another server uses it.
    #[error("the data directory {} is in use by another server{}", path.display(), pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default())]
    InUse {
        /// The directory.
        path: PathBuf,
        /// The other server, if it left its number.
        pid: Option<u32>,
    },
    /// It is not there and cannot be made, or is no directory.
    #[error("the data directory {} cannot be used: {source}", path.display())]
    Unusable {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The lock on a data directory; given back when it is dropped, by the kernel if need be.
#[derive(Debug)]
pub(crate) struct Claim {
    /// Whoever removes the file below cannot remove this lock with it.
    _directory: File,
    _file: Option<File>,
}

/// Makes the directory, for its owner alone, and claims it. One that is there but cannot be written to is used without
/// a claim on its file: what would be kept there is not, and the caller is warned.
pub(crate) fn claim(path: &Path) -> Result<Claim, DataDirError> {
    let unusable = |source| DataDirError::Unusable { path: path.to_owned(), source };
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(unusable)?;
    let lock = path.join("lock");
    let directory = File::open(path).map_err(unusable)?;
    // Not every file system can lock a directory; on such a one the file alone is locked.
    if let Err(TryLockError::WouldBlock) = directory.try_lock() {
        let pid = File::open(&lock).ok().and_then(|mut file| read_pid(&mut file));
        return Err(DataDirError::InUse { path: path.to_owned(), pid });
    }
    warn_of_others(path, &directory);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).mode(0o600).custom_flags(no_follow());
    let mut file = match options.open(&lock) {
        Ok(file) => file,
        Err(error) if is_read_only(&error) => {
            tracing::warn!(data_dir = %path.display(), %error, "the data directory cannot be written to: history, logs and the token are not kept");
            return Ok(Claim { _directory: directory, _file: None });
        }
        Err(error) => return Err(unusable(error)),
    };
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(DataDirError::InUse { path: path.to_owned(), pid: read_pid(&mut file) });
        }
        Err(TryLockError::Error(source)) => return Err(unusable(source)),
    }
    // Only there to name us to a second server; a full disk is no reason not to start.
    let _unnamed = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
    Ok(Claim { _directory: directory, _file: Some(file) })
}

/// Whoever can write to the directory can put files of his own in the place of the server's.
fn warn_of_others(path: &Path, directory: &File) {
    let mode = directory.metadata().map(|metadata| metadata.permissions().mode());
    if mode.is_ok_and(|mode| mode & 0o022 != 0) {
        tracing::warn!(data_dir = %path.display(), "others can write to the data directory: take that from them with chmod go-w");
    }
}

/// A file that leads elsewhere would have that one overwritten.
fn no_follow() -> i32 {
    OFlags::NOFOLLOW.bits().cast_signed()
}

fn is_read_only(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ReadOnlyFilesystem
            | io::ErrorKind::PermissionDenied
            | io::ErrorKind::StorageFull
    )
}

fn read_pid(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}
