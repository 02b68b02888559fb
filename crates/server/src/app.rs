//! What all routes share, and the table of routes.

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use supervisor::Supervisor;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::access::{self, Access};
use crate::audit::Audit;
use crate::catalog::Catalog;
use crate::cors::{self, Cors};
use crate::failure::method_not_allowed;
use crate::metrics::{self, Metrics};
use crate::readers::Readers;
use crate::requests::Requests;
use crate::routes;

/// What all routes share.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) supervisor: Supervisor,
    /// Providers, models, settings and credentials.
    pub(crate) catalog: Catalog,
    /// What goes through the proxies.
    pub(crate) requests: Arc<Requests>,
    pub(crate) metrics: Metrics,
    /// Whether what is announced is so.
    pub(crate) audit: Audit,
    /// Who reads `/api/events`.
    pub(crate) readers: Readers,
    /// Whether whoever may load the page may read the state too: there is no token.
    pub(crate) is_open: bool,
    /// When the server began to accept.
    pub(crate) started: Instant,
    /// Streams end when it is cancelled.
    pub(crate) closing: CancellationToken,
}

pub(crate) type Shared = axum::extract::State<Arc<App>>;

/// Every route, behind everything that decides who may call. The last layer sees a request first.
pub(crate) fn router(app: &Arc<App>, access: &Arc<Access>, sockets: Router) -> Router {
    let mut router = routes()
        .fallback(routes::elsewhere)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(Arc::clone(app))
        .merge(sockets)
        .layer(from_fn_with_state(Arc::clone(access), access::tokens));
    if !access.allowed_origins().is_empty() {
        router = router.layer(from_fn_with_state(Cors::new(access), cors::share));
    }
    router
        .layer(from_fn_with_state(Arc::clone(access), access::browsers))
        .layer(from_fn_with_state(Arc::clone(app), metrics::count))
        .layer(from_fn(routes::protect))
}

fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/assets/{name}", get(routes::asset))
        .route("/metrics", get(routes::metrics))
        .route("/api/health", get(routes::health))
        .route("/api/audit", get(routes::audit))
        .route("/api/docs", get(routes::docs))
        .route("/api/openapi.json", get(routes::openapi))
        .route("/api/proxy/start", post(routes::start_all))
        .route("/api/proxy/stop", post(routes::stop_all))
        .route("/api/proxy/status", get(routes::status))
        .route("/api/processes", get(routes::processes))
        .route("/api/processes/{id}", get(routes::process))
        .route("/api/processes/{id}/start", post(routes::start))
        .route("/api/processes/{id}/stop", post(routes::stop))
        .route("/api/processes/{id}/restart", post(routes::restart))
        .route("/api/processes/{id}/config", get(routes::config))
        .route("/api/processes/{id}/logs", get(routes::logs))
        .route("/api/events", get(routes::events))
        .route("/api/history", get(routes::history))
        .route("/api/providers", get(routes::providers).post(routes::create_provider))
        .route(
            "/api/providers/{id}",
            get(routes::provider).put(routes::update_provider).delete(routes::delete_provider),
        )
        .route("/api/providers/{id}/enable", post(routes::enable_provider))
        .route("/api/providers/{id}/disable", post(routes::disable_provider))
        .route("/api/providers/{id}/test", post(routes::test_provider))
        .route("/api/models", get(routes::models).post(routes::create_model))
        // Ids of models have slashes, which few people write as `%2F`.
        .route(
            "/api/models/{*id}",
            get(routes::model).put(routes::update_model).delete(routes::delete_model),
        )
        .route("/api/requests", get(routes::requests).delete(routes::clear_requests))
        .route("/api/settings", get(routes::settings))
        .route(
            "/api/settings/{key}",
            get(routes::setting).put(routes::set_setting).delete(routes::unset_setting),
        )
        .route(
            "/api/qwen/credentials",
            get(routes::credentials)
                .post(routes::set_credentials)
                .delete(routes::delete_credentials),
        )
}
