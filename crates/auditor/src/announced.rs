//! What was announced, read as a client reads it.

use serde::Deserialize;
use serde_json::{Map, Value};

/// The states that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    Stopped,
    Starting,
    Running,
    Stopping,
    Error,
}

impl State {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Error => "error",
        }
    }

    /// Whether something of it is to be alive, or soon.
    pub(crate) const fn is_live(self) -> bool {
        matches!(self, Self::Starting | Self::Running | Self::Stopping)
    }
}

/// What was said of one process last.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Said {
    pub(crate) id: String,
    pub(crate) state: State,
    pub(crate) generation: u64,
    pub(crate) pid: Option<u32>,
    pub(crate) evidence: Option<Evidence>,
}

/// What of the proof can be looked up.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Evidence {
    pub(crate) port: Option<u16>,
    pub(crate) listener_pid: Option<u32>,
}

/// One event: its number and what it says. None for what is not understood.
pub(crate) fn event(json: &str) -> Option<(u64, Said)> {
    let fields: Map<String, Value> = serde_json::from_str(json).ok()?;
    let seq = fields.get("seq")?.as_u64()?;
    let process = fields.into_iter().map(|(_, value)| value).find(Value::is_object)?;
    Some((seq, serde_json::from_value(process).ok()?))
}

#[derive(Deserialize)]
struct Snapshot {
    processes: Vec<Said>,
    seq: u64,
}

/// The whole state: the number of the last event in it, and all processes.
pub(crate) fn snapshot(json: &str) -> Option<(u64, Vec<Said>)> {
    let Snapshot { processes, seq } = serde_json::from_str(json).ok()?;
    Some((seq, processes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_read_as_it_was_sent() {
        let json = r#"{"a":{"id":"a","state":"running","generation":3,"pid":77,"more":[1],
            "evidence":{"line":null,"port":4000,"listenerPid":78,"http":null,"afterMs":5}},
            "timestamp":1767225600000,"seq":9,"epoch":"00c0ffee"}"#;
        let (seq, said) = event(json).unwrap();
        assert_eq!((seq, said.state, said.generation, said.pid), (9, State::Running, 3, Some(77)));
        assert_eq!(said.evidence, Some(Evidence { port: Some(4000), listener_pid: Some(78) }));
        assert!(event("{}").is_none() && event("[").is_none());
    }
}
