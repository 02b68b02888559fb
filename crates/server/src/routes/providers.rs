//! Providers: where requests go.

use api::{Done, ErrorBody, NewProvider, Provider, ProviderChange, ProviderList, ProviderTest};
use axum::Json;
use axum::extract::State;
use http::StatusCode;

use crate::app::Shared;
use crate::catalog::{Changed, Fields, health_of_providers, list_models, providers as plans};
use crate::failure::Failure;
use crate::request::{Id, NoFields};

type OneProvider = Result<Json<Provider>, Failure>;

/// All providers, the one with the highest priority first, and how each is, as the router says that runs.
#[utoipa::path(
    get, path = "/api/providers", tag = "providers",
    responses((status = 200, description = "All providers", body = ProviderList))
)]
pub(crate) async fn providers(State(app): Shared) -> Json<ProviderList> {
    let health = health_of_providers(&app.supervisor).await;
    let providers = &app.catalog.view().providers;
    Json(ProviderList { providers: providers.items.to_vec(), total: providers.total, health })
}

/// Makes a provider.
#[utoipa::path(
    post, path = "/api/providers", tag = "providers", request_body = NewProvider,
    responses(
        (status = 201, description = "The provider", body = Provider),
        (status = 409, description = "There is one with this id", body = ErrorBody),
        (status = 503, description = "It cannot be kept, and was not made", body = ErrorBody)
    )
)]
pub(crate) async fn create_provider(
    State(app): Shared,
    fields: Fields,
) -> Result<(StatusCode, Json<Provider>), Failure> {
    let plan = move |contents: &_, now| plans::create(fields, contents, now);
    Ok((StatusCode::CREATED, changed(&app.catalog.change(plan).await?)?))
}

/// One provider.
#[utoipa::path(
    get, path = "/api/providers/{id}", tag = "providers",
    params(("id" = String, Path, description = "Its id", example = "lm-studio")),
    responses(
        (status = 200, description = "The provider", body = Provider),
        (status = 404, description = "There is no such provider", body = ErrorBody)
    )
)]
pub(crate) async fn provider(State(app): Shared, Id(id): Id) -> OneProvider {
    let view = app.catalog.view();
    let provider = view.provider(&id).cloned();
    provider.map(Json).ok_or_else(|| plans::unknown(&id, &view.contents))
}

/// Changes a provider; what is left out stays as it is.
#[utoipa::path(
    put, path = "/api/providers/{id}", tag = "providers", request_body = ProviderChange,
    params(("id" = String, Path, description = "Its id", example = "lm-studio")),
    responses(
        (status = 200, description = "The provider", body = Provider),
        (status = 404, description = "There is no such provider", body = ErrorBody),
        (status = 503, description = "It cannot be kept, and was not changed", body = ErrorBody)
    )
)]
pub(crate) async fn update_provider(State(app): Shared, Id(id): Id, fields: Fields) -> OneProvider {
    let plan = move |contents: &_, now| plans::update(&id, fields, contents, now);
    changed(&app.catalog.change(plan).await?)
}

/// Deletes a provider, and its models with it. Where it was the active one, there is none then.
#[utoipa::path(
    delete, path = "/api/providers/{id}", tag = "providers",
    params(("id" = String, Path, description = "Its id", example = "lm-studio")),
    responses(
        (status = 200, description = "It is gone", body = Done),
        (status = 404, description = "There is no such provider", body = ErrorBody),
        (status = 503, description = "That cannot be kept, and was not done", body = ErrorBody)
    )
)]
pub(crate) async fn delete_provider(State(app): Shared, Id(id): Id) -> Result<Json<Done>, Failure> {
    app.catalog.change(move |contents, _| plans::delete(&id, contents)).await?;
    Ok(Json(Done { success: true }))
}

/// Lets requests go to a provider.
#[utoipa::path(
    post, path = "/api/providers/{id}/enable", tag = "providers",
    params(("id" = String, Path, description = "Its id", example = "lm-studio")),
    responses(
        (status = 200, description = "The provider", body = Provider),
        (status = 404, description = "There is no such provider", body = ErrorBody),
        (status = 503, description = "That cannot be kept, and was not done", body = ErrorBody)
    )
)]
pub(crate) async fn enable_provider(State(app): Shared, Id(id): Id, _: NoFields) -> OneProvider {
    let plan = move |contents: &_, now| plans::enable(&id, true, contents, now);
    changed(&app.catalog.change(plan).await?)
}

/// Lets no request go to a provider any more.
#[utoipa::path(
    post, path = "/api/providers/{id}/disable", tag = "providers",
    params(("id" = String, Path, description = "Its id", example = "lm-studio")),
    responses(
        (status = 200, description = "The provider", body = Provider),
        (status = 404, description = "There is no such provider", body = ErrorBody),
        (status = 503, description = "That cannot be kept, and was not done", body = ErrorBody)
    )
)]
pub(crate) async fn disable_provider(State(app): Shared, Id(id): Id, _: NoFields) -> OneProvider {
    let plan = move |contents: &_, now| plans::enable(&id, false, contents, now);
    changed(&app.catalog.change(plan).await?)
}

/// Asks a provider for its models, once and now, whether or not it is enabled.
#[utoipa::path(
    post, path = "/api/providers/{id}/test", tag = "providers",
    params(("id" = String, Path, description = "Its id", example = "lm-studio")),
    responses(
        (status = 200, description = "What it answered, or why it did not", body = ProviderTest),
        (status = 404, description = "There is no such provider", body = ErrorBody),
        (status = 503, description = "The server is shutting down", body = ErrorBody)
    )
)]
pub(crate) async fn test_provider(
    State(app): Shared,
    Id(id): Id,
    _: NoFields,
) -> Result<Json<ProviderTest>, Failure> {
    let view = app.catalog.view();
    let provider =
        view.contents.provider(&id).ok_or_else(|| plans::unknown(&id, &view.contents))?;
    let asked = tokio::select! {
        () = app.closing.cancelled() => None,
        test = list_models(provider) => Some(test),
    };
    asked.map(Json).ok_or_else(Failure::shutting_down)
}

fn changed(changed: &Changed) -> OneProvider {
    let Changed { view, id } = changed;
    view.provider(id).cloned().map(Json).ok_or_else(|| plans::unknown(id, &view.contents))
}
