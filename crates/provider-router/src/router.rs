//! The router: the table in force, and what it knows of the providers in it.

use futures_util::future::join_all;
use gateway::{Application, Destination, Forwarder, Models, Refusal, Upstream};
use http::StatusCode;
use serde_json::Value;
use std::sync::Arc;
use tokio::sync::watch;

use crate::{
    decide::{Choice, Decision, decide},
    health,
    listing::Need,
    merged, refusals,
    table::{Provider, Table},
};

/// What the one upstream is called in health and errors.
pub(crate) const UPSTREAM: &str = "upstream";

pub(crate) struct Router {
    /// For every model, in place of the table.
    pub(crate) upstream: Option<Arc<Upstream>>,
    pub(crate) table: watch::Receiver<Arc<Table>>,
    pub(crate) forwarder: Arc<Forwarder>,
}

impl Router {
    fn table(&self) -> Arc<Table> {
        Arc::clone(&self.table.borrow())
    }
}

/// Asks each enabled provider for its models, all at once, where what is known is not good enough.
pub(crate) async fn refresh(table: &Table, forwarder: &Forwarder, need: Need) {
    join_all(table.enabled().map(|provider| ask(table, provider, forwarder, need))).await;
}

async fn ask(table: &Table, provider: &Provider, forwarder: &Forwarder, need: Need) {
    let Ok(upstream) = &provider.upstream else { return };
    let destination = table.destination(upstream, None);
    provider.listing.refresh(need, forwarder.ask(&destination, "/models")).await;
}

/// Where the request goes, once it is known or guessed whose it is.
fn destination(table: &Table, choice: Choice<'_>) -> Result<Destination, Refusal> {
    match &choice.provider.upstream {
        Ok(upstream) => Ok(table.destination(upstream, choice.model)),
        Err(error) => Err(refusals::unusable(choice.provider, error)),
    }
}

/// Whether nobody but this provider could have the model.
fn is_alone(table: &Table, provider: &Provider) -> bool {
    table.enabled().all(|other| other.id == provider.id)
}

impl Application for Router {
    fn health(&self) -> Value {
        match &self.upstream {
            Some(upstream) => health::of_upstream(UPSTREAM, upstream),
            None => health::of_table(&self.table()),
        }
    }

    async fn models(&self, id: Option<&str>) -> Result<Models, Refusal> {
        let table = self.table();
        if let Some(upstream) = &self.upstream {
            return Ok(Models::There(table.destination(upstream, None)));
        }
        refresh(&table, &self.forwarder, Need::Showing).await;
        let Some(id) = id else {
            // An empty list would say that there is nothing, which is not known.
            let is_blind = table.providers.is_empty() && table.fault.is_some();
            let list = || Models::Here(merged::list(merged::merged(&table)));
            return if is_blind { Err(refusals::unknown(&table, None)) } else { Ok(list()) };
        };
        let found = merged::find(&table, id).map(Models::Here);
        found.ok_or_else(|| refusals::unknown(&table, Some(id)))
    }

    async fn destination(&self, model: Option<&str>) -> Result<Destination, Refusal> {
        let table = self.table();
        if let Some(upstream) = &self.upstream {
            return Ok(table.destination(upstream, None));
        }
        match decide(&table, model) {
            Decision::Settled(choice) => return destination(&table, choice),
            Decision::Guess(choice) if is_alone(&table, choice.provider) => {
                return destination(&table, choice);
            }
            Decision::Guess(_) | Decision::Unknown | Decision::Disabled(_) => {}
        }
        refresh(&table, &self.forwarder, Need::Missing).await;
        match decide(&table, model) {
            Decision::Settled(choice) | Decision::Guess(choice) => destination(&table, choice),
            Decision::Unknown => Err(refusals::unknown(&table, model)),
            Decision::Disabled(provider) => {
                let active = table.contents.settings.active_model();
                let model = model.or(active).unwrap_or_default();
                Err(refusals::disabled(&table, model, provider))
            }
        }
    }

    fn answered(&self, destination: &Destination, answer: Result<StatusCode, &Refusal>) {
        if let Some(provider) = self.table().provider_at(&destination.upstream) {
            provider.listing.heard(answer);
        }
    }
}
