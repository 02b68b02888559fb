//! The router: the table in force, and what it knows of the providers in it.

use futures_util::future::join_all;
use gateway::{Application, Destination, Destinations, Forwarder, Models, Refusal, Upstream};
use http::StatusCode;
use serde_json::Value;
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::{
    sync::{Notify, watch},
    time::sleep,
};

use crate::{
    decide::{Decision, decide},
    health,
    listing::Need,
    merged, refusals, rotation,
    table::{Provider, Table},
};

/// What the one upstream is called in health and errors.
pub(crate) const UPSTREAM: &str = "upstream";

/// How often those that fail are asked whether they still do, so that no caller has to find out.
const LOOK_AGAIN: Duration = Duration::from_secs(15);

pub(crate) struct Router {
    /// For every model, in place of the table.
    pub(crate) upstream: Option<Arc<Upstream>>,
    pub(crate) table: watch::Receiver<Arc<Table>>,
    pub(crate) forwarder: Arc<Forwarder>,
    pub(crate) interest: Arc<Interest>,
}

/// What somebody looks at, so that it should be fresh.
#[derive(Default)]
pub(crate) struct Interest {
    in_health: Notify,
    in_models: Notify,
}

impl Router {
    fn table(&self) -> Arc<Table> {
        Arc::clone(&self.table.borrow())
    }
}

/// Asks each enabled provider for its models, all at once, where what is known is not good enough.
async fn refresh(table: &Table, forwarder: &Forwarder, need: Need) {
    join_all(table.enabled().map(|provider| provider.ask(forwarder, need))).await;
}

/// Keeps what is known of the providers fresh while nobody waits for it: each new one is asked
/// once, those that fail every now and then, and where somebody looks at their health, those on
/// this machine as well. Those far away are asked where somebody wants their models: such a list
/// may be long. A key that was rejected is not sent by this.
pub(crate) async fn keep_fresh(
    mut tables: watch::Receiver<Arc<Table>>,
    forwarder: Arc<Forwarder>,
    interest: Arc<Interest>,
) -> Infallible {
    let (mut need, mut is_for_all) = (Need::NewTable, true);
    loop {
        let table = Arc::clone(&tables.borrow_and_update());
        let is_due = |provider: &&Provider| {
            need == Need::NewTable
                || provider.may_be_probed() && (is_for_all || provider.is_cheap())
        };
        let due = table.enabled().filter(is_due);
        join_all(due.map(|provider| provider.ask(&forwarder, need))).await;
        let is_any_in_trouble = table.enabled().any(Provider::is_in_trouble);
        (need, is_for_all) = tokio::select! {
            changed = tables.changed() => match changed {
                Ok(()) => (Need::NewTable, true),
                Err(_) => return std::future::pending().await,
            },
            () = interest.in_models.notified() => (Need::Background, true),
            () = interest.in_health.notified() => (Need::Background, false),
            () = sleep(LOOK_AGAIN), if is_any_in_trouble => (Need::Background, false),
        };
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
            None => {
                self.interest.in_health.notify_one();
                health::of_table(&self.table())
            }
        }
    }

    async fn models(&self, id: Option<&str>) -> Result<Models, Refusal> {
        let table = self.table();
        if let Some(upstream) = &self.upstream {
            return Ok(Models::There(table.destination(upstream)));
        }
        refresh(&table, &self.forwarder, Need::Showing).await;
        self.interest.in_models.notify_one();
        let Some(id) = id else {
            // An empty list would say that there is nothing, which is not known.
            let is_blind = table.providers.is_empty() && table.fault.is_some();
            let list = || Models::Here(merged::list(&table));
            return if is_blind { Err(refusals::unknown(&table, None)) } else { Ok(list()) };
        };
        let found = merged::find(&table, id).map(Models::Here);
        found.ok_or_else(|| refusals::unknown(&table, Some(id)))
    }

    async fn destinations(&self, model: Option<&str>) -> Result<Destinations, Refusal> {
        let table = self.table();
        if let Some(upstream) = &self.upstream {
            return Ok(table.destination(upstream).into());
        }
        match decide(&table, model) {
            Decision::Settled(choice) => return rotation::destinations(&table, model, choice),
            Decision::Guess(choice) if is_alone(&table, choice.provider) => {
                return rotation::destinations(&table, model, choice);
            }
            Decision::Guess(_) | Decision::Unknown | Decision::Disabled(_) => {}
        }
        refresh(&table, &self.forwarder, Need::Missing).await;
        self.interest.in_models.notify_one();
        match decide(&table, model) {
            Decision::Settled(choice) | Decision::Guess(choice) => {
                rotation::destinations(&table, model, choice)
            }
            Decision::Unknown => Err(refusals::unknown(&table, model)),
            Decision::Disabled(provider) => {
                let active = table.contents.settings.active_model();
                let model = model.or(active).unwrap_or_default();
                Err(refusals::disabled(&table, model, provider))
            }
        }
    }

    fn answered(
        &self,
        destination: &Destination,
        answer: Result<StatusCode, &Refusal>,
        wait: Option<Duration>,
    ) {
        if let Some(provider) = self.table().provider_at(&destination.upstream) {
            provider.heard(answer, wait);
        }
    }
}
