//! One process at a time.

use std::sync::Arc;
use std::time::Duration;

use api::{ErrorBody, Process, Processes};
use axum::Json;
use axum::extract::State;
use http::StatusCode;
use supervisor::{Order, Settled};

use crate::app::{App, Shared};
use crate::failure::Failure;
use crate::request::{Id, NoFields, Params};

/// The longest wait for an order to settle, in seconds.
const LONGEST_WAIT_S: f64 = 3_600.0;

type OneProcess = Result<Json<Arc<Process>>, Failure>;

/// All processes, in the order of the configuration.
#[utoipa::path(
    get, path = "/api/processes", tag = "processes",
    responses(
        (status = 200, description = "All processes", body = Processes),
        (status = 401, description = "No or a wrong token", body = ErrorBody)
    )
)]
pub(crate) async fn processes(State(app): Shared) -> Json<Processes> {
    let snapshot = app.supervisor.snapshot();
    Json(Processes { processes: snapshot.processes, seq: snapshot.seq })
}

/// One process.
#[utoipa::path(
    get, path = "/api/processes/{id}", tag = "processes",
    params(("id" = String, Path, description = "Its id", example = "providerRouter")),
    responses(
        (status = 200, description = "The process", body = Process),
        (status = 401, description = "No or a wrong token", body = ErrorBody),
        (status = 404, description = "There is no such process", body = ErrorBody)
    )
)]
pub(crate) async fn process(State(app): Shared, Id(id): Id) -> OneProcess {
    app.process(&id).map(Json)
}

/// Orders a process to start.
#[utoipa::path(
    post, path = "/api/processes/{id}/start", tag = "processes",
    params(
        ("id" = String, Path, description = "Its id", example = "providerRouter"),
        ("wait" = Option<f64>, Query, description = "Answer only once settled, after so many seconds at the latest", minimum = 0, maximum = 3600, example = 30)
    ),
    responses(
        (status = 200, description = "The order was taken, and has settled if that was asked for", body = Process),
        (status = 401, description = "No or a wrong token", body = ErrorBody),
        (status = 403, description = "A foreign origin or host", body = ErrorBody),
        (status = 404, description = "There is no such process", body = ErrorBody),
        (status = 422, description = "A field is wrong", body = ErrorBody),
        (status = 503, description = "The server is shutting down", body = ErrorBody),
        (status = 504, description = "It has not settled yet; the order stands", body = ErrorBody)
    )
)]
pub(crate) async fn start(
    State(app): Shared,
    Id(id): Id,
    params: Params,
    _: NoFields,
) -> OneProcess {
    app.carry_out(&id, Order::Start, &params).await
}

/// Orders a process to stop.
#[utoipa::path(
    post, path = "/api/processes/{id}/stop", tag = "processes",
    params(
        ("id" = String, Path, description = "Its id", example = "providerRouter"),
        ("wait" = Option<f64>, Query, description = "Answer only once settled, after so many seconds at the latest", minimum = 0, maximum = 3600, example = 30)
    ),
    responses(
        (status = 200, description = "The order was taken, and has settled if that was asked for", body = Process),
        (status = 401, description = "No or a wrong token", body = ErrorBody),
        (status = 403, description = "A foreign origin or host", body = ErrorBody),
        (status = 404, description = "There is no such process", body = ErrorBody),
        (status = 422, description = "A field is wrong", body = ErrorBody),
        (status = 503, description = "The server is shutting down", body = ErrorBody),
        (status = 504, description = "It has not settled yet; the order stands", body = ErrorBody)
    )
)]
pub(crate) async fn stop(
    State(app): Shared,
    Id(id): Id,
    params: Params,
    _: NoFields,
) -> OneProcess {
    app.carry_out(&id, Order::Stop, &params).await
}

/// Orders a process to stop, and to start again once it is down.
#[utoipa::path(
    post, path = "/api/processes/{id}/restart", tag = "processes",
    params(
        ("id" = String, Path, description = "Its id", example = "providerRouter"),
        ("wait" = Option<f64>, Query, description = "Answer only once settled, after so many seconds at the latest", minimum = 0, maximum = 3600, example = 30)
    ),
    responses(
        (status = 200, description = "The order was taken, and has settled if that was asked for", body = Process),
        (status = 401, description = "No or a wrong token", body = ErrorBody),
        (status = 403, description = "A foreign origin or host", body = ErrorBody),
        (status = 404, description = "There is no such process", body = ErrorBody),
        (status = 422, description = "A field is wrong", body = ErrorBody),
        (status = 503, description = "The server is shutting down", body = ErrorBody),
        (status = 504, description = "It has not settled yet; the order stands", body = ErrorBody)
    )
)]
pub(crate) async fn restart(
    State(app): Shared,
    Id(id): Id,
    params: Params,
    _: NoFields,
) -> OneProcess {
    app.carry_out(&id, Order::Restart, &params).await
}

impl App {
    async fn carry_out(&self, id: &str, order: Order, params: &Params) -> OneProcess {
        self.process(id)?;
        let Some(wait) = params.seconds("wait", LONGEST_WAIT_S)? else {
            return Ok(Json(self.supervisor.order(id, order).await?));
        };
        let within = Duration::from_secs_f64(wait);
        match self.supervisor.order_and_settle(id, order, within).await? {
            Settled::InTime(process) => Ok(Json(process)),
            Settled::NotYet(process) => Err(not_settled(&process, wait)),
        }
    }
}

fn not_settled(process: &Process, wait: f64) -> Failure {
    let Process { title, state, .. } = process;
    let message = format!(
        "{title} has not settled within {wait} s and is {}; the order stands",
        state.name()
    );
    Failure::new(StatusCode::GATEWAY_TIMEOUT, "not_settled", message)
}
