//! What a process wrote.

use api::{ErrorBody, Logs};
use axum::Json;
use axum::extract::State;

use crate::app::Shared;
use crate::failure::Failure;
use crate::request::{Id, Params};

/// How many lines are given when nobody says.
const LINES: usize = 100;

/// The most lines that are given at once.
pub(crate) const MOST_LINES: usize = 10_000;

/// The last lines of a process's output, oldest first.
#[utoipa::path(
    get, path = "/api/processes/{id}/logs", tag = "processes",
    params(
        ("id" = String, Path, description = "Its id", example = "providerRouter"),
        ("tail" = Option<u32>, Query, description = "How many lines, up to 10000", maximum = 10000, example = 100)
    ),
    responses(
        (status = 200, description = "The last lines", body = Logs),
        (status = 401, description = "No or a wrong token", body = ErrorBody),
        (status = 404, description = "There is no such process", body = ErrorBody),
        (status = 422, description = "`tail` is wrong", body = ErrorBody)
    )
)]
pub(crate) async fn logs(
    State(app): Shared,
    Id(id): Id,
    params: Params,
) -> Result<Json<Logs>, Failure> {
    let book = app.supervisor.logs(&id).ok_or_else(|| app.unknown(&id))?;
    let tail = params.whole("tail", 0, MOST_LINES)?.unwrap_or(LINES);
    Ok(Json(Logs { lines: book.tail(tail).await }))
}
