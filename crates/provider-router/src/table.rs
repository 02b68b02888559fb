//! Where requests may go: an immutable table, made anew with every change of the catalog.
//!
//! A provider that did not change where it is keeps its connections and what is known of its
//! models.

use gateway::{Destination, Forwarder, Refusal, Secret, Timeouts, Upstream};
use http::StatusCode;
use live_catalog::Snapshot;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use store::{ApiKey, Contents, OwnTimeouts, ProviderKind, QwenCredentials, Settings};

use crate::{
    breaker::{Breaker, Event, Verdict},
    kinds,
    listing::{Asked, Listing, Need},
};

#[derive(Default)]
pub(crate) struct Table {
    /// The one with the highest priority first; among equals the oldest one.
    pub(crate) providers: Vec<Provider>,
    pub(crate) contents: Arc<Contents>,
    /// Of a provider that has none of its own.
    pub(crate) timeouts: Timeouts,
    /// Why the catalog cannot be read at present.
    pub(crate) fault: Option<String>,
}

pub(crate) struct Provider {
    pub(crate) id: String,
    pub(crate) is_enabled: bool,
    pub(crate) priority: i64,
    place: Place,
    /// When somebody last wrote it, in ms since the epoch.
    written_at_ms: u64,
    timeouts: Timeouts,
    /// Where it is, or why nothing can be sent there.
    pub(crate) upstream: Result<Arc<Upstream>, String>,
    pub(crate) listing: Arc<Listing>,
    pub(crate) breaker: Arc<Breaker>,
}

/// What makes it the same server as before.
#[derive(Clone, PartialEq)]
struct Place {
    kind: ProviderKind,
    base_url: String,
    api_key: Option<ApiKey>,
    /// What the Qwen proxy shows to Model Studio: with other credentials it is another server.
    credentials: Option<QwenCredentials>,
}

impl Table {
    /// The table for the router that listens on `address`, after `before`.
    pub(crate) fn new(catalog: &Snapshot, address: SocketAddr, before: &Self) -> Self {
        let contents = Arc::clone(&catalog.contents);
        let providers = contents.providers.iter();
        let providers =
            providers.map(|stored| Provider::new(stored, &contents, address, before)).collect();
        let timeouts = timeouts(&contents.settings, OwnTimeouts::default());
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

    /// The one upstream that is in place of all providers.
    pub(crate) fn destination(&self, upstream: &Arc<Upstream>) -> Destination {
        Destination::new(Arc::clone(upstream), self.timeouts)
    }
}

impl Provider {
    fn new(
        stored: &store::Provider,
        contents: &Contents,
        address: SocketAddr,
        before: &Table,
    ) -> Self {
        let id = stored.id.clone();
        let place = Place::of(stored, contents);
        let written_at_ms = stored.updated_at_ms;
        let same = before.provider(&id).filter(|before| before.place == place);
        if let Some(Self { upstream: Ok(upstream), written_at_ms: before, .. }) = same
            && *before != written_at_ms
        {
            // Whoever writes it again wants it to be looked at anew.
            upstream.forget();
        }
        let (upstream, listing, breaker) = match same {
            Some(Self { upstream, listing, breaker, .. }) => {
                (upstream.clone(), Arc::clone(listing), Arc::clone(breaker))
            }
            None => (place.upstream(&id, address), Arc::default(), Arc::default()),
        };
        let (is_enabled, priority) = (stored.enabled, stored.priority);
        let timeouts = timeouts(&contents.settings, stored.timeouts);
        Self {
            id,
            is_enabled,
            priority,
            place,
            written_at_ms,
            timeouts,
            upstream,
            listing,
            breaker,
        }
    }

    /// Where a request for `model` goes, or why none can be sent.
    pub(crate) fn destination(&self, model: Option<String>) -> Result<Destination, &str> {
        let upstream = self.upstream.as_ref().map_err(String::as_str)?;
        let loads = kinds::loads(self.place.kind);
        let upstream = Arc::clone(upstream);
        Ok(Destination { model, loads, ..Destination::new(upstream, self.timeouts) })
    }

    /// Whether it is known to have this model.
    pub(crate) fn has(&self, model: &str) -> bool {
        self.listing.get().has(model)
    }

    /// Whether it fails, so that it is worth asking again without anybody's wish.
    pub(crate) fn is_in_trouble(&self) -> bool {
        self.listing.get().error.is_some() || self.breaker.verdict() != Verdict::Good
    }

    /// Whether to ask it costs nothing worth mentioning: it is on this machine, or fails.
    pub(crate) fn is_cheap(&self) -> bool {
        self.is_local() || self.is_in_trouble()
    }

    /// Whether it may be asked without anybody's wish: a key that it rejected stays here.
    pub(crate) fn may_be_probed(&self) -> bool {
        self.is_local() || self.breaker.verdict() != Verdict::Rejected
    }

    fn is_local(&self) -> bool {
        self.upstream.as_ref().is_ok_and(|upstream| upstream.is_local())
    }

    /// Asks it for its models, where what is known is not good enough.
    pub(crate) async fn ask(&self, forwarder: &Forwarder, need: Need) {
        let Ok(destination) = self.destination(None) else { return };
        let kind = self.place.kind;
        let list = kinds::list(kind, forwarder, &destination);
        let asked = self.listing.refresh(need, |id| kinds::other_name(kind, id), list).await;
        match asked {
            Some(Asked::Listed) => {
                self.note(Event::Listed { with_key: kinds::list_proves_key(kind) });
            }
            Some(Asked::Rejected) => self.note(Event::RejectedList),
            Some(Asked::Failed) => self.note(Event::Failed),
            Some(Asked::Silent | Asked::Unlisted) | None => {}
        }
    }

