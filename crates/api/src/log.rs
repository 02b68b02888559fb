//! Lines of output.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a line was written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// One line of a process's output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogLine {
    /// Grows by one with every line of this process.
    pub seq: u64,
    /// When it was read, in ms since the epoch.
    pub time: u64,
    /// Where it was written to.
    pub stream: Stream,
    /// The line, without its end.
    pub text: String,
}

/// The last lines of one process.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "lines": [{ "seq": 7, "time": 1767225600118_u64, "stream": "stdout", "text": "Server listening on port 3001" }]
}))]
pub struct Logs {
    /// Oldest first.
    pub lines: Vec<Arc<LogLine>>,
}

/// A line with the process that wrote it: Socket.IO's `log:line`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProcessLogLine<'a> {
    /// The process's id.
    pub process: &'a str,
    /// See [`LogLine`].
    pub seq: u64,
    /// See [`LogLine`].
    pub time: u64,
    /// See [`LogLine`].
    pub stream: Stream,
    /// See [`LogLine`].
    pub text: &'a str,
}
