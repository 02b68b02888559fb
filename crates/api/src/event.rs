//! Lifecycle events.

use std::sync::Arc;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::Process;

/// One state change of one process: the payload of `lifecycle:update`, `{"<process id>": …, "timestamp", "seq", "epoch"}`.
#[derive(Clone, Debug)]
pub struct Event {
    /// The process after the change, its `port` as in events.
    pub process: Arc<Process>,
    /// When, in ms since the epoch.
    pub timestamp: u64,
    /// Grows by one with every event of this server, over all processes.
    pub seq: u64,
    /// This run of the server.
    pub epoch: Arc<str>,
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry(&self.process.id, &self.process)?;
        map.serialize_entry("timestamp", &self.timestamp)?;
        map.serialize_entry("seq", &self.seq)?;
        map.serialize_entry("epoch", &self.epoch)?;
        map.end()
    }
}

/// An event as the journal has it: already JSON.
pub type RecordedEvent = Box<RawValue>;

/// A page of the journal.
#[derive(Debug, serde::Serialize, ToSchema)]
#[schema(example = json!({
    "events": [{
        "qwenProxy": { "id": "qwenProxy", "state": "stopped", "message": "Stopped", "port": null },
        "timestamp": 1767225600000_u64, "seq": 7, "epoch": "00000000c0ffee00"
    }],
    "next": 7
}))]
pub struct History {
    /// Oldest first, each as in `lifecycle:update`.
    #[schema(value_type = Vec<Event>)]
    pub events: Vec<RecordedEvent>,
    /// What to give as `after` for the next page; null at the end.
    pub next: Option<u64>,
}
