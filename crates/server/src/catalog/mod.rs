//! Providers, models, settings and credentials: what is so, and how it changes.
//!
//! # Theory of operation
//!
//! One task owns the catalog. A change is a function from the contents to a [`Plan`]: what to write and what to tell, or
//! why not. The task decides one plan after the other, has it written where blocking is allowed, and only when it is on
//! disk shows the new contents, tells all clients, has the proxies reload, and answers. Whoever asked may have gone
//! meanwhile: nothing depends on it. What is so is an immutable snapshot ([`View`]), which costs a reader nothing.

pub(crate) mod credentials;
mod expiry;
mod faults;
mod fields;
mod health;
mod listing;
pub(crate) mod models;
mod plan;
pub(crate) mod providers;
pub(crate) mod settings;
mod task;
mod texts;
mod view;

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

use store::Contents;
use tokio::sync::{mpsc, oneshot};

pub(crate) use fields::Fields;
pub(crate) use health::health_of_providers;
pub(crate) use listing::list_models;
pub(crate) use plan::{Message, Plan};
pub(crate) use task::Task;
pub(crate) use view::{Verdict, View};

use crate::failure::Failure;

/// From the contents, and the time in ms since the epoch, to what is to be done.
type Decide = Box<dyn FnOnce(&Contents, u64) -> Result<Plan, Failure> + Send>;

/// What the task is told.
enum Ask {
    /// To change something; somebody waits for it.
    Change { decide: Decide, answer: oneshot::Sender<Result<Changed, Failure>> },
    /// What Model Studio thinks of a key.
    Hear(Verdict),
}

/// A change that is on disk.
#[derive(Debug)]
pub(crate) struct Changed {
    /// What is so since.
    pub(crate) view: Arc<View>,
    /// The id of the provider or model that was changed.
    pub(crate) id: String,
}

/// The way to the catalog's task, and what is so.
#[derive(Debug)]
pub(crate) struct Catalog {
    view: Arc<RwLock<Arc<View>>>,
    asks: mpsc::UnboundedSender<Ask>,
}

impl Catalog {
    /// Opens the catalog in this directory, and makes its task, which does not run yet, and what that tells clients.
    pub(crate) fn open(data_dir: &Path) -> (Self, Task, mpsc::UnboundedReceiver<Message>) {
        let (catalog, contents, warnings) =
            store::Catalog::open(&data_dir.join(store::CATALOG_FILE));
        for warning in warnings {
            tracing::warn!("{warning}");
        }
        let view = Arc::new(RwLock::new(Arc::new(View::of(contents))));
        let (asks, asked) = mpsc::unbounded_channel();
        let (tell, told) = mpsc::unbounded_channel();
        let task = Task::new(catalog, Arc::clone(&view), asked, tell);
        (Self { view, asks }, task, told)
    }

    /// What is so.
    pub(crate) fn view(&self) -> Arc<View> {
        Arc::clone(&self.view.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Has something changed, and says what is so once it is on disk.
    pub(crate) async fn change(
        &self,
        decide: impl FnOnce(&Contents, u64) -> Result<Plan, Failure> + Send + 'static,
    ) -> Result<Changed, Failure> {
        let (answer, answered) = oneshot::channel();
        // Without the task the server is closing.
        let _closing = self.asks.send(Ask::Change { decide: Box::new(decide), answer });
        answered.await.unwrap_or_else(|_| Err(Failure::shutting_down()))
    }

    /// Takes note of what Model Studio thinks of a key.
    pub(crate) fn hear(&self, verdict: Verdict) {
        // Without the task the server is closing.
        let _closing = self.asks.send(Ask::Hear(verdict));
    }
}

/// Now, in ms since the epoch.
pub(crate) fn now_ms() -> u64 {
    ms_of(SystemTime::now())
}

/// A time in ms since the epoch.
pub(crate) fn ms_of(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
