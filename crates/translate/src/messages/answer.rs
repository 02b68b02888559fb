//! A message, made of a chat completion.

use serde_json::{Value, json};

use super::request;
use crate::{
    chat::{
        chunk::Finish,
        folded::{Folded, Said},
        reading::End,
        sequence::Block,
        usage::Usage,
    },
    thought::Thought,
    translation::Asked,
};

/// What the request says about its answer.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    pub(crate) shows_thinking: bool,
    stop_sequences: Vec<String>,
}

impl Wish {
    pub(crate) fn of(request: &serde_json::Map<String, Value>) -> Self {
        let stops = request.get("stop_sequences").and_then(Value::as_array).into_iter().flatten();
        Self {
            shows_thinking: request::takes_thinking(request),
            stop_sequences: stops.filter_map(Value::as_str).map(str::to_owned).collect(),
        }
    }

    /// Why the model stopped, and at which sequence.
    pub(crate) fn stop_reason<'e>(&self, end: &'e End) -> (&'static str, Option<&'e str>) {
        match &end.finish {
            Finish::Length => ("max_tokens", None),
            Finish::ContentFilter => ("refusal", None),
            Finish::Stop(_) | Finish::ToolCalls if end.has_calls => ("tool_use", None),
            Finish::Stop(_) | Finish::ToolCalls if end.has_refusal => ("refusal", None),
            Finish::Stop(Some(stop)) if self.stop_sequences.contains(stop) => {
                ("stop_sequence", Some(stop))
            }
            Finish::Stop(_) | Finish::ToolCalls => ("end_turn", None),
        }
    }
}

/// The message for a whole chat completion.
pub(crate) fn answer(asked: &Asked, wish: &Wish, folded: Folded) -> Value {
    let Folded { model, blocks, end } = folded;
    let content: Vec<Value> =
        blocks.into_iter().filter_map(|said| written(asked, wish, said)).collect();
    let (stop_reason, stop_sequence) = wish.stop_reason(&end);
    let mut message = begun(asked, model);
    message["content"] = Value::Array(content);
    message["stop_reason"] = Value::from(stop_reason);
    message["stop_sequence"] = Value::from(stop_sequence);
    message["usage"] = usage(end.usage);
    message
}

/// A message that has only begun.
pub(crate) fn begun(asked: &Asked, model: Option<String>) -> Value {
    json!({
        "id": format!("msg_{}", asked.id),
        "type": "message",
        "role": "assistant",
        "model": model.unwrap_or_else(|| asked.model.clone()),
        "content": [],
        "stop_reason": null,
        "stop_sequence": null,
        "usage": usage(Usage::default()),
    })
}

/// The id of a tool call, which is the provider's own wherever it has one.
pub(crate) fn call_id(asked: &Asked, id: Option<String>, place: usize) -> String {
    id.unwrap_or_else(|| format!("toolu_{}_{place}", asked.id))
}

/// Anthropic counts what came from its cache apart.
pub(crate) fn usage(usage: Usage) -> Value {
    json!({
        "input_tokens": usage.prompt - usage.cached,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": usage.cached,
        "output_tokens": usage.completion,
        "output_tokens_details": { "thinking_tokens": usage.reasoning },
    })
}

fn written(asked: &Asked, wish: &Wish, said: Said) -> Option<Value> {
    let Said { block, text, .. } = said;
    Some(match block {
        Block::Text | Block::Refusal => json!({ "type": "text", "text": text }),
        Block::Thinking(_) if !wish.shows_thinking => return None,
        Block::Thinking(field) => {
            json!({ "type": "thinking", "thinking": text, "signature": Thought::seal(field) })
        }
        Block::Call(head) => json!({
            "type": "tool_use",
            "id": call_id(asked, head.id, head.place),
            "name": head.name,
            "input": input(text),
        }),
    })
}

/// A tool's input must be an object. What is none is given to the tool all the same, under the
/// name that Anthropic proposes for it, so that its refusal tells the model.
fn input(arguments: String) -> Value {
    match serde_json::from_str(&arguments) {
        Ok(input @ Value::Object(_)) => input,
        _ => json!({ "INVALID_JSON": arguments }),
    }
}
