//! What to start, and what can be said about it before a process is made.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use rustix::fs::Access;

/// What `execvp` searches where the environment has no `PATH`.
const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// A program to start.
#[derive(Debug, Clone)]
pub struct Command {
    /// The program and its arguments.
    pub argv: Vec<OsString>,
    /// The working directory; a relative one starts at the server's own.
    pub cwd: PathBuf,
    /// The whole environment; nothing of the server's own is added. The spawner sets
    /// `SIGNALBOX_INSTANCE`, `SIGNALBOX_PROCESS_ID` and `SIGNALBOX_GENERATION` itself, by which it
    /// knows a process again that has left its tree.
    pub env: Vec<(OsString, OsString)>,
    /// The index of the supervised process: its place in the ledger.
    pub slot: u32,
    /// Which start of the process this is.
    pub generation: u64,
    /// The process's id.
    pub name: String,
}

/// Why a program cannot be started, in the words of `Cannot start: PROGRAM: REASON`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpawnError {
    /// There is no program in the command.
    #[error("the command is empty")]
    EmptyCommand,
    /// There is no such file, or none of this name in `PATH`.
    #[error("not found")]
    NotFound,
    /// The file is no program that this user may run.
    #[error("permission denied")]
    PermissionDenied,
    /// The path leads to a directory.
    #[error("is a directory")]
    IsDirectory,
    /// The working directory is missing.
    #[error("working directory {} does not exist", .0.display())]
    NoWorkingDirectory(PathBuf),
    /// The working directory is there and cannot be used.
    #[error("working directory {}: {reason}", .path.display())]
    WorkingDirectory {
        /// The directory.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A script names an interpreter that is missing.
    #[error("interpreter {0} not found")]
    NoInterpreter(String),
    /// The program, an argument or a variable contains a zero byte.
    #[error("{0} contains a zero byte")]
    ZeroByte(&'static str),
    /// The operating system refused; its own words, in lower case.
    #[error("{0}")]
    System(String),
    /// The thread that makes children has ended: the server is shutting down.
    #[error("the server is shutting down")]
    ShutDown,
}

impl SpawnError {
    pub(crate) fn system(error: &io::Error) -> Self {
        Self::System(reason(error))
    }
}

/// An error's text without its number, beginning in lower case.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let words = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// Finds the program: `argv[0]` itself if it has a slash, else the first of that name in the
/// `PATH` of the command's environment; relative ones start at the working directory.
///
/// # Errors
/// What can be known before a process is made; some faults only show when the program is run.
pub fn preflight(command: &Command) -> Result<PathBuf, SpawnError> {
    let program = command.argv.first().filter(|program| !program.is_empty());
    let program = program.ok_or(SpawnError::EmptyCommand)?;
    let cwd = working_directory(&command.cwd)?;
    if program.as_bytes().contains(&b'/') {
        let path = cwd.join(program);
        return check_program(&path).map(|()| path);
    }
    search(program, &cwd, &search_path(&command.env))
}

fn working_directory(cwd: &Path) -> Result<PathBuf, SpawnError> {
    let fault =
        |reason: &str| SpawnError::WorkingDirectory { path: cwd.into(), reason: reason.into() };
    match fs::metadata(cwd) {
        Ok(found) if !found.is_dir() => Err(fault("is not a directory")),
        Ok(_) if rustix::fs::access(cwd, Access::EXEC_OK).is_err() => {
            Err(fault("permission denied"))
        }
        Ok(_) => std::path::absolute(cwd).map_err(|error| fault(&reason(&error))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(SpawnError::NoWorkingDirectory(cwd.into()))
        }
        Err(error) => Err(fault(&reason(&error))),
    }
}

fn search_path(env: &[(OsString, OsString)]) -> OsString {
    // The last of two values is the one that counts, as when a shell sets a variable again.
    let value = env.iter().rev().find(|(name, _)| name == "PATH").map(|(_, value)| value.clone());
    value.unwrap_or_else(|| DEFAULT_PATH.into())
}

fn search(program: &OsStr, cwd: &Path, path: &OsStr) -> Result<PathBuf, SpawnError> {
    let mut fault = SpawnError::NotFound;
    for directory in path.as_bytes().split(|byte| *byte == b':') {
        let candidate = cwd.join(OsStr::from_bytes(directory)).join(program);
        // A directory that we may not look into is no reason: the program is just not there.
        let Ok(found) = fs::metadata(&candidate) else { continue };
        if may_run(&candidate, &found) {
            return Ok(candidate);
        }
        // As a shell does: a file that may not be run is only named if no other one is found.
        if found.is_file() {
            fault = SpawnError::PermissionDenied;
        }
    }
    Err(fault)
}

fn check_program(path: &Path) -> Result<(), SpawnError> {
    let found = fs::metadata(path).map_err(|error| file_fault(&error))?;
    if found.is_dir() {
        Err(SpawnError::IsDirectory)
    } else if may_run(path, &found) {
        Ok(())
    } else {
        Err(SpawnError::PermissionDenied)
    }
}

fn may_run(path: &Path, found: &Metadata) -> bool {
    found.is_file() && rustix::fs::access(path, Access::EXEC_OK).is_ok()
}

fn file_fault(error: &io::Error) -> SpawnError {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => SpawnError::NotFound,
        io::ErrorKind::PermissionDenied => SpawnError::PermissionDenied,
        _ => SpawnError::system(error),
    }
}

/// What an `execve` that failed says about the program.
pub(crate) fn exec_fault(path: &Path, error: &io::Error) -> SpawnError {
    match error.kind() {
        io::ErrorKind::NotFound => {
            interpreter(path).map_or(SpawnError::NotFound, SpawnError::NoInterpreter)
        }
        _ => file_fault(error),
    }
}

/// The interpreter that the first line of a script names; `None` if the file is no script.
fn interpreter(path: &Path) -> Option<String> {
    let mut first = Vec::new();
    // The kernel reads no more than this of the line.
    File::open(path).ok()?.take(256).read_to_end(&mut first).ok()?;
    let line = first.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    let word = line.trim_ascii().split(u8::is_ascii_whitespace).next()?;
    Some(OsString::from_vec(word.to_vec()).to_string_lossy().into_owned())
}
