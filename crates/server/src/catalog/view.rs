//! What is so, as clients see it: without any key.

use std::sync::Arc;

use api::{ProviderType, QwenState};
use store::{Contents, ProviderKind, Setting, coding_plan_warning};

/// The contents of the catalog, and the same as clients see it.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) contents: Contents,
    pub(crate) providers: api::Providers,
    pub(crate) models: api::Models,
}

impl View {
    pub(crate) fn of(contents: Contents) -> Self {
        let providers: Arc<[_]> = contents.providers.iter().map(provider).collect();
        let models: Arc<[_]> = contents.models.iter().map(model).collect();
        Self {
            providers: api::Providers {
                total: providers.len(),
                enabled: providers.iter().filter(|provider| provider.enabled).count(),
                items: providers,
            },
            models: api::Models { total: models.len(), items: models },
            contents,
        }
    }

    /// A provider.
    pub(crate) fn provider(&self, id: &str) -> Option<&api::Provider> {
        self.providers.items.iter().find(|provider| provider.id == id)
    }

    /// A model.
    pub(crate) fn model(&self, id: &str) -> Option<&api::Model> {
        self.models.items.iter().find(|model| model.id == id)
    }

    /// All settings, each with what holds.
    pub(crate) fn settings(&self) -> api::SettingList {
        let settings = Setting::ALL.into_iter();
        let pair =
            |setting: Setting| (setting.key().to_owned(), self.contents.settings.value(setting));
        api::SettingList { settings: settings.map(pair).collect() }
    }

    /// One setting.
    pub(crate) fn setting(&self, setting: Setting) -> api::Setting {
        let value = self.contents.settings.value(setting);
        api::Setting { key: setting.key().to_owned(), value }
    }

    /// Qwen's credentials as the status object shows them.
    pub(crate) fn credentials(&self, now_ms: u64) -> api::Credentials {
        let state = self.qwen(now_ms);
        api::Credentials {
            valid: state.is_valid,
            has_credentials: state.has_credentials,
            is_expired: state.is_expired,
            expires_at: state.expires_at,
        }
    }

    /// Qwen's credentials.
    pub(crate) fn qwen(&self, now_ms: u64) -> api::QwenCredentials {
        let Some(qwen) = &self.contents.qwen else { return api::QwenCredentials::default() };
        let is_expired = qwen.is_expired(now_ms);
        api::QwenCredentials {
            has_credentials: true,
            is_valid: !is_expired,
            is_expired,
            expires_at: qwen.expires_at_ms,
            created_at: Some(qwen.created_at_ms),
            updated_at: Some(qwen.updated_at_ms),
            state: if is_expired { QwenState::Expired } else { QwenState::Unverified },
            warning: coding_plan_warning(qwen.api_key.expose()).map(str::to_owned),
        }
    }
}

fn provider(provider: &store::Provider) -> api::Provider {
    api::Provider {
        id: provider.id.clone(),
        name: provider.name.clone(),
        kind: provider_type(provider.kind),
        base_url: provider.base_url.clone(),
        enabled: provider.enabled,
        priority: provider.priority,
        description: provider.description.clone(),
        has_api_key: provider.api_key.is_some(),
        created_at: provider.created_at_ms,
        updated_at: provider.updated_at_ms,
    }
}

fn model(model: &store::Model) -> api::Model {
    api::Model {
        id: model.id.clone(),
        name: model.name.clone(),
        provider_id: model.provider_id.clone(),
        upstream_model: model.upstream_model.clone(),
        capabilities: model.capabilities.clone(),
        created_at: model.created_at_ms,
        updated_at: model.updated_at_ms,
    }
}

fn provider_type(kind: ProviderKind) -> ProviderType {
    match kind {
        ProviderKind::OpenAiCompatible => ProviderType::OpenAiCompatible,
        ProviderKind::OpenAi => ProviderType::OpenAi,
        ProviderKind::OpenRouter => ProviderType::OpenRouter,
        ProviderKind::LmStudio => ProviderType::LmStudio,
        ProviderKind::Ollama => ProviderType::Ollama,
        ProviderKind::Vllm => ProviderType::Vllm,
        ProviderKind::LlamaCpp => ProviderType::LlamaCpp,
        ProviderKind::Qwen => ProviderType::Qwen,
    }
}

#[cfg(test)]
mod tests {
    use api::QwenRegion;
    use store::Region;

    use super::*;

    #[test]
    fn words_on_the_wire_are_those_in_the_store() {
        for kind in ProviderKind::ALL {
            assert_eq!(serde_json::to_value(provider_type(kind)).unwrap(), kind.name());
        }
        for region in Region::ALL {
            let word: QwenRegion = serde_json::from_value(region.name().into()).unwrap();
            assert_eq!(serde_json::to_value(word).unwrap(), region.name());
        }
    }
}