    /// Takes in how a request to it began to be answered.
    pub(crate) fn heard(&self, answer: Result<StatusCode, &Refusal>, wait: Option<Duration>) {
        self.listing.heard(answer);
        let is_loading =
            answer == Ok(StatusCode::SERVICE_UNAVAILABLE) && kinds::loads(self.place.kind);
        let event = if is_loading { Some(Event::Busy(wait)) } else { event(answer, wait) };
        if let Some(event) = event {
            self.note(event);
        }
    }

    fn note(&self, event: Event) {
        if self.breaker.heard(event) {
            let verdict = self.breaker.verdict();
            tracing::info!(provider = self.id, ?verdict, cause = ?event, "a provider's state changed");
        }
    }
}

/// What an answer says of the provider; nothing where the request never got there.
fn event(answer: Result<StatusCode, &Refusal>, wait: Option<Duration>) -> Option<Event> {
    Some(match answer {
        Ok(status) if status.is_success() => Event::Succeeded,
        // A 403 is as likely about the request: moderation, a model that the key has no right to.
        Ok(StatusCode::UNAUTHORIZED) => Event::Rejected,
        Ok(StatusCode::TOO_MANY_REQUESTS) => Event::Busy(wait),
        Ok(StatusCode::SERVICE_UNAVAILABLE) if wait.is_some() => Event::Busy(wait),
        Ok(status) if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT => {
            Event::Failed
        }
        Ok(_) => Event::Judged,
        Err(refusal) if refusal.status().is_server_error() => Event::Failed,
        Err(_) => return None,
    })
}

impl Place {
    fn of(stored: &store::Provider, contents: &Contents) -> Self {
        let is_qwen = stored.kind == ProviderKind::Qwen;
        Self {
            kind: stored.kind,
            base_url: stored.base_url.clone(),
            api_key: stored.api_key.clone(),
            credentials: contents.qwen.clone().filter(|_| is_qwen),
        }
    }

    fn upstream(&self, id: &str, address: SocketAddr) -> Result<Arc<Upstream>, String> {
        let key = self.api_key.as_ref().map(|key| Secret::new(key.expose()));
        let upstream = Upstream::try_new(id, &self.base_url, key.as_ref())
            .map(|upstream| kinds::dressed(self.kind, upstream))
            .and_then(|upstream| upstream.elsewhere_than(address));
        upstream.map(Arc::new).map_err(|error| error.to_string())
    }
}

fn timeouts(settings: &Settings, own: OwnTimeouts) -> Timeouts {
    let [connect, first_byte, idle] = settings.timeouts(own);
    Timeouts { connect, first_byte, idle }
}

#[cfg(test)]
mod tests {
    use crate::{
        breaker::{Event, Verdict},
        examples::{Example, address},
    };
    use std::sync::Arc;
    use store::ProviderKind;

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
            let is_same = Arc::ptr_eq(&before.listing, &after.listing);
            assert_eq!(Arc::ptr_eq(&before.breaker, &after.breaker), is_same, "{id}");
            is_same
        };
        assert!(same("a") && !same("b"));
        assert!(after.provider("a").unwrap().has("m"));
        assert!(!after.provider("b").unwrap().has("n"));
    }

    fn verdict_after(change: impl FnOnce(&mut store::Contents)) -> Verdict {
        let mut catalog = Example::default().provider("a", &[]).catalog();
        catalog.providers[0].kind = ProviderKind::Qwen;
        let table = |catalog: &store::Contents, before: &super::Table| {
            let contents = catalog.clone().into();
            super::Table::new(&live_catalog::Snapshot { contents, fault: None }, address(), before)
        };
        let before = table(&catalog, &super::Table::default());
        let rejected = Ok(http::StatusCode::UNAUTHORIZED);
        before.provider("a").unwrap().heard(rejected, None);
        change(&mut catalog);
        table(&catalog, &before).provider("a").unwrap().breaker.verdict()
    }

    #[test]
    fn a_replaced_key_is_a_new_beginning() {
        let key = store::ApiKey::try_new("sk-new").unwrap();
        assert_eq!(verdict_after(|catalog| catalog.providers[0].priority = 7), Verdict::Rejected);
        let changed =
            |catalog: &mut store::Contents| catalog.providers[0].api_key = Some(key.clone());
        assert_eq!(verdict_after(changed), Verdict::Good);
        let entered = |catalog: &mut store::Contents| {
            catalog.qwen = Some(store::QwenCredentials {
                api_key: key.clone(),
                expires_at_ms: None,
                region: store::Region::China,
                base_url: None,
                created_at_ms: 1,
                updated_at_ms: 1,
            });
        };
        assert_eq!(verdict_after(entered), Verdict::Good);
    }

    #[test]
    fn a_key_is_rejected_by_a_401_alone() {
        let event = |status| super::event(Ok(status), None);
        assert_eq!(event(http::StatusCode::UNAUTHORIZED), Some(Event::Rejected));
        assert_eq!(event(http::StatusCode::FORBIDDEN), Some(Event::Judged));
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
