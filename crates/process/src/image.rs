//! A command in the form that the kernel takes, with nothing left to allocate.

use std::ffi::{CString, OsStr, OsString, c_char};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;

use crate::command::{Command, SpawnError};
use crate::tree::{GENERATION, INSTANCE, PROCESS_ID};

/// What the child needs, made before it exists: it may not allocate.
#[derive(Debug)]
pub(crate) struct Image {
    pub(crate) path: CString,
    pub(crate) argv: Vec<CString>,
    pub(crate) env: Vec<CString>,
    pub(crate) cwd: CString,
}

impl Image {
    /// # Errors
    /// If something contains a zero byte.
    pub(crate) fn of(command: &Command, path: &Path, instance: &str) -> Result<Self, SpawnError> {
        let generation = command.generation.to_string();
        let own: [(&str, &OsStr); 3] = [
            (INSTANCE, instance.as_ref()),
            (PROCESS_ID, command.name.as_ref()),
            (GENERATION, generation.as_ref()),
        ];
        let given = command.env.iter().filter(|(name, _)| own.iter().all(|(own, _)| name != own));
        let given = given.map(|(name, value)| (name.as_os_str(), value.as_os_str()));
        let own = own.into_iter().map(|(name, value)| (OsStr::new(name), value));
        Ok(Self {
            path: c_string(path.as_os_str(), "the program")?,
            argv: command
                .argv
                .iter()
                .map(|word| c_string(word, "an argument"))
                .collect::<Result<_, _>>()?,
            env: given.chain(own).map(variable).collect::<Result<_, _>>()?,
            cwd: c_string(command.cwd.as_os_str(), "the working directory")?,
        })
    }
}

fn variable((name, value): (&OsStr, &OsStr)) -> Result<CString, SpawnError> {
    let mut entry = OsString::with_capacity(name.len() + 1 + value.len());
    entry.push(name);
    entry.push("=");
    entry.push(value);
    c_string(&entry, "the environment")
}

fn c_string(text: &OsStr, what: &'static str) -> Result<CString, SpawnError> {
    CString::new(text.as_bytes()).map_err(|_| SpawnError::ZeroByte(what))
}

/// The strings as the kernel expects them: their addresses, then a null.
pub(crate) fn pointers(strings: &[CString]) -> Vec<*const c_char> {
    strings.iter().map(|string| string.as_ptr()).chain([ptr::null()]).collect()
}
