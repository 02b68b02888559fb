//! The task that owns the catalog.

use std::sync::{Arc, PoisonError, RwLock};

use api::{CredentialsAction, QwenState};
use http::StatusCode;
use store::{Change, ChangeError, Contents};
use supervisor::Supervisor;
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::expiry::Expiry;
use super::plan::Notice;
use super::{Ask, Changed, Decide, Message, Verdict, View, now_ms};
use crate::failure::Failure;

/// The task.
pub(crate) struct Task {
    catalog: Arc<store::Catalog>,
    view: Arc<RwLock<Arc<View>>>,
    asked: mpsc::UnboundedReceiver<Ask>,
    tell: mpsc::UnboundedSender<Message>,
    expiry: Expiry,
}

impl Task {
    pub(super) fn new(
        catalog: store::Catalog,
        view: Arc<RwLock<Arc<View>>>,
        asked: mpsc::UnboundedReceiver<Ask>,
        tell: mpsc::UnboundedSender<Message>,
    ) -> Self {
        let expiry = Expiry::new(&shown(&view).contents, now_ms());
        Self { catalog: Arc::new(catalog), view, asked, tell, expiry }
    }

    /// Runs until the server closes; what is being written then is written.
    pub(crate) async fn run(mut self, supervisor: Supervisor, closing: CancellationToken) {
        loop {
            let wait = self.expiry.wait(&shown(&self.view).contents, now_ms());
            let expiry = async {
                match wait {
                    Some(wait) => sleep(wait).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = closing.cancelled() => return,
                () = expiry => self.look_at_expiry(),
                ask = self.asked.recv() => match ask {
                    Some(Ask::Hear(verdict)) => self.hear(verdict),
                    Some(Ask::Change { decide, answer }) => {
                        // Whoever asked may have gone.
                        let _gone = answer.send(self.change(decide, &supervisor).await);
                    }
                    None => return,
                },
            }
        }
    }

    fn look_at_expiry(&mut self) {
        let view = shown(&self.view);
        if self.expiry.look(&view.contents, now_ms()) {
            tracing::warn!("the credentials for Qwen have expired");
            self.notify(Notice::Credentials(CredentialsAction::Expired), &view);
        }
    }

    /// Shows what was heard of the key, and tells it, unless it only is as it should be.
    fn hear(&mut self, verdict: Verdict) {
        let before = shown(&self.view);
        let view = View::of(before.contents.clone()).with_verdict(Some(verdict));
        let Some(heard) = view.verdict().filter(|heard| before.verdict() != Some(*heard)) else {
            return;
        };
        let view = self.show(view);
        if before.verdict().is_some() || heard.state != QwenState::Valid {
            self.notify(Notice::Credentials(CredentialsAction::Updated), &view);
        }
    }

    fn show(&self, view: View) -> Arc<View> {
        let view = Arc::new(view);
        *self.view.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&view);
        view
    }

    async fn change(
        &mut self,
        decide: Decide,
        supervisor: &Supervisor,
    ) -> Result<Changed, Failure> {
        let before = shown(&self.view);
        let plan = decide(&before.contents, now_ms())?;
        if plan.changes.is_empty() {
            return Ok(Changed { view: before, id: plan.id });
        }
        let contents = self.write(plan.changes).await?;
        self.expiry = Expiry::new(&contents, now_ms());
        let view = self.show(View::of(contents).with_verdict(before.verdict()));
        for notice in plan.notices {
            self.notify(notice, &view);
        }
        supervisor.reload();
        Ok(Changed { view, id: plan.id })
    }

    async fn write(&self, changes: Vec<Change>) -> Result<Contents, Failure> {
        let catalog = Arc::clone(&self.catalog);
        let written = tokio::task::spawn_blocking(move || catalog.apply(&changes)).await;
        match written {
            Ok(applied) => applied.map_err(|error| unwritable(&error)),
            Err(error) => Err(not_written(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string())),
        }
    }

    fn notify(&self, notice: Notice, view: &View) {
        if let Some(message) = notice.message(view, now_ms()) {
            // Without anybody to tell it to the server is closing.
            let _closing = self.tell.send(message);
        }
    }
}

fn shown(view: &RwLock<Arc<View>>) -> Arc<View> {
    Arc::clone(&view.read().unwrap_or_else(PoisonError::into_inner))
}

fn unwritable(error: &ChangeError) -> Failure {
    let what_to_do = match error {
        ChangeError::DiskFull => "free some space and try again",
        ChangeError::ReadOnly => "make the data directory writable and try again",
        ChangeError::Locked => "close it and try again",
        ChangeError::NoMemory | ChangeError::Other(_) | ChangeError::Contents(_) => {
            "look at the data directory's disk and try again"
        }
    };
    not_written(StatusCode::SERVICE_UNAVAILABLE, &format!("{error}: {what_to_do}"))
}

fn not_written(status: StatusCode, why: &str) -> Failure {
    let message = format!("The change could not be kept, and nothing was changed. {why}");
    Failure::new(status, "catalog_unwritable", message)
}
