//! Providers, models, settings and credentials.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// What kind of server a provider is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[expect(missing_docs, reason = "the names are the servers' own")]
pub enum ProviderType {
    #[serde(rename = "openai-compatible")]
    OpenAiCompatible,
    #[serde(rename = "openai")]
    OpenAi,
    #[serde(rename = "openrouter")]
    OpenRouter,
    #[serde(rename = "lm-studio")]
    LmStudio,
    #[serde(rename = "ollama")]
    Ollama,
    #[serde(rename = "vllm")]
    Vllm,
    #[serde(rename = "llama-cpp")]
    LlamaCpp,
    #[serde(rename = "qwen")]
    Qwen,
}

/// A server that answers OpenAI's calls. Its key is written, never read back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "id": "lm-studio", "name": "LM Studio", "type": "lm-studio", "baseUrl": "http://127.0.0.1:1234/v1",
    "enabled": true, "priority": 0, "description": "LM Studio on this machine", "hasApiKey": false,
    "createdAt": 1767225600000_u64, "updatedAt": 1767225600000_u64
}))]
pub struct Provider {
    /// What names it, also in `provider/model`.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// What kind of server it is.
    #[serde(rename = "type")]
    pub kind: ProviderType,
    /// Where it answers; without a slash at the end.
    pub base_url: String,
    /// Whether requests go there.
    pub enabled: bool,
    /// Where two providers have a model, the one with the higher number gets the request.
    pub priority: i64,
    /// For people.
    pub description: String,
    /// Whether there is a key for it.
    pub has_api_key: bool,
    /// How long a connection to it may take, in seconds; left out: as the setting `connect_timeout_s` says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub connect_timeout: Option<f64>,
    /// How long it may take until its answer begins, in seconds; left out: as `first_byte_timeout_s` says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub first_byte_timeout: Option<f64>,
    /// How long it may be silent within an answer, in seconds; left out: as `idle_timeout_s` says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub idle_timeout: Option<f64>,
    /// In ms since the epoch.
    pub created_at: u64,
    /// In ms since the epoch.
    pub updated_at: u64,
}

/// All providers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProviderList {
    /// The one with the highest priority first; among equals the oldest one.
    pub providers: Vec<Provider>,
    /// How many there are.
    pub total: usize,
    /// How each one is, by its id; left out while no router runs that could know.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub health: Option<BTreeMap<String, ProviderHealth>>,
}

/// How a provider is, as the router knows it that sends requests there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "status": "failing", "error": "ollama (127.0.0.1:11434) cannot be reached: nothing listens at 127.0.0.1:11434: is ollama running?", "retryInMs": 4200,
    "models": null
}))]
pub struct ProviderHealth {
    /// `ok`, `unknown` (not asked yet), `error` (its last answer was one), `failing` (several were), `cooling_down` (it
    /// wants to be left alone), `rejected` (it does not take its key) or `disabled`.
    pub status: String,
    /// Why it is not well.
    pub error: Option<String>,
    /// When it is tried again where other providers have the same model, in ms.
    pub retry_in_ms: Option<u64>,
    /// How many models it has.
    pub models: Option<u64>,
}

/// A provider that is to be.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({
    "name": "OpenAI", "type": "openai", "apiKey": "sk-…", "priority": 1
}))]
pub struct NewProvider {
    /// Letters, digits, `.`, `_` and `-`. Left out: made from the name.
    #[schema(pattern = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    pub id: Option<String>,
    /// Its name for people.
    #[schema(max_length = 100, pattern = r"\S")]
    pub name: String,
    /// What kind of server it is.
    #[serde(rename = "type")]
    pub kind: ProviderType,
    /// Where it answers; without a path, `/v1` is meant. Left out: where such a server usually is, which
    /// `openai-compatible` does not know.
    #[schema(max_length = 2048, pattern = r"^\s*https?://")]
    pub base_url: Option<String>,
    /// Left out: true.
    pub enabled: Option<bool>,
    /// Left out: 0.
    #[schema(minimum = -1_000_000, maximum = 1_000_000)]
    pub priority: Option<i64>,
    /// For people.
    #[schema(max_length = 1000)]
    pub description: Option<String>,
    /// What to send there as bearer token. It is never shown again.
    #[schema(pattern = r"^\s*[!-~]+\s*$")]
    pub api_key: Option<String>,
    /// In seconds, in place of the setting `connect_timeout_s`.
    #[schema(exclusive_minimum = 0, maximum = 86400)]
    pub connect_timeout: Option<f64>,
    /// In seconds, in place of the setting `first_byte_timeout_s`.
    #[schema(exclusive_minimum = 0, maximum = 86400)]
    pub first_byte_timeout: Option<f64>,
    /// In seconds, in place of the setting `idle_timeout_s`.
    #[schema(exclusive_minimum = 0, maximum = 86400)]
    pub idle_timeout: Option<f64>,
}

