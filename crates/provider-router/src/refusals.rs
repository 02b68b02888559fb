//! What a caller is told when there is nowhere to go.

use gateway::Refusal;
use http::StatusCode;

use crate::{
    merged::{ids, merged},
    table::{Provider, Table},
};

const UNKNOWN_CODE: &str = "model_not_found";

/// Nobody is known to have the model, and there is no active provider; or, of `GET
/// /v1/models/{id}`, nobody lists it.
pub(crate) fn unknown(table: &Table, model: Option<&str>) -> Refusal {
    if let (true, Some(fault)) = (table.providers.is_empty(), &table.fault) {
        return unreadable(fault);
    }
    let what = match model {
        Some(model) => format!("no enabled provider is known to have the model `{model}`"),
        None => "the request names no model".to_owned(),
    };
    let active = match (table.contents.settings.active_provider(), table.active()) {
        (None, _) => "there is no active provider".to_owned(),
        (Some(id), None) => format!("the active provider `{id}` does not exist"),
        (Some(id), Some(provider)) if !provider.is_enabled => {
            format!("the active provider `{id}` is disabled")
        }
        (Some(id), Some(_)) => format!("the active provider is `{id}`"),
    };
    let there_are = there_are(table);
    let message = format!("{what}, and {active}. {there_are}{}", catalog(table));
    not_found(message)
}

/// It is this provider's, which is disabled.
pub(crate) fn disabled(table: &Table, model: &str, provider: &Provider) -> Refusal {
    let id = &provider.id;
    let there_are = there_are(table);
    let message = format!(
        "the model `{model}` is of the provider `{id}`, which is disabled: enable it, or ask for \
         another model. {there_are}{}",
        catalog(table)
    );
    not_found(message)
}

/// Nothing can be sent to this provider.
pub(crate) fn unusable(provider: &Provider, error: &str) -> Refusal {
    let message = format!("the provider `{}` cannot be used: {error}", provider.id);
    Refusal::upstream(StatusCode::BAD_GATEWAY, "invalid_base_url", &provider.id, message)
}

fn unreadable(fault: &str) -> Refusal {
    let message = format!(
        "no provider is known, since the catalog cannot be used: {fault}. A control server that is \
         started on it (signalbox up) sets a damaged one aside and begins a new one"
    );
    let status = StatusCode::SERVICE_UNAVAILABLE;
    Refusal::new(status, "server_error", "catalog_unreadable", message)
}

fn not_found(message: String) -> Refusal {
    Refusal::invalid(StatusCode::NOT_FOUND, UNKNOWN_CODE, message).with_param("model")
}

fn there_are(table: &Table) -> String {
    let entries = merged(table);
    let models = match ids(&entries).as_str() {
        "" => "No models are known".to_owned(),
        ids => format!("There are: {ids}"),
    };
    let failing = failing(table);
    let failing = if failing.is_empty() {
        failing
    } else {
        format!("; no answer from {failing}, see /health")
    };
    format!("{models}{failing}")
}

fn failing(table: &Table) -> String {
    let fails =
        |provider: &&Provider| provider.upstream.is_err() || provider.listing.get().error.is_some();
    let ids: Vec<&str> =
        table.enabled().filter(fails).map(|provider| provider.id.as_str()).collect();
    ids.join(", ")
}

fn catalog(table: &Table) -> String {
    table.fault.as_ref().map_or_else(String::new, |fault| {
        format!(" (The catalog: {fault}; what was known before holds.)")
    })
}
