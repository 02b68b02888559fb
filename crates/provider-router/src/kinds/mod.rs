//! What is really different from one kind of provider to another.
//!
//! All of them are asked for their models at `/models`, as OpenAI is; what a kind adds stands in a
//! module of its own. OpenAI itself and Qwen's proxy need nothing: the proxy knows its own quirks.

mod llama_cpp;
mod lm_studio;
mod ollama;
mod openrouter;
mod vllm;

use gateway::{Destination, Forwarder, Refusal, Upstream};
use serde_json::{Map, Value};
use std::collections::HashMap;
use store::ProviderKind;

use crate::listing::{id, models, no_list};

/// How a model is described, as a provider does it.
pub(crate) type Description = Map<String, Value>;

/// What all kinds call the number of tokens that a model can take, as OpenRouter does.
const CONTEXT: &str = "context_length";

/// The upstream with what such a server wants of every request.
pub(crate) fn dressed(kind: ProviderKind, upstream: Upstream) -> Upstream {
    match kind {
        ProviderKind::OpenRouter => openrouter::dressed(upstream),
        ProviderKind::OpenAiCompatible
        | ProviderKind::OpenAi
        | ProviderKind::LmStudio
        | ProviderKind::Ollama
        | ProviderKind::Vllm
        | ProviderKind::LlamaCpp
        | ProviderKind::Qwen => upstream,
    }
}

/// Whether such a server answers 503 while it loads a model.
pub(crate) fn loads(kind: ProviderKind) -> bool {
    kind == ProviderKind::LlamaCpp
}

/// Asks for the models there are.
pub(crate) async fn list(
    kind: ProviderKind,
    forwarder: &Forwarder,
    destination: &Destination,
) -> Result<Vec<Description>, Refusal> {
    match kind {
        ProviderKind::LmStudio => lm_studio::list(forwarder, destination).await,
        ProviderKind::Ollama => ollama::list(forwarder, destination).await,
        ProviderKind::LlamaCpp => described(forwarder, destination, llama_cpp::context).await,
        ProviderKind::Vllm => described(forwarder, destination, vllm::context).await,
        ProviderKind::OpenAiCompatible
        | ProviderKind::OpenAi
        | ProviderKind::OpenRouter
        | ProviderKind::Qwen => usual(forwarder, destination).await,
    }
}

/// Whether who lists its models has taken our key. Others list them to everybody.
pub(crate) fn list_proves_key(kind: ProviderKind) -> bool {
    matches!(kind, ProviderKind::OpenAi | ProviderKind::Qwen)
}

/// The name besides its id by which such a server takes a model.
pub(crate) fn other_name(kind: ProviderKind, id: &str) -> Option<&str> {
    match kind {
        ProviderKind::Ollama => ollama::without_tag(id),
        _ => None,
    }
}

/// As OpenAI lists them.
async fn usual(
    forwarder: &Forwarder,
    destination: &Destination,
) -> Result<Vec<Description>, Refusal> {
    let document = forwarder.ask(destination, "/models").await?;
    models(document).ok_or_else(|| no_list(destination.upstream.name()))
}

/// The same, with the length of the context where the list says it in its own way.
async fn described(
    forwarder: &Forwarder,
    destination: &Destination,
    context: fn(&Description) -> Option<&Value>,
) -> Result<Vec<Description>, Refusal> {
    let mut models = usual(forwarder, destination).await?;
    models.iter_mut().for_each(|model| name_context(model, context));
    Ok(models)
}

/// `models`, each with what `more` tells of it besides.
fn joined(mut models: Vec<Description>, more: Vec<Description>) -> Vec<Description> {
    let more: HashMap<String, Description> = more
        .into_iter()
        .filter_map(|described| Some((id(&described)?.to_owned(), described)))
        .collect();
    for model in &mut models {
        let found = id(model).and_then(|id| more.get(id)).cloned().unwrap_or_default();
        for (name, value) in found {
            model.entry(name).or_insert(value);
        }
    }
    models
}

fn name_context(model: &mut Description, context: fn(&Description) -> Option<&Value>) {
    if let Some(length) = context(model).filter(|length| length.is_u64()).cloned() {
        model.entry(CONTEXT).or_insert(length);
    }
}

/// The same server at another path: what is not OpenAI's is beside what is.
fn beside(destination: &Destination, path: &str) -> Destination {
    let upstream = destination.upstream.beside(path);
    Destination { upstream: upstream.into(), ..destination.clone() }
}