/// What is to change of a provider; what is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({ "baseUrl": "http://127.0.0.1:1235/v1", "apiKey": null }))]
pub struct ProviderChange {
    /// Its name for people.
    #[schema(nullable = false, max_length = 100, pattern = r"\S")]
    pub name: Option<String>,
    /// What kind of server it is.
    #[serde(rename = "type")]
    #[schema(nullable = false)]
    pub kind: Option<ProviderType>,
    /// Where it answers.
    #[schema(nullable = false, max_length = 2048, pattern = r"^\s*https?://")]
    pub base_url: Option<String>,
    /// Whether requests go there.
    #[schema(nullable = false)]
    pub enabled: Option<bool>,
    /// Where two providers have a model, the one with the higher number gets the request.
    #[schema(nullable = false, minimum = -1_000_000, maximum = 1_000_000)]
    pub priority: Option<i64>,
    /// For people.
    #[schema(nullable = false, max_length = 1000)]
    pub description: Option<String>,
    /// What to send there as bearer token; null removes it.
    #[schema(pattern = r"^\s*[!-~]+\s*$")]
    pub api_key: Option<String>,
    /// In seconds; null: as the setting `connect_timeout_s` says.
    #[schema(exclusive_minimum = 0, maximum = 86400)]
    pub connect_timeout: Option<f64>,
    /// In seconds; null: as the setting `first_byte_timeout_s` says.
    #[schema(exclusive_minimum = 0, maximum = 86400)]
    pub first_byte_timeout: Option<f64>,
    /// In seconds; null: as the setting `idle_timeout_s` says.
    #[schema(exclusive_minimum = 0, maximum = 86400)]
    pub idle_timeout: Option<f64>,
}

/// What a provider answered when it was asked for its models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({ "success": true, "durationMs": 12, "models": ["qwen3-8b"], "error": null }))]
pub struct ProviderTest {
    /// Whether it answered with a list of models.
    pub success: bool,
    /// How long that took, in ms.
    pub duration_ms: u64,
    /// What it calls its models.
    pub models: Vec<String>,
    /// For people: what went wrong.
    pub error: Option<String>,
}

/// A model under a name of the user's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "id": "fast", "name": "Fast", "providerId": "lm-studio", "upstreamModel": "qwen3-8b", "capabilities": ["chat"],
    "createdAt": 1767225600000_u64, "updatedAt": 1767225600000_u64
}))]
pub struct Model {
    /// What a request calls it.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Whose it is.
    pub provider_id: String,
    /// What the provider calls it.
    pub upstream_model: String,
    /// Words such as `chat`, `tools`, `vision`.
    pub capabilities: Vec<String>,
    /// In ms since the epoch.
    pub created_at: u64,
    /// In ms since the epoch.
    pub updated_at: u64,
}

/// All models.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ModelList {
    /// The oldest one first.
    pub models: Vec<Model>,
    /// How many there are.
    pub total: usize,
}

/// A model that is to be.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({ "id": "fast", "providerId": "lm-studio", "upstreamModel": "qwen3-8b" }))]
pub struct NewModel {
    /// What a request calls it. Left out: made from the name.
    #[schema(max_length = 256, pattern = r"^\S+$")]
    pub id: Option<String>,
    /// Its name for people. Left out: the id; one of the two there must be.
    #[schema(max_length = 100, pattern = r"\S")]
    pub name: Option<String>,
    /// Whose it is: the id of a provider.
    pub provider_id: String,
    /// What the provider calls it. Left out: as the id.
    #[schema(max_length = 256, pattern = r"^\S+$")]
    pub upstream_model: Option<String>,
    /// Words such as `chat`, `tools`, `vision`.
    #[schema(max_items = 32)]
    pub capabilities: Option<Vec<String>>,
}

