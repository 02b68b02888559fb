//! The server's token: where it comes from, and where it is kept for clients of the same user.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::config::reason;
use crate::environment::Environment;
use crate::failure::Failure;

/// Its file in the data directory.
pub(crate) const FILE_NAME: &str = "token";

/// The longest file that is read for one, in bytes: a header can carry no longer token, and `/dev/zero` has no end.
const LONGEST_FILE: u64 = 4_096;

/// A token with fewer characters than this can be guessed by whoever has the patience.
const SAFE_LENGTH: usize = 16;

/// The token in `file`, else that in `SIGNALBOX_TOKEN`, if there is one.
pub(crate) fn from_file_or_environment(
    file: Option<&Path>,
    environment: &Environment,
) -> Result<Option<String>, Failure> {
    if let Some(path) = file {
        let text = read(path).map_err(|error| {
            let path = path.display();
            Failure::Usage(format!("cannot read the token file {path}: {}", reason(&error)))
        })?;
        return checked(&text, &format!("the token in {}", path.display())).map(Some);
    }
    let Some(text) = environment.get("SIGNALBOX_TOKEN") else { return Ok(None) };
    let text = text.to_str().unwrap_or("\u{fffd}");
    checked(text, "SIGNALBOX_TOKEN").map(Some)
}

/// What is not UTF-8 is no token either, which is found out afterwards.
fn read(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LONGEST_FILE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LONGEST_FILE {
        let reason = format!("it has more than {LONGEST_FILE} bytes, which no token has");
        return Err(io::Error::other(reason));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Why the token in force is less of a secret than it could be, in words that do not tell it. `file` is where it was read
/// from.
pub(super) fn concerns(token: &str, file: Option<&Path>) -> Vec<String> {
    let mut concerns = Vec::new();
    if token.len() < SAFE_LENGTH {
        concerns.push(format!(
            "the token has fewer than {SAFE_LENGTH} characters and may be guessed: make one with `openssl rand -hex 32`"
        ));
    }
    let open_file = file.filter(|path| path.metadata().is_ok_and(|file| is_open_to_others(&file)));
    concerns.extend(open_file.map(|path| {
        let path = path.display();
        format!("others than its owner may use the token file {path}: chmod 600 {path}")
    }));
    concerns
}

/// A pipe or a device has no readers of its own.
fn is_open_to_others(file: &fs::Metadata) -> bool {
    file.is_file() && file.permissions().mode() & 0o077 != 0
}

/// A token travels in a header, so it has visible ASCII characters alone. It is not shown.
fn checked(text: &str, what: &str) -> Result<String, Failure> {
    let token = text.trim();
    if token.is_empty() {
        return Err(Failure::Usage(format!("{what} is empty")));
    }
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Failure::Usage(format!("{what} may have visible ASCII characters only")));
    }
    Ok(token.to_owned())
}

/// The kept token; its file goes when this is dropped.
#[derive(Debug)]
pub(super) struct Kept(Option<PathBuf>);

/// Keeps the token in force in the data directory, for its owner alone. Without a token, what an earlier server left is
/// removed. A directory that cannot be written to is worth a warning: clients are then given the token by hand. If the
/// token was read from that very file (`given`), the file is its owner's, and stays.
pub(super) fn keep(data_dir: &Path, token: Option<&str>, given: Option<&Path>) -> Kept {
    let path = data_dir.join(FILE_NAME);
    if given.is_some_and(|given| is_same_file(given, &path)) {
        return Kept(None);
    }
    let kept = remove(&path).and_then(|()| token.map_or(Ok(()), |token| write(&path, token)));
    if let Err(error) = kept {
        tracing::warn!(path = %path.display(), %error, "cannot keep the token for client commands");
        return Kept(None);
    }
    Kept(token.map(|_| path))
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

fn write(path: &Path, token: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{token}")
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if let Some(Err(error)) = self.0.as_deref().map(remove) {
            tracing::warn!(%error, "the token's file cannot be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_kept_for_its_owner_while_it_is_in_force() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(FILE_NAME);
        fs::write(&path, "stale").unwrap();
        let kept = keep(directory.path(), Some("secret"), None);
        assert_eq!(fs::read_to_string(&path).unwrap(), "secret\n");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        drop(kept);
        assert!(!path.exists());
        fs::write(&path, "stale").unwrap();
        keep(directory.path(), None, None);
        assert!(!path.exists());
    }

    #[test]
    fn a_token_file_in_the_data_directory_is_its_owners() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(FILE_NAME);
        fs::write(&path, "secret").unwrap();
        drop(keep(directory.path(), Some("secret"), Some(&path)));
        assert_eq!(fs::read_to_string(&path).unwrap(), "secret");
    }

    #[test]
    fn a_token_is_what_a_header_can_carry() {
        let read =
            |text| from_file_or_environment(None, &Environment::of(&[("SIGNALBOX_TOKEN", text)]));
        assert_eq!(read(" abc\n").unwrap().as_deref(), Some("abc"));
        assert_eq!(read("").unwrap(), None);
        assert!(read("a b").is_err() && read(" ").is_err() && read("ä").is_err());
    }

    #[test]
    fn a_file_without_an_end_or_without_a_token_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("t");
        let none = Environment::default();
        let refused =
            |path: &Path| from_file_or_environment(Some(path), &none).unwrap_err().to_string();
        let endless = refused(Path::new("/dev/zero"));
        assert!(endless.ends_with("/dev/zero: it has more than 4096 bytes, which no token has"));
        assert!(refused(Path::new("/dev/null")).ends_with("/dev/null is empty"));
        fs::write(&path, b"\xff").unwrap();
        assert!(refused(&path).ends_with("may have visible ASCII characters only"));
        fs::write(&path, "x".repeat(4_096)).unwrap();
        let longest = from_file_or_environment(Some(&path), &none).unwrap();
        assert_eq!(longest.map(|token| token.len()), Some(4_096));
    }

    #[test]
    fn a_token_that_is_no_good_secret_is_told_without_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("t");
        fs::write(&path, "short").unwrap();
        let mode = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        mode(0o600);
        assert_eq!(concerns("sixteen-letters!", Some(&path)), [""; 0]);
        let short = concerns("short", None);
        assert!(short.len() == 1 && short[0].contains("fewer than 16"), "{short:?}");
        assert!(!short[0].contains("short"), "{short:?}");
        mode(0o640);
        let open = concerns("sixteen-letters!", Some(&path));
        let told = format!("chmod 600 {}", path.display());
        assert!(open.len() == 1 && open[0].ends_with(&told), "{open:?}");
        assert_eq!(concerns("sixteen-letters!", Some(Path::new("/dev/null"))), [""; 0]);
    }
}
