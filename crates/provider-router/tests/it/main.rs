//! The router over the wire: with one upstream, with a catalog, and with one that changes.

#![cfg(test)]

mod catalog;
mod kinds;
mod models;
mod reload;
#[path = "../../../gateway/tests/it/support/mod.rs"]
#[expect(dead_code, reason = "the gateway's own tests use all of it")]
mod support;
mod upstream;

use provider_router::{Options, Reload, run};
use serde_json::{Value, json};
use std::path::Path;
use store::{ApiKey, Catalog, Change, OwnTimeouts, Provider, ProviderKind, Setting};
use support::{Answer, FakeUpstream, Running, within};

const CHAT: &str = "/v1/chat/completions";

async fn router(options: Options) -> Running {
    Running::start(|shutdown, on_listening| run(options, shutdown, on_listening, |_| {})).await
}

/// A data directory with a catalog of these changes alone, and its owner.
fn catalog(changes: &[Change]) -> (tempfile::TempDir, Catalog) {
    let folder = tempfile::tempdir().expect("a folder");
    let (catalog, first, warnings) = Catalog::open(&folder.path().join(store::CATALOG_FILE));
    assert_eq!(warnings, Vec::<String>::new());
    let first = first.providers.into_iter().map(|provider| Change::DeleteProvider(provider.id));
    let mut all: Vec<Change> = first.collect();
    all.push(Change::Unset(Setting::ActiveProvider));
    all.extend_from_slice(changes);
    catalog.apply(&all).expect("a change");
    (folder, catalog)
}

/// A provider at `upstream`, with a key of its own.
fn provider(id: &str, upstream: &FakeUpstream) -> Provider {
    provider_at(id, &upstream.base_url())
}

fn provider_at(id: &str, base_url: &str) -> Provider {
    Provider {
        id: id.to_owned(),
        name: id.to_uppercase(),
        kind: ProviderKind::OpenAiCompatible,
        base_url: base_url.to_owned(),
        enabled: true,
        priority: 0,
        description: String::new(),
        api_key: ApiKey::try_new(&format!("sk-{id}")),
        timeouts: OwnTimeouts::default(),
        created_at_ms: 1,
        updated_at_ms: 1,
    }
}

fn put(provider: Provider) -> Change {
    Change::PutProvider(provider)
}

fn active(provider: &str) -> Change {
    Change::Set(Setting::ActiveProvider, provider.into())
}

async fn with_catalog(data_dir: &Path) -> (Running, Reload) {
    let options = Options { port: 0, data_dir: Some(data_dir.to_owned()), ..Options::default() };
    let reload = options.reload.clone();
    (router(options).await, reload)
}

/// Answers the next question for models with these.
async fn list(upstream: &mut FakeUpstream, ids: &[&str]) {
    let received = upstream.next().await;
    assert_eq!(received.head.uri.path(), "/v1/models");
    let models: Vec<Value> = ids.iter().map(|id| json!({"id": id, "object": "model"})).collect();
    received.answer_json(200, &json!({"object": "list", "data": models})).await;
}

/// Waits until the router's health says this of a provider.
async fn until_status(router: &Running, id: &str, status: &str) -> Value {
    within(status, async {
        loop {
            let health = router.get("/health").await.json().await;
            if health["providers"][id]["status"] == status {
                return health;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}

/// Sends `body` to the router, expects it as `expected` at `upstream`, and answers it.
async fn passed(router: &Running, body: &str, upstream: &mut FakeUpstream, expected: &str) {
    let (answer, ()) = tokio::join!(router.post(CHAT, body.to_owned()), async {
        let received = upstream.next().await;
        assert_eq!(received.head.uri.path(), CHAT);
        assert_eq!(received.body, expected);
        received.answer_json(200, &json!({})).await;
    });
    assert_eq!(answer.status(), 200);
}

async fn error_of(answer: Answer, status: u16) -> Value {
    assert_eq!(answer.status(), status);
    answer.json().await
}
