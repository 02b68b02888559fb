//! What `GET /health` says: of each provider whether it answers, never a key.

use gateway::Upstream;
use serde_json::{Map, Value, json};

use crate::table::{Provider, Table};

/// With the providers of the catalog.
pub(crate) fn of_table(table: &Table) -> Value {
    let providers = table.providers.iter().map(|provider| (provider.id.clone(), of(provider)));
    let providers: Map<String, Value> = providers.collect();
    let mut health = document(Value::Object(providers));
    if let Some(fault) = &table.fault {
        health["catalog"] = json!({ "error": fault });
    }
    health
}

/// With the one upstream in place of them, under `name`.
pub(crate) fn of_upstream(name: &str, upstream: &Upstream) -> Value {
    let upstream = json!({
        "configured": true, "host": upstream.host(), "hasApiKey": upstream.has_key(),
    });
    document(json!({ name: upstream }))
}

fn document(providers: Value) -> Value {
    json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION"), "providers": providers })
}

fn of(provider: &Provider) -> Value {
    let listed = provider.listing.get();
    let error = match &provider.upstream {
        Ok(_) => listed.error.as_deref(),
        Err(error) => Some(error.as_str()),
    };
    let state = match (provider.is_enabled, error) {
        (false, _) => "disabled",
        (true, Some(_)) => "error",
        (true, None) if listed.is_known() => "ok",
        (true, None) => "unknown",
    };
    // What it has is said for as long as it can be had.
    let models = (state == "ok").then_some(listed.models.len());
    let upstream = provider.upstream.as_ref().ok();
    json!({
        "enabled": provider.is_enabled,
        "state": state,
        "error": if provider.is_enabled { error } else { None },
        "host": upstream.map(|upstream| upstream.host()),
        "hasApiKey": upstream.is_some_and(|upstream| upstream.has_key()),
        "models": models,
    })
}
