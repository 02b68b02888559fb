//! Which other supervisors this machine has. Their figures, measured once by hand with the same
//! steps, stand in the README; they are not dependencies of this benchmark.
use std::process::{Command, Stdio};

const PEERS: [(&str, &str); 3] =
    [("s6-svscan", "--help"), ("pm2", "--version"), ("supervisord", "--version")];

/// One line for people.
pub(crate) fn line() -> String {
    let there = |(name, option): &(&str, &str)| {
        let mut command = Command::new(name);
        command.arg(option).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok()
    };
    let (there, missing): (Vec<_>, Vec<_>) = PEERS.iter().partition(|peer| there(peer));
    let names = |peers: Vec<&(&'static str, _)>| {
        let names: Vec<&str> = peers.into_iter().map(|(name, _)| *name).collect();
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    };
    format!("other supervisors here: {}; not here: {}", names(there), names(missing))
}
