//! The socket in the data directory that the control server listens on.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use tokio::net::UnixStream;

/// Its name.
pub const SOCKET_FILE: &str = "requests.sock";

/// The longest path that a socket's address takes, in bytes.
const LONGEST_PATH: usize = 107;

/// Only its owner may connect; the data directory is the owner's alone as well.
const MODE: u32 = 0o600;

/// Listens in this data directory, in place of a server that is no more. The caller holds the
/// directory: nobody else listens there. The listener does not block, so that any runtime takes it.
///
/// # Errors
/// If the socket cannot be made there.
pub fn listen(data_dir: &Path) -> io::Result<UnixListener> {
    let path = data_dir.join(SOCKET_FILE);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let address = Address::of(data_dir)?;
    let listener = UnixListener::bind(&address.path)?;
    listener.set_nonblocking(true)?;
    fs::set_permissions(&path, Permissions::from_mode(MODE))?;
    Ok(listener)
}

/// Connects to who listens in this data directory.
///
/// # Errors
/// If nobody does.
pub async fn connect(data_dir: &Path) -> io::Result<UnixStream> {
    let address = Address::of(data_dir)?;
    UnixStream::connect(&address.path).await
}

/// A path of the socket that is short enough for an address.
struct Address {
    path: PathBuf,
    /// What the path goes through, if it is not the plain one.
    _directory: Option<File>,
}

impl Address {
    fn of(data_dir: &Path) -> io::Result<Self> {
        let path = data_dir.join(SOCKET_FILE);
        if path.as_os_str().len() <= LONGEST_PATH {
            return Ok(Self { path, _directory: None });
        }
        let directory = File::open(data_dir)?;
        let path = format!("/proc/self/fd/{}/{SOCKET_FILE}", directory.as_raw_fd()).into();
        Ok(Self { path, _directory: Some(directory) })
    }
}
