//! Settings.

use api::{ErrorBody, NewSetting, Setting, SettingList};
use axum::Json;
use axum::extract::State;

use crate::app::Shared;
use crate::catalog::{Fields, settings as plans};
use crate::failure::Failure;
use crate::request::Id;

type OneSetting = Result<Json<Setting>, Failure>;

/// All settings, each with what holds.
#[utoipa::path(
    get, path = "/api/settings", tag = "settings",
    responses((status = 200, description = "All settings", body = SettingList))
)]
pub(crate) async fn settings(State(app): Shared) -> Json<SettingList> {
    Json(app.catalog.view().settings())
}

/// One setting: what was set, else its default.
#[utoipa::path(
    get, path = "/api/settings/{key}", tag = "settings",
    params(("key" = String, Path, description = "Its name", example = "idle_timeout_s")),
    responses(
        (status = 200, description = "The setting", body = Setting),
        (status = 404, description = "There is no such setting", body = ErrorBody)
    )
)]
pub(crate) async fn setting(State(app): Shared, Id(key): Id) -> OneSetting {
    Ok(Json(app.catalog.view().setting(plans::find(&key)?)))
}

/// Sets a setting.
///
/// `active_provider` takes the id of a provider or null, `active_model` the name of a model or null, `fallback` true or
/// false, `fallback_order` a list of ids of providers or null, the timeouts take seconds, and `request_log_max_rows` takes
/// how many requests that have ended are kept: 0 to 1000000.
#[utoipa::path(
    put, path = "/api/settings/{key}", tag = "settings", request_body = NewSetting,
    params(("key" = String, Path, description = "Its name", example = "idle_timeout_s")),
    responses(
        (status = 200, description = "The setting", body = Setting),
        (status = 404, description = "There is no such setting", body = ErrorBody),
        (status = 503, description = "It cannot be kept, and was not set", body = ErrorBody)
    )
)]
pub(crate) async fn set_setting(State(app): Shared, Id(key): Id, fields: Fields) -> OneSetting {
    let setting = plans::find(&key)?;
    let plan = move |contents: &_, _| plans::set(setting, fields, contents);
    let changed = app.catalog.change(plan).await?;
    app.requests.retention_changed();
    Ok(Json(changed.view.setting(setting)))
}

/// Gives a setting its default again: the answer says which.
#[utoipa::path(
    delete, path = "/api/settings/{key}", tag = "settings",
    params(("key" = String, Path, description = "Its name", example = "idle_timeout_s")),
    responses(
        (status = 200, description = "The setting", body = Setting),
        (status = 404, description = "There is no such setting", body = ErrorBody),
        (status = 503, description = "That cannot be kept, and was not done", body = ErrorBody)
    )
)]
pub(crate) async fn unset_setting(State(app): Shared, Id(key): Id) -> OneSetting {
    let setting = plans::find(&key)?;
    let changed = app.catalog.change(move |_, _| Ok(plans::unset(setting))).await?;
    app.requests.retention_changed();
    Ok(Json(changed.view.setting(setting)))
}
