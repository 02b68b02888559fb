//! How the providers are, as the router knows it that sends requests there. It is asked when somebody asks us: nothing
//! here runs by itself.

use std::collections::BTreeMap;
use std::time::Duration;

use api::ProviderHealth;
use http::Request;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use lifecycle::State;
use serde::Deserialize;
use supervisor::Supervisor;
use tokio::time::timeout;

/// How long the router may take: it answers out of its memory.
const PATIENCE: Duration = Duration::from_millis(500);

/// The longest answer that is read, in bytes.
const LONGEST: usize = 1 << 20;

/// What we look at in the router's health. The Qwen proxy has none of it.
#[derive(Deserialize)]
struct Health {
    providers: BTreeMap<String, ProviderHealth>,
}

/// How each provider is, by its id; nothing while no router of ours runs.
pub(crate) async fn health_of_providers(
    supervisor: &Supervisor,
) -> Option<BTreeMap<String, ProviderHealth>> {
    // Only the built-in servers read our catalog.
    let ours = supervisor.specs().iter().filter(|spec| spec.builtin);
    let running = ours.filter(|spec| {
        supervisor.process(&spec.id).is_some_and(|process| process.state == State::Running)
    });
    let ports: Vec<u16> = running.filter_map(|spec| spec.port).collect();
    for port in ports {
        if let Ok(Some(health)) = timeout(PATIENCE, ask(port)).await {
            return Some(health.providers);
        }
    }
    None
}

async fn ask(port: u16) -> Option<Health> {
    let request =
        Request::get(format!("http://127.0.0.1:{port}/health")).body(Empty::<Bytes>::new()).ok()?;
    let answer = Client::builder(TokioExecutor::new()).build_http().request(request).await.ok()?;
    let body = Limited::new(answer.into_body(), LONGEST).collect().await.ok()?;
    serde_json::from_slice(&body.to_bytes()).ok()
}
