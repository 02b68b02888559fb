//! The OpenAPI document. `crates/server/openapi.json` is its reviewed copy.

use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::routes;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Signalbox",
        description = "Starts, watches and stops the proxy servers on a machine and tells every client the truth about \
            them. Times are ms since the epoch, durations seconds, unless a field's name says otherwise. Live events \
            also come over Socket.IO at `/socket.io/`.",
        license(name = "MIT", identifier = "MIT")
    ),
    servers((url = "/", description = "This server")),
    security((), ("token" = [])),
    modifiers(&Token),
    tags(
        (name = "all processes", description = "Orders to all, and everything at a glance"),
        (name = "processes", description = "One process at a time"),
        (name = "events", description = "Every transition, live and past"),
        (name = "server", description = "The server itself")
    ),
    paths(
        routes::health, routes::start_all, routes::stop_all, routes::status, routes::processes, routes::process,
        routes::start, routes::stop, routes::restart, routes::config, routes::logs, routes::events, routes::history,
        routes::metrics, routes::openapi, routes::docs,
    )
)]
struct Document;

/// The token is only asked for where one is set.
struct Token;

impl Modify for Token {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        document.components.get_or_insert_default().add_security_scheme("token", scheme);
    }
}

/// The document as JSON.
pub(crate) fn document() -> String {
    Document::openapi().to_pretty_json().unwrap_or_default()
}
