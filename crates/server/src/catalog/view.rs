//! What is so, as clients see it: without any key.

use std::sync::Arc;

use api::{ProviderType, QwenRegion, QwenState};
use store::{Contents, ProviderKind, Region, Seconds, Setting, coding_plan_warning};

/// The contents of the catalog, and the same as clients see it.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) contents: Contents,
    pub(crate) providers: api::Providers,
    pub(crate) models: api::Models,
    /// What a proxy heard of a key.
    verdict: Option<Verdict>,
}

/// What Model Studio thinks of a key of Qwen's credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// When the credentials were written that it is about, in ms since the epoch.
    pub(crate) written_at_ms: u64,
    /// How they stand since.
    pub(crate) state: QwenState,
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
            verdict: None,
        }
    }

    /// The same, with what was heard of the key, which may be another one by now.
    pub(crate) fn with_verdict(self, verdict: Option<Verdict>) -> Self {
        let is_about = |verdict: &Verdict| {
            let qwen = self.contents.qwen.as_ref();
            qwen.is_some_and(|qwen| qwen.updated_at_ms == verdict.written_at_ms)
        };
        let verdict = verdict.filter(is_about);
        Self { verdict, ..self }
    }

    /// What was heard of the key.
    pub(crate) fn verdict(&self) -> Option<Verdict> {
        self.verdict
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
        let heard = self.verdict.map_or(QwenState::Unverified, |verdict| verdict.state);
        api::QwenCredentials {
            has_credentials: true,
            is_valid: !is_expired && heard != QwenState::Rejected,
            is_expired,
            expires_at: qwen.expires_at_ms,
            created_at: Some(qwen.created_at_ms),
            updated_at: Some(qwen.updated_at_ms),
            region: Some(region(qwen.region)),
            base_url: qwen.base_url.clone(),
            state: if is_expired { QwenState::Expired } else { heard },
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
        connect_timeout: provider.timeouts.connect.map(Seconds::get),
        first_byte_timeout: provider.timeouts.first_byte.map(Seconds::get),
        idle_timeout: provider.timeouts.idle.map(Seconds::get),
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

fn region(region: Region) -> QwenRegion {
    match region {
        Region::International => QwenRegion::International,
        Region::China => QwenRegion::China,
        Region::UnitedStates => QwenRegion::UnitedStates,
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
    use store::{ApiKey, QwenCredentials};

    use super::*;

    fn written_at(updated_at_ms: u64, expires_at_ms: Option<u64>) -> View {
        let api_key = ApiKey::try_new("sk-x").unwrap();
        let (region, base_url) = (Region::China, None);
        let qwen = QwenCredentials {
            api_key,
            expires_at_ms,
            region,
            base_url,
            created_at_ms: 1,
            updated_at_ms,
        };
        View::of(Contents { qwen: Some(qwen), ..Contents::default() })
    }

    #[track_caller]
    fn stands(view: View, heard: Option<QwenState>, expected: QwenState, is_valid: bool) {
        let verdict = heard.map(|state| Verdict { written_at_ms: 7, state });
        let found = view.with_verdict(verdict).qwen(100);
        assert_eq!((found.state, found.is_valid), (expected, is_valid));
    }

    #[test]
    fn what_was_heard_of_a_key_counts_for_that_key_alone() {
        use QwenState::{Expired, Missing, OutOfQuota, Rejected, Unverified, Valid};
        stands(written_at(7, None), None, Unverified, true);
        stands(written_at(7, None), Some(Valid), Valid, true);
        stands(written_at(7, None), Some(OutOfQuota), OutOfQuota, true);
        stands(written_at(7, None), Some(Rejected), Rejected, false);
        stands(written_at(8, None), Some(Rejected), Unverified, true);
        stands(written_at(7, Some(100)), Some(Valid), Expired, false);
        stands(View::of(Contents::default()), Some(Rejected), Missing, false);
    }

    #[test]
    fn words_on_the_wire_are_those_in_the_store() {
        for kind in ProviderKind::ALL {
            assert_eq!(serde_json::to_value(provider_type(kind)).unwrap(), kind.name());
        }
        for one in Region::ALL {
            assert_eq!(serde_json::to_value(region(one)).unwrap(), one.name());
        }
    }
}
