//! Qwen's credentials: the key is written, never read back.

use api::{Done, ErrorBody, NewQwenCredentials, QwenCredentials};
use axum::Json;
use axum::extract::State;

use crate::app::Shared;
use crate::catalog::{Fields, credentials as plans, now_ms};
use crate::failure::Failure;

/// What is known of Qwen's credentials.
#[utoipa::path(
    get, path = "/api/qwen/credentials", tag = "credentials",
    responses((status = 200, description = "Whether there are some, and whether they are valid", body = QwenCredentials))
)]
pub(crate) async fn credentials(State(app): Shared) -> Json<QwenCredentials> {
    Json(app.catalog.view().qwen(now_ms()))
}

/// Sets Qwen's credentials, in place of those there are.
#[utoipa::path(
    post, path = "/api/qwen/credentials", tag = "credentials", request_body = NewQwenCredentials,
    responses(
        (status = 200, description = "What is known of them now", body = QwenCredentials),
        (status = 503, description = "They cannot be kept, and were not set", body = ErrorBody)
    )
)]
pub(crate) async fn set_credentials(
    State(app): Shared,
    fields: Fields,
) -> Result<Json<QwenCredentials>, Failure> {
    let plan = move |contents: &_, now| plans::put(fields, contents, now);
    Ok(Json(app.catalog.change(plan).await?.view.qwen(now_ms())))
}

/// Deletes Qwen's credentials, if there are some.
#[utoipa::path(
    delete, path = "/api/qwen/credentials", tag = "credentials",
    responses(
        (status = 200, description = "There are none now", body = Done),
        (status = 503, description = "That cannot be kept, and was not done", body = ErrorBody)
    )
)]
pub(crate) async fn delete_credentials(State(app): Shared) -> Result<Json<Done>, Failure> {
    app.catalog.change(|contents, _| Ok(plans::delete(contents))).await?;
    Ok(Json(Done { success: true }))
}
