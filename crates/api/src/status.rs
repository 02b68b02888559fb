//! The status object, and health.

use std::sync::Arc;

use lifecycle::State;
use serde::Deserialize;
use serde::ser::{Serialize, SerializeMap, Serializer};
use utoipa::ToSchema;

use crate::{Model, Process, Provider};

/// What all processes together are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are the contract's words")]
pub enum Overall {
    Starting,
    Stopping,
    Running,
    Partial,
    Error,
    Stopped,
}

impl Overall {
    /// Sums up the states of all processes; none at all is `stopped`.
    pub fn of(states: &[State]) -> Self {
        let any = |state| states.contains(&state);
        if any(State::Starting) {
            Self::Starting
        } else if any(State::Stopping) {
            Self::Stopping
        } else if any(State::Running) {
            let all = states.iter().all(|state| *state == State::Running);
            if all { Self::Running } else { Self::Partial }
        } else if any(State::Error) {
            Self::Error
        } else {
            Self::Stopped
        }
    }
}

/// Everything at a glance: `{"status", "<process id>": …, "providers", "models", "credentials", "message", "seq", "epoch"}`.
#[derive(Clone, Debug)]
pub struct Status {
    /// Set in the answer to an order: that it was taken.
    pub success: Option<bool>,
    /// What all processes together are.
    pub status: Overall,
    /// In the order of the configuration.
    pub processes: Vec<Arc<Process>>,
    /// The providers of the router.
    pub providers: Providers,
    /// The models of the router.
    pub models: Models,
    /// The credentials of the Qwen proxy.
    pub credentials: Credentials,
    /// What became of an order, or the message of the primary process.
    pub message: String,
    /// The last event that this includes.
    pub seq: u64,
    /// This run of the server.
    pub epoch: Arc<str>,
}

impl Serialize for Status {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(success) = self.success {
            map.serialize_entry("success", &success)?;
        }
        map.serialize_entry("status", &self.status)?;
        for process in &self.processes {
            map.serialize_entry(&process.id, process)?;
        }
        map.serialize_entry("providers", &self.providers)?;
        map.serialize_entry("models", &self.models)?;
        map.serialize_entry("credentials", &self.credentials)?;
        map.serialize_entry("message", &self.message)?;
        map.serialize_entry("seq", &self.seq)?;
        map.serialize_entry("epoch", &self.epoch)?;
        map.end()
    }
}

/// The providers of the router.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, ToSchema)]
pub struct Providers {
    /// Each provider, without its key.
    #[schema(value_type = Vec<Provider>)]
    pub items: Arc<[Provider]>,
    /// How many there are.
    pub total: usize,
    /// How many of them are enabled.
    pub enabled: usize,
}

/// The models of the router.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, ToSchema)]
pub struct Models {
    /// Each model.
    #[schema(value_type = Vec<Model>)]
    pub items: Arc<[Model]>,
    /// How many there are.
    pub total: usize,
}

/// The credentials of the Qwen proxy, never the key.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Credentials {
    /// Whether there are some that have not expired.
    pub valid: bool,
    /// Whether there are some.
    pub has_credentials: bool,
    /// Whether they have expired.
    pub is_expired: bool,
    /// When they expire, in ms since the epoch.
    pub expires_at: Option<u64>,
}

/// That the server is there.
#[derive(Clone, Debug, serde::Serialize, Deserialize, ToSchema)]
#[schema(example = json!({ "status": "ok", "version": "0.1.0", "uptime": 12.5 }))]
pub struct Health {
    /// Always `ok`.
    pub status: String,
    /// The server's version.
    pub version: String,
    /// Seconds since it was started.
    pub uptime: f64,
}
