//! The process object.

use std::sync::Arc;

use lifecycle::{Cause, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Stream;

/// One supervised process, as every client sees it. Times are ms since the epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "id": "providerRouter", "title": "Provider router", "state": "running", "running": true, "message": "Running :3001",
    "error": null, "port": 3001, "pid": 4242, "generation": 1, "uptime": 12, "since": 1767225600120_u64,
    "startedAt": 1767225600000_u64, "readyAt": 1767225600120_u64, "cause": null,
    "evidence": {
        "line": "Server listening on port 3001", "port": 3001, "listenerPid": 4242, "http": null, "afterMs": 120
    },
    "survivors": null, "killAt": null, "output": null, "restarts": 0, "restart": null, "exit": null, "autostart": true
}))]
pub struct Process {
    /// Its id in the configuration, such as `providerRouter`.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// What is so.
    #[schema(value_type = crate::schema::State, example = "running")]
    pub state: State,
    /// True in state `running` alone.
    pub running: bool,
    /// The badge's text, such as `Running :3001`.
    pub message: String,
    /// What went wrong; in state `error` alone.
    pub error: Option<String>,
    /// The port it serves. In events: null while `stopping` and `stopped`.
    pub port: Option<u16>,
    /// The child, while it lives.
    pub pid: Option<u32>,
    /// Which start this is; 0 before the first one.
    pub generation: u64,
    /// Whole seconds since it was ready; 0 if it is not running.
    pub uptime: u64,
    /// When this state began.
    pub since: u64,
    /// When this generation was spawned.
    pub started_at: Option<u64>,
    /// When this generation was proven ready.
    pub ready_at: Option<u64>,
    /// The kind of error, for programs; in state `error` alone.
    #[schema(value_type = Option<crate::schema::Cause>)]
    pub cause: Option<Cause>,
    /// What proved it ready; in state `running` alone.
    pub evidence: Option<Evidence>,
    /// What of the tree was alive when last looked at; in state `stopping` alone.
    pub survivors: Option<Vec<Survivor>>,
    /// When SIGKILL follows; in state `stopping` alone.
    pub kill_at: Option<u64>,
    /// The last lines, at most 5, that this generation wrote; in state `error` alone.
    pub output: Option<Vec<OutputLine>>,
    /// How many automatic restarts there were since the last order.
    pub restarts: u32,
    /// The restart to come; in state `error` alone.
    pub restart: Option<Restart>,
    /// How the last generation ended.
    pub exit: Option<Exit>,
    /// Whether it is started with the server.
    pub autostart: bool,
    /// What it says of itself (`STATUS=` of `sd_notify`), such as `Draining: 2 requests in flight`; only there while it
    /// lives and has said something. It changes without a lifecycle event: `detail:updated` tells of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// What proved a process ready.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// The line of output that matched.
    pub line: Option<String>,
    /// The port that accepted.
    pub port: Option<u16>,
    /// Who owns the listening socket.
    pub listener_pid: Option<u32>,
    /// The status that the ready path answered.
    pub http: Option<u16>,
    /// Who said by itself that it serves; only there where `ready.notify` asks for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notifier_pid: Option<u32>,
    /// From the spawn to the proof, in ms.
    pub after_ms: u64,
}

/// A member of a process tree that is still alive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Survivor {
    /// Its process id.
    pub pid: u32,
    /// Its name, as `ps` shows it.
    pub name: String,
}

/// A line of a failed generation's output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OutputLine {
    /// Where it was written to.
    pub stream: Stream,
    /// The line, without its end.
    pub text: String,
}

/// A restart that is to come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Restart {
    /// Which one within the window, from 1.
    pub attempt: u32,
    /// How many there may be within the window.
    pub max: u32,
    /// When, in ms since the epoch.
    pub at: u64,
}

/// How a generation ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Exit {
    /// The exit code; null if a signal ended it.
    pub code: Option<i32>,
    /// The signal's name; null if it exited.
    pub signal: Option<String>,
    /// Whether a user had asked for it.
    pub requested: bool,
    /// When, in ms since the epoch.
    pub time: u64,
}

/// All processes at one moment.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Processes {
    /// In the order of the configuration.
    pub processes: Vec<Arc<Process>>,
    /// The last event that they include.
    pub seq: u64,
}
