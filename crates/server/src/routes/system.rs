//! Health and metrics.

use api::{ErrorBody, Health};
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::{StatusCode, header};

use crate::app::Shared;
use crate::failure::Failure;

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

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

/// Figures for Prometheus, in the OpenMetrics text format.
#[utoipa::path(
    get, path = "/metrics", tag = "server",
    responses(
        (status = 200, description = "All figures", body = String, content_type = "application/openmetrics-text"),
        (status = 401, description = "No or a wrong token", body = ErrorBody)
    )
)]
pub(crate) async fn metrics(State(app): Shared) -> Result<impl IntoResponse, Failure> {
    // What the process trees use is read from files.
    let text = tokio::task::spawn_blocking(move || app.metrics.encode()).await;
    match text {
        Ok(Ok(text)) => Ok(([(header::CONTENT_TYPE, OPENMETRICS)], text)),
        _ => {
            let message = "The metrics could not be written";
            Err(Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "metrics_failed", message))
        }
    }
}
