//! All processes at once.

use std::time::SystemTime;

use api::{ErrorBody, Overall, Status, StatusUpdate};
use axum::Json;
use axum::extract::State;
use lifecycle::State as ProcessState;
use supervisor::{Order, Snapshot};

use crate::app::{App, Shared};
use crate::catalog::now_ms;
use crate::failure::Failure;
use crate::request::NoFields;

/// Orders all processes to start and answers at once.
#[utoipa::path(
    post, path = "/api/proxy/start", tag = "all processes",
    responses(
        (status = 200, description = "The order was taken", body = Status),
        (status = 401, description = "No or a wrong token", body = ErrorBody),
        (status = 403, description = "A foreign origin or host", body = ErrorBody),
        (status = 503, description = "The server is shutting down", body = ErrorBody)
    )
)]
pub(crate) async fn start_all(State(app): Shared, _: NoFields) -> Result<Json<Status>, Failure> {
    let before = states(&app.supervisor.snapshot());
    let all = before.iter().all(|state| *state == ProcessState::Running);
    let message =
        if all { "Proxy servers are already running" } else { "Proxy servers are starting" };
    let snapshot = app.supervisor.order_all(Order::Start).await?;
    Ok(Json(app.taken(snapshot, message)))
}

/// Orders all processes to stop and answers at once.
#[utoipa::path(
    post, path = "/api/proxy/stop", tag = "all processes",
    responses(
        (status = 200, description = "The order was taken", body = Status),
        (status = 401, description = "No or a wrong token", body = ErrorBody),
        (status = 403, description = "A foreign origin or host", body = ErrorBody),
        (status = 503, description = "The server is shutting down", body = ErrorBody)
    )
)]
pub(crate) async fn stop_all(State(app): Shared, _: NoFields) -> Result<Json<Status>, Failure> {
    let before = states(&app.supervisor.snapshot());
    let none =
        before.iter().all(|state| matches!(state, ProcessState::Stopped | ProcessState::Error));
    let message = if none { "Proxy servers are not running" } else { "Proxy servers are stopping" };
    let snapshot = app.supervisor.order_all(Order::Stop).await?;
    Ok(Json(app.taken(snapshot, message)))
}

/// Everything at a glance.
#[utoipa::path(
    get, path = "/api/proxy/status", tag = "all processes",
    responses(
        (status = 200, description = "What is so now", body = Status),
        (status = 401, description = "No or a wrong token", body = ErrorBody)
    )
)]
pub(crate) async fn status(State(app): Shared) -> Json<Status> {
    Json(app.status())
}

impl App {
    /// The status object as of now, with the primary process's message.
    pub(crate) fn status(&self) -> Status {
        let snapshot = self.supervisor.snapshot();
        let specs = self.supervisor.specs();
        let primary = specs.iter().position(|spec| spec.primary).unwrap_or_default();
        let message = snapshot.processes.get(primary).map(|process| process.message.clone());
        self.summary(snapshot, None, message.unwrap_or_default())
    }

    /// The payload of `proxy:status` as of now.
    pub(crate) fn status_update(&self) -> StatusUpdate {
        let timestamp = humantime::format_rfc3339_millis(SystemTime::now()).to_string();
        StatusUpdate { status: self.status(), timestamp }
    }

    fn taken(&self, snapshot: Snapshot, message: &str) -> Status {
        self.summary(snapshot, Some(true), message.to_owned())
    }

    fn summary(&self, snapshot: Snapshot, success: Option<bool>, message: String) -> Status {
        let catalog = self.catalog.view();
        Status {
            success,
            status: Overall::of(&states(&snapshot)),
            providers: catalog.providers.clone(),
            models: catalog.models.clone(),
            credentials: catalog.credentials(now_ms()),
            message,
            seq: snapshot.seq,
            epoch: snapshot.epoch,
            processes: snapshot.processes,
        }
    }
}

fn states(snapshot: &Snapshot) -> Vec<ProcessState> {
    snapshot.processes.iter().map(|process| process.state).collect()
}