/// What is to change of a model; what is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({ "upstreamModel": "qwen3-14b" }))]
pub struct ModelChange {
    /// Its name for people.
    #[schema(nullable = false, max_length = 100, pattern = r"\S")]
    pub name: Option<String>,
    /// Whose it is: the id of a provider.
    #[schema(nullable = false)]
    pub provider_id: Option<String>,
    /// What the provider calls it.
    #[schema(nullable = false, max_length = 256, pattern = r"^\S+$")]
    pub upstream_model: Option<String>,
    /// Words such as `chat`, `tools`, `vision`.
    #[schema(nullable = false, max_items = 32)]
    pub capabilities: Option<Vec<String>>,
}

/// One setting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({ "key": "idle_timeout_s", "value": 300 }))]
pub struct Setting {
    /// Its name.
    pub key: String,
    /// What holds.
    pub value: Value,
}

/// All settings, each with what holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({ "settings": {
    "active_provider": "qwen-proxy", "active_model": null, "fallback": true, "fallback_order": null,
    "connect_timeout_s": 10, "first_byte_timeout_s": 600, "idle_timeout_s": 300
} }))]
pub struct SettingList {
    /// By name.
    #[schema(value_type = std::collections::BTreeMap<String, Value>)]
    pub settings: Map<String, Value>,
}

/// What a setting is to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "value": 120 }))]
pub struct NewSetting {
    /// Of the kind that the setting takes.
    pub value: Value,
}

/// How Qwen's credentials stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum QwenState {
    /// There are none.
    #[default]
    Missing,
    /// They have not been used yet, as far as is known.
    Unverified,
    /// Model Studio accepts the key.
    Valid,
    /// Model Studio does not accept the key, which is not sent again.
    Rejected,
    /// Model Studio accepts the key, but the account does not pay for requests.
    OutOfQuota,
    /// The time that was given with them is over.
    Expired,
}

/// What is known of Qwen's credentials, never the key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({
    "hasCredentials": true, "isValid": true, "isExpired": false, "expiresAt": null, "createdAt": 1767225600000_u64,
    "updatedAt": 1767225600000_u64, "region": "intl", "baseUrl": null, "state": "unverified", "warning": null
}))]
pub struct QwenCredentials {
    /// Whether there are some.
    pub has_credentials: bool,
    /// Whether there are some that have neither expired nor been rejected.
    pub is_valid: bool,
    /// Whether they have expired.
    pub is_expired: bool,
    /// When they expire, in ms since the epoch, if that is known.
    pub expires_at: Option<u64>,
    /// In ms since the epoch.
    pub created_at: Option<u64>,
    /// In ms since the epoch.
    pub updated_at: Option<u64>,
    /// Where the key is valid.
    pub region: Option<QwenRegion>,
    /// In place of the region's address, if there is one.
    pub base_url: Option<String>,
    /// How they stand.
    pub state: QwenState,
    /// For people: what they should know who use this key.
    pub warning: Option<String>,
}

/// Where a key of Model Studio is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[expect(missing_docs, reason = "the names are the contract's words")]
pub enum QwenRegion {
    #[serde(rename = "intl")]
    International,
    #[serde(rename = "cn")]
    China,
    #[serde(rename = "us")]
    UnitedStates,
}

/// Qwen's credentials as they are to be.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({ "apiKey": "sk-…", "region": "intl" }))]
pub struct NewQwenCredentials {
    /// An API key of Alibaba Cloud Model Studio. It is never shown again.
    #[schema(pattern = r"^\s*[!-~]+\s*$")]
    pub api_key: String,
    /// When it expires, in ms since the epoch.
    pub expires_at: Option<u64>,
    /// Left out: `intl`.
    pub region: Option<QwenRegion>,
    /// In place of the region's address.
    #[schema(max_length = 2048, pattern = r"^\s*https?://")]
    pub base_url: Option<String>,
}

/// That it was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({ "success": true }))]
pub struct Done {
    /// Always true.
    pub success: bool,
}
