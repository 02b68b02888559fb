//! What can go wrong, with the words that the contract gives it.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Exit {
    /// It exited with this code.
    Code(i32),
    /// This signal ended it.
    Signal {
        /// The signal's number.
        number: i32,
        /// The signal's name, such as `SIGKILL`.
        name: String,
    },
}

/// Who holds a port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Holder {
    /// The program's name, as `ps` shows it.
    pub name: String,
    /// Its process id.
    pub pid: u32,
}

/// Why a process is in `error`. `Display` is the contract's text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The program cannot be started.
    CannotStart {
        /// `argv[0]`.
        program: String,
        /// Why, as a lower-case fragment.
        reason: String,
    },
    /// Somebody else listens on its port.
    PortTaken {
        /// The port.
        port: u16,
        /// Who listens; unknown without the right to see.
        holder: Option<Holder>,
    },
    /// It ended before it was ready.
    EndedDuringStartup(Exit),
    /// It was not ready in time.
    StartupTimeout {
        /// The time it had.
        timeout: Duration,
        /// The conditions that did not hold.
        open: String,
    },
    /// It ended after it was ready.
    Ended(Exit),
    /// Its port was closed while it lived on.
    NotServing {
        /// The port.
        port: u16,
    },
    /// Its liveness probe failed too often in a row.
    NotResponding {
        /// What the last probe met.
        reason: String,
    },
}

/// The fault's kind, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the contract's words")]
pub enum Cause {
    CannotStart,
    PortTaken,
    ExitedDuringStartup,
    KilledDuringStartup,
    StartupTimeout,
    Exited,
    Killed,
    NotServing,
    NotResponding,
}

impl Fault {
    /// The fault's kind.
    pub fn cause(&self) -> Cause {
        match self {
            Self::CannotStart { .. } => Cause::CannotStart,
            Self::PortTaken { .. } => Cause::PortTaken,
            Self::EndedDuringStartup(Exit::Code(_)) => Cause::ExitedDuringStartup,
            Self::EndedDuringStartup(Exit::Signal { .. }) => Cause::KilledDuringStartup,
            Self::StartupTimeout { .. } => Cause::StartupTimeout,
            Self::Ended(Exit::Code(_)) => Cause::Exited,
            Self::Ended(Exit::Signal { .. }) => Cause::Killed,
            Self::NotServing { .. } => Cause::NotServing,
            Self::NotResponding { .. } => Cause::NotResponding,
        }
    }

    /// Whether trying again could help. What was never spawned fails again for the same reason.
    pub fn is_worth_a_retry(&self) -> bool {
        !matches!(self, Self::CannotStart { .. } | Self::PortTaken { .. })
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "Process exited with code {code}"),
            Self::Signal { number, name } => {
                write!(f, "Process killed by signal {number} ({name})")
            }
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CannotStart { program, reason } => write!(f, "Cannot start: {program}: {reason}"),
            Self::PortTaken { port, holder } => {
                write!(f, "Port {port} is already in use")?;
                match holder {
                    Some(Holder { name, pid }) => write!(f, " by {name} (pid {pid})"),
                    None => Ok(()),
                }
            }
            Self::EndedDuringStartup(exit) => write!(f, "{exit} during startup"),
            Self::StartupTimeout { timeout, open } => {
                write!(f, "Startup timeout ({}s): {open}", seconds(*timeout))
            }
            Self::Ended(exit) => exit.fmt(f),
            Self::NotServing { port } => write!(f, "Not serving: port {port} was closed"),
            Self::NotResponding { reason } => write!(f, "Not responding: {reason}"),
        }
    }
}

/// Seconds with at most three decimals: `30`, `1.5`, `0.25`.
fn seconds(duration: Duration) -> String {
    let text = format!("{:.3}", duration.as_secs_f64());
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_have_at_most_three_decimals() {
        for (ms, text) in
            [(30_000, "30"), (1_500, "1.5"), (90_000, "90"), (250, "0.25"), (1, "0.001")]
        {
            assert_eq!(seconds(Duration::from_millis(ms)), text);
        }
    }

    #[test]
    fn texts_are_the_contracts() {
        let kill = Exit::Signal { number: 9, name: "SIGKILL".to_owned() };
        let holder = Some(Holder { name: "node".to_owned(), pid: 7 });
        for (fault, text) in [
            (Fault::EndedDuringStartup(Exit::Code(0)), "Process exited with code 0 during startup"),
            (
                Fault::EndedDuringStartup(kill.clone()),
                "Process killed by signal 9 (SIGKILL) during startup",
            ),
            (Fault::Ended(Exit::Code(3)), "Process exited with code 3"),
            (Fault::Ended(kill), "Process killed by signal 9 (SIGKILL)"),
            (
                Fault::PortTaken { port: 3001, holder },
                "Port 3001 is already in use by node (pid 7)",
            ),
            (Fault::PortTaken { port: 3001, holder: None }, "Port 3001 is already in use"),
            (Fault::NotServing { port: 3001 }, "Not serving: port 3001 was closed"),
        ] {
            assert_eq!(fault.to_string(), text);
        }
    }
}
