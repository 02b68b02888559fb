//! The data directory: whose it is.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

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
    _file: Option<File>,
}

/// Makes the directory, for its owner alone, and claims it. One that is there but cannot be written to is used without
/// a claim: what would be kept there is not, and the caller is warned.
pub(crate) fn claim(path: &Path) -> Result<Claim, DataDirError> {
    let unusable = |source| DataDirError::Unusable { path: path.to_owned(), source };
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(unusable)?;
    let lock = path.join("lock");
    let options = OpenOptions::new().read(true).write(true).create(true).mode(0o600).clone();
    let mut file = match options.open(&lock) {
        Ok(file) => file,
        Err(error) if is_read_only(&error) => {
            tracing::warn!(data_dir = %path.display(), %error, "the data directory cannot be written to: history, logs and the token are not kept");
            return Ok(Claim { _file: None });
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
    Ok(Claim { _file: Some(file) })
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
