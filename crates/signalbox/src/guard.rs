//! `signalbox guard`: what a server starts to clean up after it, should it be killed. Not for people.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

use process::{detach_guard, stand_guard};

use crate::failure::Failure;

/// The command that a server starts, but for the ledger's path; none where this program cannot be found.
pub(crate) fn command() -> Option<Vec<OsString>> {
    let program = env::current_exe().ok()?;
    Some(vec![program.into_os_string(), "guard".into()])
}

/// Leaves a guard behind, or is it.
pub(crate) fn guard(ledger: &Path, detached: bool) -> Result<(), Failure> {
    let done = if detached {
        stand_guard(&mut io::stdin().lock(), ledger).map(drop)
    } else {
        env::current_exe().and_then(|program| {
            let arguments = [OsStr::new("guard"), OsStr::new("--detached"), ledger.as_os_str()];
            detach_guard(program.as_os_str(), &arguments)
        })
    };
    done.map_err(|error| Failure::Failed(format!("the guard cannot do its work: {error}")))
}
