//! Everything in the catalog at one moment.

use std::time::{SystemTime, UNIX_EPOCH};

use super::{ApiKey, OwnTimeouts, ProviderKind, Region, Setting, Settings};

/// Everything in the catalog, as of one transaction. It does not change; a change makes another one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contents {
    /// The one with the highest priority first; among equals the oldest one.
    pub providers: Vec<Provider>,
    /// The oldest one first.
    pub models: Vec<Model>,
    /// What was set; the rest is as [`Setting::default_value`] says.
    pub settings: Settings,
    /// What the Qwen proxy shows to Model Studio.
    pub qwen: Option<QwenCredentials>,
}

/// A server that answers OpenAI's calls.
#[derive(Clone, Debug, PartialEq)]
pub struct Provider {
    /// What names it, also in `provider/model`.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// What kind of server it is.
    pub kind: ProviderKind,
    /// Without a slash at the end; it usually ends in `/v1`.
    pub base_url: String,
    /// Whether requests go there.
    pub enabled: bool,
    /// Where two providers have a model, the one with the higher number gets the request.
    pub priority: i64,
    /// For people.
    pub description: String,
    /// What to send there as bearer token.
    pub api_key: Option<ApiKey>,
    /// How long it may take, where that is not as the settings say.
    pub timeouts: OwnTimeouts,
    /// In ms since the epoch.
    pub created_at_ms: u64,
    /// In ms since the epoch.
    pub updated_at_ms: u64,
}

/// A model under a name of the user's own.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// What a request calls it.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Whose it is; that provider is in the catalog.
    pub provider_id: String,
    /// What the provider calls it.
    pub upstream_model: String,
    /// Words such as `chat`, `tools`, `vision`.
    pub capabilities: Vec<String>,
    /// In ms since the epoch.
    pub created_at_ms: u64,
    /// In ms since the epoch.
    pub updated_at_ms: u64,
}

/// What the Qwen proxy shows to Model Studio.
#[derive(Clone, Debug, PartialEq)]
pub struct QwenCredentials {
    /// The key.
    pub api_key: ApiKey,
    /// When it expires, in ms since the epoch, if that is known.
    pub expires_at_ms: Option<u64>,
    /// Where the key is valid.
    pub region: Region,
    /// In place of the region's endpoint.
    pub base_url: Option<String>,
    /// In ms since the epoch.
    pub created_at_ms: u64,
    /// In ms since the epoch.
    pub updated_at_ms: u64,
}

impl QwenCredentials {
    /// Whether they have expired by `now_ms`.
    pub fn is_expired(&self, now_ms: u64) -> bool {
        self.expires_at_ms.is_some_and(|at| at <= now_ms)
    }

    /// Where requests go.
    pub fn endpoint(&self) -> &str {
        self.base_url.as_deref().unwrap_or(self.region.base_url())
    }
}

impl Contents {
    /// What a new catalog holds: our Qwen proxy, which is the active provider, and the two local servers that most
    /// people have, at their usual addresses.
    pub fn first_start() -> Self {
        let now_ms = now_ms();
        let provider = |id: &str, name: &str, kind: ProviderKind, description: &str| Provider {
            id: id.to_owned(),
            name: name.to_owned(),
            kind,
            base_url: kind.usual_base_url().unwrap_or_default().to_owned(),
            enabled: true,
            priority: 0,
            description: description.to_owned(),
            api_key: None,
            timeouts: OwnTimeouts::default(),
            created_at_ms: now_ms,
            updated_at_ms: now_ms,
        };
        let qwen = provider("qwen-proxy", "Qwen", ProviderKind::Qwen, "Qwen, by the Qwen proxy");
        let mut settings = Settings::default();
        settings.set(Setting::ActiveProvider, qwen.id.as_str().into());
        let providers = vec![
            qwen,
            provider("lm-studio", "LM Studio", ProviderKind::LmStudio, "LM Studio on this machine"),
            provider("ollama", "Ollama", ProviderKind::Ollama, "Ollama on this machine"),
        ];
        Self { providers, settings, ..Self::default() }
    }

    /// The provider with this id.
    pub fn provider(&self, id: &str) -> Option<&Provider> {
        self.providers.iter().find(|provider| provider.id == id)
    }

    /// The model with this id.
    pub fn model(&self, id: &str) -> Option<&Model> {
        self.models.iter().find(|model| model.id == id)
    }

    /// The provider for what no other one is known to have, whether or not it is enabled.
    pub fn active_provider(&self) -> Option<&Provider> {
        self.provider(self.settings.active_provider()?)
    }
}

/// Now, in ms since the epoch.
pub(super) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
