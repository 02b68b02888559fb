//! Tables for the tests of the pure parts.

use std::net::SocketAddr;

use gateway::Refusal;
use live_catalog::Snapshot;
use serde_json::{Value, json};
use store::{Contents, Model, OwnTimeouts, Provider, ProviderKind, Setting, Settings};

use crate::{
    kinds::other_name,
    listing::{Need, models},
    table::Table,
};

/// A catalog, with what its providers list.
#[derive(Clone, Default)]
pub(crate) struct Example {
    contents: Contents,
    lists: Vec<(String, Value)>,
    settings: Vec<(Setting, Value)>,
}

pub(crate) fn address() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 3001))
}

impl Example {
    pub(crate) fn provider(self, id: &str, lists: &[&str]) -> Self {
        self.of_kind(ProviderKind::OpenAiCompatible, id, lists)
    }

    pub(crate) fn ollama(self, id: &str, lists: &[&str]) -> Self {
        self.of_kind(ProviderKind::Ollama, id, lists)
    }

    fn of_kind(mut self, kind: ProviderKind, id: &str, lists: &[&str]) -> Self {
        self.contents.providers.push(Provider {
            id: id.to_owned(),
            name: id.to_uppercase(),
            kind,
            base_url: format!("http://{id}.example/v1"),
            enabled: true,
            priority: 0,
            description: String::new(),
            api_key: None,
            timeouts: OwnTimeouts::default(),
            created_at_ms: 0,
            updated_at_ms: 0,
        });
        let models: Vec<Value> =
            lists.iter().map(|id| json!({"id": id, "owned_by": "x"})).collect();
        self.lists.push((id.to_owned(), json!({ "data": models })));
        self
    }

    pub(crate) fn model(mut self, id: &str, name: &str, provider: &str, upstream: &str) -> Self {
        self.contents.models.push(Model {
            id: id.to_owned(),
            name: name.to_owned(),
            provider_id: provider.to_owned(),
            upstream_model: upstream.to_owned(),
            capabilities: Vec::new(),
            created_at_ms: 7_000,
            updated_at_ms: 7_000,
        });
        self
    }

    fn change(mut self, id: &str, change: impl FnOnce(&mut Provider)) -> Self {
        let provider = self.contents.providers.iter_mut().find(|provider| provider.id == id);
        change(provider.expect("a provider"));
        self.contents.providers.sort_by_key(|provider| -provider.priority);
        self
    }

    pub(crate) fn disabled(self, id: &str) -> Self {
        self.change(id, |provider| provider.enabled = false)
    }

    pub(crate) fn priority(self, id: &str, priority: i64) -> Self {
        self.change(id, |provider| provider.priority = priority)
    }

    pub(crate) fn active(mut self, provider: &str) -> Self {
        self.settings.push((Setting::ActiveProvider, provider.into()));
        self
    }

    pub(crate) fn active_model(mut self, model: &str) -> Self {
        self.settings.push((Setting::ActiveModel, model.into()));
        self
    }

    pub(crate) fn fallback(mut self, fallback: bool) -> Self {
        self.settings.push((Setting::Fallback, fallback.into()));
        self
    }

    pub(crate) fn fallback_order(mut self, order: &[&str]) -> Self {
        self.settings.push((Setting::FallbackOrder, json!(order)));
        self
    }

    pub(crate) fn catalog(&self) -> Contents {
        let settings: Settings = self.settings.iter().cloned().collect();
        Contents { settings, ..self.contents.clone() }
    }

    /// The table, once every provider has listed its models.
    pub(crate) fn table(&self) -> Table {
        let snapshot = Snapshot { contents: self.catalog().into(), fault: None };
        let table = Table::new(&snapshot, address(), &Table::default());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        runtime.expect("a runtime").block_on(async {
            for (id, list) in &self.lists {
                let list = models(list.clone()).expect("a list");
                let answer = async { Ok::<_, Refusal>(list) };
                let provider = table.provider(id).expect("a provider");
                let kind = self.catalog().provider(id).expect("a provider").kind;
                provider.listing.refresh(Need::NewTable, |id| other_name(kind, id), answer).await;
            }
        });
        table
    }
}
