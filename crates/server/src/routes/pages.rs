//! The dashboard, the page of the API, their files, the OpenAPI document, and the headers that protect all of them.

use api::StatusUpdate;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Method, Uri, header};

use crate::access;
use crate::app::Shared;
use crate::dashboard;
use crate::failure::{Failure, method_not_allowed, not_found};
use crate::first_sight::first_sight;
use crate::openapi;
use crate::request::Id;

/// Nothing but the server's own files; no script or style within a page. The page's chat talks to the router, which
/// listens on another port of this machine.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
    connect-src 'self' http://127.0.0.1:* http://localhost:*; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// What no route answers: the dashboard, which has pages of its own, for whatever could be one of them.
pub(crate) async fn elsewhere(
    State(app): Shared,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let path = uri.path();
    let has_extension = path.rsplit('/').next().unwrap_or_default().contains('.');
    if !access::is_page(path) || has_extension {
        return not_found(uri).await.into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        let refusal = method_not_allowed(method, uri).await;
        return ([(header::ALLOW, "GET,HEAD")], refusal).into_response();
    }
    // Where a token is set, the page gets the state once it has shown it.
    let page = match app.is_open.then(|| app.status_update()) {
        Some(update) => page_of(path, &update),
        None => dashboard::page(&headers),
    };
    match page {
        Some(page) => guarded(page),
        None => not_found(uri).await.into_response(),
    }
}

/// The page with what is so. Only the first one has something to be seen of it before its script has run.
fn page_of(path: &str, update: &StatusUpdate) -> Option<Response> {
    let sight = if path == "/" { first_sight(update) } else { String::new() };
    dashboard::page_with(&serde_json::to_string(update).ok()?, &sight)
}

/// A page to read the OpenAPI document.
#[utoipa::path(
    get, path = "/api/docs", tag = "server", security(()),
    responses((status = 200, description = "The page", body = String, content_type = "text/html"))
)]
pub(crate) async fn docs() -> Response {
    let head = [(header::CONTENT_TYPE, HTML), (header::CACHE_CONTROL, "no-cache")];
    guarded((head, include_str!("../../web/docs.html")).into_response())
}

/// The files of the pages. What has no hash in its name may be another one after each start, and is not kept unasked.
pub(crate) async fn asset(uri: Uri, headers: HeaderMap, Id(name): Id) -> Result<Response, Failure> {
    if let Some(file) = dashboard::asset(uri.path(), &headers) {
        return Ok(file);
    }
    let (kind, text) = match name.as_str() {
        "docs.js" => (SCRIPT, include_str!("../../web/docs.js")),
        "docs.css" => (CSS, include_str!("../../web/docs.css")),
        "icon.svg" => (SVG, include_str!("../../web/icon.svg")),
        _ => return Err(not_found(uri).await),
    };
    Ok(([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], text).into_response())
}

/// This document.
#[utoipa::path(
    get, path = "/api/openapi.json", tag = "server",
    responses(
        (status = 200, description = "OpenAPI 3.1", body = Object, content_type = "application/json"),
        (status = 401, description = "No or a wrong token", body = api::ErrorBody)
    )
)]
pub(crate) async fn openapi() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], openapi::document()).into_response()
}

/// A page may do no more than the policy says.
fn guarded(mut page: Response) -> Response {
    let headers = page.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    page
}

/// No answer is guessed to be another type, embedded by a foreign page or kept by a cache unless it says so.
pub(crate) async fn protect(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
