//! What is to be supervised: a configuration that has been checked.

use std::path::PathBuf;
use std::time::Duration;

use lifecycle::{Plan, RestartPolicy};
use regex::Regex;

/// One process to supervise. Its configuration was validated before; `{port}` is replaced in all of it.
#[derive(Clone, Debug)]
pub struct ProcessSpec {
    /// `[A-Za-z][A-Za-z0-9_-]{0,63}`, unique.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// `argv`; a command line for the shell is `["sh", "-c", LINE]` here.
    pub command: Vec<String>,
    /// Where it runs.
    pub cwd: PathBuf,
    /// Added to the server's own environment, over it.
    pub env: Vec<(String, String)>,
    /// The port it serves, if it serves one.
    pub port: Option<u16>,
    /// Whether it is started with the server.
    pub autostart: bool,
    /// Whether the status bar shows its message. Exactly one process has it.
    pub primary: bool,
    /// Ids of what is spawned before it and stopped after it. Without cycles.
    pub after: Vec<String>,
    /// When it is ready.
    pub ready: ReadySpec,
    /// How it is stopped.
    pub stop: StopSpec,
    /// When it is started again by itself.
    pub restart: RestartPolicy,
    /// How it is seen to be well while it runs.
    pub liveness: Option<LivenessSpec>,
    /// Whether it is one of the servers that this program brings along. They take SIGHUP, once they are ready, as the word
    /// to read again what they have read, where most other programs would end; and they say how they are without being
    /// asked to, where others are given `NOTIFY_SOCKET` for `ready.notify` alone.
    pub builtin: bool,
}

/// When a process is ready: all that is set must hold.
#[derive(Clone, Debug)]
pub struct ReadySpec {
    /// Matched against each line of output, an unfinished one too.
    pub stdout: Option<Regex>,
    /// A path on its port that must answer 2xx.
    pub http: Option<String>,
    /// Its port must accept, on a listening socket of its own tree.
    pub tcp: bool,
    /// It must say so by itself, over the socket that `NOTIFY_SOCKET` names to it.
    pub notify: bool,
    /// How long it may take, from the spawn.
    pub timeout: Duration,
}

/// How a process is stopped.
#[derive(Clone, Debug)]
pub struct StopSpec {
    /// The signal's name, such as `SIGTERM`.
    pub signal: String,
    /// When SIGKILL follows.
    pub timeout: Duration,
}

/// How a process is seen to be well while it runs.
#[derive(Clone, Debug)]
pub struct LivenessSpec {
    /// A path on its port that must answer 2xx.
    pub http: String,
    /// From one probe to the next.
    pub interval: Duration,
    /// How long one may take.
    pub timeout: Duration,
    /// How many in a row may fail, the last one being fatal.
    pub failures: u32,
}

impl ProcessSpec {
    /// What the machine must know of it.
    pub(crate) fn plan(&self) -> Plan {
        Plan {
            port: self.port,
            ready_line: self.ready.stdout.as_ref().map(|pattern| pattern.as_str().to_owned()),
            ready_tcp: self.ready.tcp && self.port.is_some(),
            ready_http: self.ready.http.clone(),
            ready_notify: self.ready.notify,
            ready_timeout: self.ready.timeout,
            stop_timeout: self.stop.timeout,
            restart: self.restart.clone(),
            liveness_failures: self.liveness.as_ref().map_or(1, |liveness| liveness.failures),
        }
    }
}
