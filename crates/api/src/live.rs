//! What Socket.IO carries besides lifecycle events and lines of output.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Model, Provider, Status};

/// The payload of `proxy:status`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StatusUpdate {
    /// Everything at a glance.
    pub status: Status,
    /// When, in ISO 8601.
    pub timestamp: String,
}

/// The payload of `detail:updated`: what a process says of itself within its state, at most four times a second.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "process": "providerRouter", "generation": 1, "detail": "Draining: 2 requests in flight", "timestamp": 1767225600000_u64,
    "seq": 7, "epoch": "00000000c0ffee00"
}))]
pub struct DetailUpdate {
    /// Which one.
    pub process: String,
    /// Which start of it.
    pub generation: u64,
    /// What it says; null if it took back what it had said.
    pub detail: Option<String>,
    /// When, in ms since the epoch.
    pub timestamp: u64,
    /// The last lifecycle event before it. A detail has no number of its own: the next one makes up for one that is lost.
    pub seq: u64,
    /// This run of the server.
    #[schema(value_type = String)]
    pub epoch: Arc<str>,
}

/// What was done to a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are the contract's words")]
pub enum ProviderAction {
    Created,
    Updated,
    Deleted,
    Enabled,
    Disabled,
}

/// The payload of `providers:updated`: what was done, and all providers as they are now.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProvidersUpdate {
    /// What was done.
    pub action: ProviderAction,
    /// To whom.
    pub provider_id: String,
    /// All there are now.
    #[schema(value_type = Vec<Provider>)]
    pub items: Arc<[Provider]>,
    /// How many there are.
    pub total: usize,
    /// How many of them are enabled.
    pub enabled: usize,
    /// When, in ISO 8601.
    pub timestamp: String,
}

/// What was done to a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are the contract's words")]
pub enum ModelAction {
    Created,
    Updated,
    Deleted,
}

/// The payload of `models:updated`: what was done, and all models as they are now.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ModelsUpdate {
    /// What was done.
    pub action: ModelAction,
    /// To whom.
    pub model_id: String,
    /// All there are now.
    #[schema(value_type = Vec<Model>)]
    pub items: Arc<[Model]>,
    /// How many there are.
    pub total: usize,
    /// When, in ISO 8601.
    pub timestamp: String,
}

/// What became of Qwen's credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are the contract's words")]
pub enum CredentialsAction {
    Updated,
    Deleted,
    Expired,
}

/// The payload of `credentials:updated`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CredentialsUpdate {
    /// What became of them.
    pub action: CredentialsAction,
    /// Whether there are some.
    pub has_credentials: bool,
    /// Whether there are some that have not expired.
    pub is_valid: bool,
    /// Whether they have expired.
    pub is_expired: bool,
    /// When they expire, in ms since the epoch, if that is known.
    pub expires_at: Option<u64>,
    /// When, in ISO 8601.
    pub timestamp: String,
}

/// What the tree of one process uses, in `usage:updated` under its id.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Usage {
    /// The share of one core.
    pub cpu: f64,
    /// In bytes.
    pub memory: u64,
}
