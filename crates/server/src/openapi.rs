//! The OpenAPI document. `crates/server/openapi.json` is its reviewed copy.

use api::{ErrorBody, ServerEvents, Usage};
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::response::Response;
use utoipa::openapi::schema::Ref;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Content, RefOr};
use utoipa::{Modify, OpenApi, ToSchema};

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
    modifiers(&Token, &Refusals),
    tags(
        (name = "all processes", description = "Orders to all, and everything at a glance"),
        (name = "processes", description = "One process at a time"),
        (name = "events", description = "Every transition, live and past"),
        (name = "providers", description = "Where requests go"),
        (name = "models", description = "Names of your own for what providers have"),
        (name = "requests", description = "What went through the proxies"),
        (name = "settings", description = "What holds for all requests"),
        (name = "credentials", description = "What the Qwen proxy shows to Model Studio"),
        (name = "server", description = "The server itself")
    ),
    paths(
        routes::health, routes::start_all, routes::stop_all, routes::status, routes::processes, routes::process,
        routes::start, routes::stop, routes::restart, routes::config, routes::logs, routes::events, routes::history,
        routes::providers, routes::create_provider, routes::provider, routes::update_provider,
        routes::delete_provider, routes::enable_provider, routes::disable_provider, routes::test_provider,
        routes::models, routes::create_model, routes::model, routes::update_model, routes::delete_model,
        routes::requests, routes::clear_requests, routes::settings, routes::setting, routes::set_setting, routes::unset_setting, routes::credentials,
        routes::set_credentials, routes::delete_credentials, routes::audit, routes::metrics, routes::openapi, routes::docs,
    ),
    components(schemas(ServerEvents, Usage))
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

/// What is refused before a call is carried out is much the same for all of them; what a call says itself stays.
struct Refusals;

impl Modify for Refusals {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        for item in document.paths.paths.values_mut() {
            let PathItem { get, put, post, delete, .. } = item;
            for operation in [get, put, post, delete].into_iter().flatten() {
                refuse(operation, "400", "The request is malformed");
                refuse(operation, "403", "A foreign origin or host");
                // Only what needs no token has a rule of its own.
                if operation.security.is_none() {
                    refuse(operation, "401", "No or a wrong token");
                    refuse(
                        operation,
                        "429",
                        "Too many wrong tokens; `Retry-After` says when to try again",
                    );
                }
            }
            for operation in [&mut item.post, &mut item.put].into_iter().flatten() {
                refuse(operation, "408", "The body did not come in time");
                refuse(operation, "413", "The body is longer than 1 MiB");
                refuse(operation, "415", "The body is not called JSON");
                refuse(operation, "422", "A field is wrong");
            }
        }
    }
}

fn refuse(operation: &mut Operation, status: &str, description: &str) {
    let schema = Ref::from_schema_name(ErrorBody::name());
    let content = Content::new(Some(schema));
    let response =
        Response::builder().description(description).content("application/json", content);
    let responses = &mut operation.responses.responses;
    responses.entry(status.to_owned()).or_insert_with(|| RefOr::T(response.build()));
}

/// The document as JSON.
pub(crate) fn document() -> String {
    Document::openapi().to_pretty_json().unwrap_or_default()
}
