//! Which other supervisors this machine has, for whoever wants to run the same steps on them.
//! They are not measured here.
use std::process::{Command, Stdio};

const PEERS: [&str; 3] = ["s6-svscan", "pm2", "supervisord"];

/// One line for people.
pub(crate) fn line() -> String {
    let there = |name: &&str| {
        let mut shell = Command::new("sh");
        shell.args(["-c", "command -v \"$0\"", name]).stdout(Stdio::null());
        shell.status().is_ok_and(|status| status.success())
    };
    let (there, missing): (Vec<_>, Vec<_>) = PEERS.into_iter().partition(there);
    let names = |peers: Vec<&str>| {
        if peers.is_empty() { "none".to_owned() } else { peers.join(", ") }
    };
    format!("other supervisors here: {}; not here: {}", names(there), names(missing))
}
