//! What `GET /health` says: of each provider whether it answers, never a key.

use gateway::Upstream;
use serde_json::{Map, Value, json};

use crate::{
    breaker::Verdict,
    table::{Provider, Table},
};

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
    let (verdict, is_known) = (provider.breaker.verdict(), listed.is_known());
    let status = status(provider.is_enabled, verdict, error.is_some(), is_known);
    let has_key = provider.upstream.as_ref().is_ok_and(|upstream| upstream.has_key());
    let error = error.or(said_of(verdict, has_key));
    // What it has is said for as long as it can be had.
    let models = (status == "ok").then_some(listed.models.len());
    let upstream = provider.upstream.as_ref().ok();
    let pause = provider.breaker.pause().filter(|_| provider.is_enabled);
    json!({
        "enabled": provider.is_enabled,
        "status": status,
        "error": if provider.is_enabled { error } else { None },
        "retryInMs": pause.map(|pause| u64::try_from(pause.as_millis()).unwrap_or(u64::MAX)),
        "host": upstream.map(|upstream| upstream.host()),
        "hasApiKey": has_key,
        "models": models,
    })
}

/// Where nothing else is known: what its answers to requests showed.
fn said_of(verdict: Verdict, has_key: bool) -> Option<&'static str> {
    match verdict {
        Verdict::Good => None,
        Verdict::Failing | Verdict::Trying => {
            Some("it answered several requests in a row with an error")
        }
        Verdict::Cooling => Some("it has had too many requests, and wants to be left alone"),
        Verdict::Rejected if has_key => Some("it does not take its API key: enter another one"),
        Verdict::Rejected => Some("it wants an API key: enter one"),
    }
}

/// `rejected`, `cooling_down` and `failing` are left out where others have the same model; with
/// `error`, the last request or the last question for its models failed.
fn status(is_enabled: bool, verdict: Verdict, fails: bool, is_known: bool) -> &'static str {
    match verdict {
        _ if !is_enabled => "disabled",
        Verdict::Rejected => "rejected",
        Verdict::Cooling => "cooling_down",
        Verdict::Failing | Verdict::Trying => "failing",
        Verdict::Good if fails => "error",
        Verdict::Good if is_known => "ok",
        Verdict::Good => "unknown",
    }
}
