//! Health, audit and metrics.

use api::{Audit, ErrorBody, Health};
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::{HeaderMap, StatusCode, header};

use crate::app::Shared;
use crate::failure::Failure;
use crate::metrics::Format;

/// Whether the server is there. Needs no token.
#[utoipa::path(
    get, path = "/api/health", tag = "server", security(()),
    responses((status = 200, description = "It is there", body = Health))
)]
pub(crate) async fn health(State(app): Shared) -> Json<Health> {
    Json(Health {
        status: "ok".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        uptime: app.started.elapsed().as_secs_f64(),
    })
}

/// Whether what is announced of processes is what `/proc` shows, looked at for this call.
///
/// The auditor hears what every client hears and looks by itself, after each event and for whoever asks; it shares nothing
/// with what it audits.
#[utoipa::path(
    get, path = "/api/audit", tag = "server",
    responses(
        (status = 200, description = "What it found", body = Audit),
        (status = 401, description = "No or a wrong token", body = ErrorBody),
        (status = 500, description = "The audit could not be read", body = ErrorBody)
    )
)]
pub(crate) async fn audit(State(app): Shared) -> Result<Json<Audit>, Failure> {
    let audit = app.audit.clone();
    // It reads files.
    tokio::task::spawn_blocking(move || audit.report()).await.map(Json).map_err(|error| {
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "audit_failed", error.to_string())
    })
}

/// Figures for Prometheus in its text format, or in that of OpenMetrics where `Accept` names it.
#[utoipa::path(
    get, path = "/metrics", tag = "server",
    responses(
        (status = 200, description = "All figures",
            content((String = "text/plain"), (String = "application/openmetrics-text"))),
        (status = 401, description = "No or a wrong token", body = ErrorBody),
        (status = 500, description = "The metrics could not be written", body = ErrorBody)
    )
)]
pub(crate) async fn metrics(
    State(app): Shared,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Failure> {
    let format = Format::accepted(&headers);
    // What the process trees use is read from files.
    let text = tokio::task::spawn_blocking(move || app.metrics.encode(format)).await;
    match text {
        Ok(Ok(text)) => Ok(([(header::CONTENT_TYPE, format.content_type())], text)),
        _ => {
            let message = "The metrics could not be written";
            Err(Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "metrics_failed", message))
        }
    }
}
