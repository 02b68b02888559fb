//! The pages and their files, the OpenAPI document, and the headers that protect all of them.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Uri, header};

use crate::failure::{Failure, not_found};
use crate::openapi;
use crate::request::Id;

/// Nothing but the server's own files; no script or style within a page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// The live page.
pub(crate) async fn page() -> Response {
    html(include_str!("../../web/index.html"))
}

/// A page to read the OpenAPI document.
#[utoipa::path(
    get, path = "/api/docs", tag = "server", security(()),
    responses((status = 200, description = "The page", body = String, content_type = "text/html"))
)]
pub(crate) async fn docs() -> Response {
    html(include_str!("../../web/docs.html"))
}

/// The files of the two pages. Every start of the server may bring others, so that none is kept unasked.
pub(crate) async fn asset(uri: Uri, Id(name): Id) -> Result<Response, Failure> {
    let (kind, text) = match name.as_str() {
        "live.js" => (SCRIPT, include_str!("../../web/live.js")),
        "live.css" => (CSS, include_str!("../../web/live.css")),
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

fn html(text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HTML),
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, text).into_response()
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
