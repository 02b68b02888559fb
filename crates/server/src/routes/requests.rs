//! What went through the proxies.

use api::{Done, ErrorBody, RequestList};
use axum::Json;
use axum::extract::State;
use http::StatusCode;

use crate::app::Shared;
use crate::failure::Failure;
use crate::request::Params;
use crate::requests::{End, Filter};

/// The largest `id` that the log can keep, and that a client may name.
const LAST_ID: u64 = i64::MAX as u64;

const REQUESTS: usize = 100;
const MOST_REQUESTS: usize = 1_000;

/// What went through the two proxies, newest first, with what is in flight.
///
/// How many requests that have ended are kept is the setting `request_log_max_rows`. What was in a request or an answer is
/// not kept.
#[utoipa::path(
    get, path = "/api/requests", tag = "requests",
    params(
        ("limit" = Option<u32>, Query, description = "How many, up to 1000", minimum = 1, maximum = 1000, example = 100),
        ("before" = Option<u64>, Query, description = "Those whose `id` is smaller", minimum = 1),
        ("process" = Option<String>, Query, description = "Those that went through this process"),
        ("model" = Option<String>, Query, description = "Those for this model"),
        ("provider" = Option<String>, Query, description = "Those that went to this provider"),
        ("outcome" = Option<String>, Query, description = "Those that ended like this, or, with `in_flight`, have not yet", pattern = "^(complete|upstream_cut|first_byte_timeout|idle_timeout|client_gone|drained|crashed|refused|upstream_error|in_flight)$")
    ),
    responses(
        (status = 200, description = "A page of requests", body = RequestList),
        (status = 401, description = "No or a wrong token", body = ErrorBody),
        (status = 422, description = "A parameter is wrong", body = ErrorBody),
        (status = 500, description = "The log of requests cannot be read", body = ErrorBody)
    )
)]
pub(crate) async fn requests(
    State(app): Shared,
    params: Params,
) -> Result<Json<RequestList>, Failure> {
    let filter = filter(&params)?;
    let listed = tokio::task::spawn_blocking(move || app.requests.list(&filter)).await;
    let failed =
        |why: String| Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "requests_unreadable", why);
    let listed = listed.map_err(|error| failed(error.to_string()))?;
    listed.map(Json).map_err(|error| failed(error.to_string()))
}

/// Forgets all requests that have ended.
#[utoipa::path(
    delete, path = "/api/requests", tag = "requests",
    responses(
        (status = 200, description = "They are forgotten", body = Done),
        (status = 503, description = "They cannot be deleted", body = ErrorBody)
    )
)]
pub(crate) async fn clear_requests(State(app): Shared) -> Result<Json<Done>, Failure> {
    let cleared = tokio::task::spawn_blocking(move || app.requests.clear()).await;
    let cleared = cleared.unwrap_or_else(|error| Err(error.to_string()));
    cleared.map(|()| Json(Done { success: true })).map_err(|why| {
        let message = format!(
            "The requests could not be deleted: {why}. Look at the data directory's disk and try again"
        );
        Failure::new(StatusCode::SERVICE_UNAVAILABLE, "requests_unwritable", message)
    })
}

fn filter(params: &Params) -> Result<Filter, Failure> {
    let text = |name| params.text(name).map(str::to_owned);
    let end = match params.text("outcome") {
        None => None,
        Some(name) => Some(End::of(name).ok_or_else(unknown_outcome)?),
    };
    Ok(Filter {
        before: params.whole("before", 1, LAST_ID)?,
        limit: params.whole("limit", 1, MOST_REQUESTS)?.unwrap_or(REQUESTS),
        process: text("process"),
        model: text("model"),
        provider: text("provider"),
        end,
    })
}

fn unknown_outcome() -> Failure {
    let names: Vec<_> = End::names().collect();
    Failure::field("outcome", format!("outcome must be one of {}", names.join(", ")))
}
