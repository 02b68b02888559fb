//! A process that outlives the server for a moment, to end what a killed one leaves.
//!
//! The kernel ends a killed server's children (`PR_SET_PDEATHSIG`), but not what those have started. The guard holds the
//! reading end of a pipe whose writing end the server alone has: when that ends, however it came to it, the guard reads
//! the ledger and ends what is still there. It is no child of the server, so that it never counts as one of its own.

use std::ffi::OsStr;
use std::io::{self, PipeWriter, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::ledger;
use crate::strays::end_strays;
use crate::tree::Member;

/// The server's end of the pipe. The guard acts when it is dropped, or the server dies.
#[derive(Debug)]
pub struct Guard(PipeWriter);

impl Guard {
    /// Starts `program` with `arguments`, which must call [`detach_guard`] and then be gone. Must be called before
    /// there is a [`crate::Spawner`], since that makes the server the parent of all orphans.
    ///
    /// # Errors
    /// If the program cannot be started, or fails.
    pub fn start(program: &OsStr, arguments: &[&OsStr]) -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        let status = quiet(program, arguments, reader.into()).status()?;
        if status.success() { Ok(Self(writer)) } else { Err(io::Error::other(status.to_string())) }
    }

    /// Says which run of the server it is to clean up after.
    ///
    /// # Errors
    /// If the guard is gone.
    pub fn watch_over(&mut self, instance: &str) -> io::Result<()> {
        self.0.write_all(instance.as_bytes())
    }
}

/// Starts the guard proper with the standard input of this process, which is to end at once: the guard then has no
/// parent but `init`.
///
/// # Errors
/// If the program cannot be started.
pub fn detach_guard(program: &OsStr, arguments: &[&OsStr]) -> io::Result<()> {
    // Nobody joins it: it is to outlive this process.
    quiet(program, arguments, Stdio::inherit()).spawn().map(drop)
}

/// Waits until the server is gone and ends what it left. Returns that.
///
/// # Errors
/// As [`end_strays`].
pub fn stand_guard(server: &mut impl Read, ledger: &Path) -> io::Result<Vec<Member>> {
    let mut instance = String::new();
    server.read_to_string(&mut instance)?;
    match ledger::read(ledger)? {
        // Not written yet, or by a later run, which has ended what was left.
        Some(record) if record.instance == instance => end_strays(ledger),
        _ => Ok(Vec::new()),
    }
}

/// In a group of its own: a Ctrl-C is meant for the server. Without the server's output: whoever waits for its end
/// waits for the server.
fn quiet(program: &OsStr, arguments: &[&OsStr], stdin: Stdio) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).stdin(stdin).stdout(Stdio::null()).stderr(Stdio::null());
    command.current_dir("/").process_group(0);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guard_of_another_run_does_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (mut reader, mut writer) = io::pipe().unwrap();
        writer.write_all(b"other").unwrap();
        drop(writer);
        let ended = stand_guard(&mut reader, &folder.path().join("ledger")).unwrap();
        assert_eq!(ended, []);
    }
}
