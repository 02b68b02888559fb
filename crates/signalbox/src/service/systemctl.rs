//! The user's systemd, spoken to through its own command.

use std::ffi::OsString;
use std::io;
use std::process::{Command, Stdio};

use crate::environment::Environment;
use crate::failure::Failure;

/// The unit's name.
pub(super) const UNIT: &str = "signalbox.service";

/// A systemd that answers.
#[derive(Debug)]
pub(super) struct Systemctl {
    environment: Vec<(OsString, OsString)>,
}

impl Systemctl {
    /// Finds out whether it answers, before anything is changed.
    pub(super) fn find(environment: &Environment) -> Result<Self, Failure> {
        let this = Self { environment: environment.without(&[]) };
        this.run(&["show", "--property=Version"])?;
        Ok(this)
    }

    /// Runs one of its verbs for this user.
    pub(super) fn run(&self, arguments: &[&str]) -> Result<(), Failure> {
        let mut command = Command::new("systemctl");
        command.arg("--user").args(arguments).stdin(Stdio::null());
        command.env_clear().envs(self.environment.iter().map(|(name, value)| (name, value)));
        let output = command.output().map_err(|error| missing(&error))?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(Failure::Failed(format!(
            "`systemctl --user {}` failed: {}",
            arguments.join(" "),
            advice(said.trim())
        )))
    }
}

fn missing(error: &io::Error) -> Failure {
    let advice = "a user service needs systemd. Run `signalbox up` under what this machine has instead; `signalbox service install --print` shows what it would have to do";
    Failure::Failed(match error.kind() {
        io::ErrorKind::NotFound => format!("there is no `systemctl` here: {advice}"),
        _ => format!("`systemctl` cannot be run: {}: {advice}", crate::config::reason(error)),
    })
}

/// What it said, and what to do about the one thing that it says most.
fn advice(said: &str) -> String {
    if said.contains("connect to bus") || said.contains("has not been booted") {
        return format!(
            "{said}. No systemd runs for this user: log in as the user (`machinectl shell USER@`), or run `loginctl enable-linger USER` first"
        );
    }
    if said.is_empty() { "it does not say why".to_owned() } else { said.to_owned() }
}
