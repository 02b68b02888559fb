//! Where requests may go: an immutable table, made anew with every change of the catalog.
//!
//! A provider that did not change where it is keeps its connections and what is known of its
//! models.

use gateway::{Destination, Secret, Timeouts, Upstream};
use live_catalog::Snapshot;
use std::{net::SocketAddr, sync::Arc};
use store::{ApiKey, Contents, ProviderKind, Setting, Settings};

use crate::listing::Listing;

/// What a base URL without a path gets: it is where all of these servers are.
const USUAL_PATH: &str = "/v1";

#[derive(Default)]
pub(crate) struct Table {
    /// The one with the highest priority first; among equals the oldest one.
    pub(crate) providers: Vec<Provider>,
    pub(crate) contents: Arc<Contents>,
    pub(crate) timeouts: Timeouts,
    /// Why the catalog cannot be read at present.
    pub(crate) fault: Option<String>,
}

pub(crate) struct Provider {
    pub(crate) id: String,
    pub(crate) is_enabled: bool,
    pub(crate) priority: i64,
    place: Place,
    /// Where it is, or why nothing can be sent there.
    pub(crate) upstream: Result<Arc<Upstream>, String>,
    pub(crate) listing: Arc<Listing>,
}

/// What makes it the same server as before.
#[derive(Clone, PartialEq)]
struct Place {
    kind: ProviderKind,
    base_url: String,
    api_key: Option<ApiKey>,
}

impl Table {
    /// The table for the router that listens on `address`, after `before`.
    pub(crate) fn new(catalog: &Snapshot, address: SocketAddr, before: &Self) -> Self {
        let contents = Arc::clone(&catalog.contents);
        let providers = contents.providers.iter();
        let providers = providers.map(|stored| Provider::new(stored, address, before)).collect();
        let timeouts = timeouts(&contents.settings);
        Self { providers, contents, timeouts, fault: catalog.fault.clone() }
    }

    /// The provider with this id, whether or not it is enabled.
    pub(crate) fn provider(&self, id: &str) -> Option<&Provider> {
        self.providers.iter().find(|provider| provider.id == id)
    }

    pub(crate) fn enabled(&self) -> impl Iterator<Item = &Provider> {
        self.providers.iter().filter(|provider| provider.is_enabled)
    }

    /// The provider for what no other one is known to have, whether or not it is enabled.
    pub(crate) fn active(&self) -> Option<&Provider> {
        self.provider(self.contents.settings.active_provider()?)
    }

    /// The provider whose server this is.
    pub(crate) fn provider_at(&self, upstream: &Arc<Upstream>) -> Option<&Provider> {
        let is_there = |provider: &&Provider| {
            provider.upstream.as_ref().is_ok_and(|its| Arc::ptr_eq(its, upstream))
        };
        self.providers.iter().find(is_there)
    }

    pub(crate) fn destination(
        &self,
        upstream: &Arc<Upstream>,
        model: Option<String>,
    ) -> Destination {
        Destination { upstream: Arc::clone(upstream), timeouts: self.timeouts, model }
    }
}

impl Provider {
    fn new(stored: &store::Provider, address: SocketAddr, before: &Table) -> Self {
        let (id, kind) = (stored.id.clone(), stored.kind);
        let place =
            Place { kind, base_url: stored.base_url.clone(), api_key: stored.api_key.clone() };
        let same = before.provider(&id).filter(|before| before.place == place);
        let (upstream, listing) = match same {
            Some(before) => (before.upstream.clone(), Arc::clone(&before.listing)),
            None => (place.upstream(&id, address), Arc::default()),
        };
        let (is_enabled, priority) = (stored.enabled, stored.priority);
        Self { id, is_enabled, priority, place, upstream, listing }
    }

    /// Whether it is known to have this model.
    pub(crate) fn has(&self, model: &str) -> bool {
        let listed = self.listing.get();
        listed.has(model) || self.is_ollama() && listed.has(&format!("{model}:latest"))
    }

    /// Ollama lists `llama3.2:latest` and takes `llama3.2` for it.
    fn is_ollama(&self) -> bool {
        self.place.kind == ProviderKind::Ollama
    }
}

impl Place {
    fn upstream(&self, id: &str, address: SocketAddr) -> Result<Arc<Upstream>, String> {
        let key = self.api_key.as_ref().map(|key| Secret::new(key.expose()));
        let upstream = Upstream::try_new(id, &with_path(&self.base_url), key.as_ref())
            .and_then(|upstream| upstream.elsewhere_than(address));
        upstream.map(Arc::new).map_err(|error| error.to_string())
    }
}

fn with_path(url: &str) -> String {
    let url = url.trim().trim_end_matches('/');
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    if rest.contains('/') { url.to_owned() } else { format!("{url}{USUAL_PATH}") }
}

fn timeouts(settings: &Settings) -> Timeouts {
    Timeouts {
        connect: settings.timeout(Setting::ConnectTimeout),
        first_byte: settings.timeout(Setting::FirstByteTimeout),
        idle: settings.timeout(Setting::IdleTimeout),
    }
}

#[cfg(test)]
mod tests {
    use super::with_path;
    use crate::examples::{Example, address};
    use std::sync::Arc;

    #[test]
    fn a_base_url_without_a_path_gets_the_usual_one() {
        for (url, expected) in [
            ("http://h:1", "http://h:1/v1"),
            ("http://h:1/", "http://h:1/v1"),
            ("http://h:1/v1/", "http://h:1/v1"),
            ("https://openrouter.ai/api/v1", "https://openrouter.ai/api/v1"),
        ] {
            assert_eq!(with_path(url), expected);
        }
    }

    #[test]
    fn what_did_not_move_keeps_its_connections_and_its_models() {
        let before = Example::default().provider("a", &["m"]).provider("b", &["n"]).table();
        let mut catalog = Example::default().provider("a", &[]).provider("b", &[]).catalog();
        catalog.providers[0].enabled = false;
        catalog.providers[1].base_url = "http://elsewhere:1/v1".to_owned();
        let snapshot = live_catalog::Snapshot { contents: catalog.into(), fault: None };
        let after = super::Table::new(&snapshot, address(), &before);
        let same = |id: &str| {
            let (before, after) = (before.provider(id).unwrap(), after.provider(id).unwrap());
            Arc::ptr_eq(&before.listing, &after.listing)
        };
        assert!(same("a") && !same("b"));
        assert!(after.provider("a").unwrap().has("m"));
        assert!(!after.provider("b").unwrap().has("n"));
    }

    #[test]
    fn a_provider_that_is_the_router_itself_is_not_asked() {
        let mut catalog = Example::default().provider("a", &[]).catalog();
        catalog.providers[0].base_url = format!("http://localhost:{}/v1", address().port());
        let snapshot = live_catalog::Snapshot { contents: catalog.into(), fault: None };
        let table = super::Table::new(&snapshot, address(), &super::Table::default());
        let error = table.provider("a").unwrap().upstream.as_ref().err().unwrap();
        assert!(error.contains("this server itself"), "{error}");
    }
}
