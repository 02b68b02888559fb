//! Models: names of the user's own for what providers have.

use api::{Done, ErrorBody, Model, ModelChange, ModelList, NewModel};
use axum::Json;
use axum::extract::State;
use http::StatusCode;

use crate::app::Shared;
use crate::catalog::{Changed, Fields, models as plans};
use crate::failure::Failure;
use crate::request::Id;

type OneModel = Result<Json<Model>, Failure>;

/// All models, the oldest one first.
#[utoipa::path(
    get, path = "/api/models", tag = "models",
    responses((status = 200, description = "All models", body = ModelList))
)]
pub(crate) async fn models(State(app): Shared) -> Json<ModelList> {
    let models = &app.catalog.view().models;
    Json(ModelList { models: models.items.to_vec(), total: models.total })
}

/// Makes a model.
#[utoipa::path(
    post, path = "/api/models", tag = "models", request_body = NewModel,
    responses(
        (status = 201, description = "The model", body = Model),
        (status = 409, description = "There is one with this id", body = ErrorBody),
        (status = 503, description = "It cannot be kept, and was not made", body = ErrorBody)
    )
)]
pub(crate) async fn create_model(
    State(app): Shared,
    fields: Fields,
) -> Result<(StatusCode, Json<Model>), Failure> {
    let plan = move |contents: &_, now| plans::create(fields, contents, now);
    Ok((StatusCode::CREATED, changed(&app.catalog.change(plan).await?)?))
}

/// One model. Slashes in its id may be written as they are, or as `%2F`.
#[utoipa::path(
    get, path = "/api/models/{id}", tag = "models",
    params(("id" = String, Path, description = "Its id", example = "fast")),
    responses(
        (status = 200, description = "The model", body = Model),
        (status = 404, description = "There is no such model", body = ErrorBody)
    )
)]
pub(crate) async fn model(State(app): Shared, Id(id): Id) -> OneModel {
    let view = app.catalog.view();
    let model = view.model(&id).cloned();
    model.map(Json).ok_or_else(|| plans::unknown(&id, &view.contents))
}

/// Changes a model; what is left out stays as it is.
#[utoipa::path(
    put, path = "/api/models/{id}", tag = "models", request_body = ModelChange,
    params(("id" = String, Path, description = "Its id", example = "fast")),
    responses(
        (status = 200, description = "The model", body = Model),
        (status = 404, description = "There is no such model", body = ErrorBody),
        (status = 503, description = "It cannot be kept, and was not changed", body = ErrorBody)
    )
)]
pub(crate) async fn update_model(State(app): Shared, Id(id): Id, fields: Fields) -> OneModel {
    let plan = move |contents: &_, now| plans::update(&id, fields, contents, now);
    changed(&app.catalog.change(plan).await?)
}

/// Deletes a model.
#[utoipa::path(
    delete, path = "/api/models/{id}", tag = "models",
    params(("id" = String, Path, description = "Its id", example = "fast")),
    responses(
        (status = 200, description = "It is gone", body = Done),
        (status = 404, description = "There is no such model", body = ErrorBody),
        (status = 503, description = "That cannot be kept, and was not done", body = ErrorBody)
    )
)]
pub(crate) async fn delete_model(State(app): Shared, Id(id): Id) -> Result<Json<Done>, Failure> {
    app.catalog.change(move |contents, _| plans::delete(&id, contents)).await?;
    Ok(Json(Done { success: true }))
}

fn changed(changed: &Changed) -> OneModel {
    let Changed { view, id } = changed;
    view.model(id).cloned().map(Json).ok_or_else(|| plans::unknown(id, &view.contents))
}
