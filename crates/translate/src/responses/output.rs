//! The items of an output.

use serde_json::{Value, json};

use super::{
    form::Form,
    tools::{INPUT, Tool},
};
use crate::{
    chat::{
        chunk::Finish,
        reading::End,
        sequence::{Block, CallHead},
        usage::Usage,
    },
    thought::Thought,
    translation::Asked,
};

/// What kind of item a block is, with what belongs to it.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// A text, and how probable its tokens were, if that was asked for.
    Text {
        odds: Vec<Value>,
    },
    Refusal,
    Reasoning {
        field: &'static str,
        is_packed: bool,
    },
    /// Reasoning that is told as its own summary.
    Summary {
        field: &'static str,
        is_packed: bool,
    },
    Function {
        call: String,
        name: String,
        namespace: Option<String>,
    },
    Custom {
        call: String,
        name: String,
        namespace: Option<String>,
    },
}

/// An item: what it is, and its id.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) kind: Kind,
    pub(crate) id: String,
}

impl Item {
    /// The item for a block, which is the output's `place`th.
    pub(crate) fn new(asked: &Asked, form: &Form, place: usize, block: Block) -> Self {
        let kind = match block {
            Block::Text => Kind::Text { odds: Vec::new() },
            Block::Refusal => Kind::Refusal,
            Block::Thinking(field) if form.sums_reasoning_up() => {
                Kind::Summary { field, is_packed: form.packs_reasoning() }
            }
            Block::Thinking(field) => Kind::Reasoning { field, is_packed: form.packs_reasoning() },
            Block::Call(head) => called(asked, form, head),
        };
        let prefix = match kind {
            Kind::Text { .. } | Kind::Refusal => "msg",
            Kind::Reasoning { .. } | Kind::Summary { .. } => "rs",
            Kind::Function { .. } => "fc",
            Kind::Custom { .. } => "ctc",
        };
        Self { id: format!("{prefix}_{}_{place}", asked.id), kind }
    }

    /// More of its tokens, if it is a text.
    pub(crate) fn add_odds(&mut self, more: &[Value]) {
        if let Kind::Text { odds } = &mut self.kind {
            odds.extend_from_slice(more);
        }
    }

    /// The item before anything of it has been said.
    pub(crate) fn begun(&self) -> Value {
        let (id, status) = (&self.id, "in_progress");
        match &self.kind {
            Kind::Text { .. } | Kind::Refusal => {
                json!({ "id": id, "type": "message", "status": status, "role": "assistant", "content": [] })
            }
            Kind::Reasoning { .. } => {
                json!({ "id": id, "type": "reasoning", "status": status, "summary": [], "content": [] })
            }
            Kind::Summary { .. } => {
                json!({ "id": id, "type": "reasoning", "status": status, "summary": [] })
            }
            Kind::Function { .. } | Kind::Custom { .. } => self.written("", status),
        }
    }

    /// The item with all of its text: what it says, thinks or calls with.
    pub(crate) fn written(&self, text: &str, status: &str) -> Value {
        let id = &self.id;
        match &self.kind {
            Kind::Text { .. } | Kind::Refusal => json!({
                "id": id, "type": "message", "status": status, "role": "assistant",
                "content": [self.part(text)],
            }),
            Kind::Reasoning { field, is_packed } => {
                let item = json!({
                    "id": id, "type": "reasoning", "status": status, "summary": [],
                    "content": [self.part(text)],
                });
                if *is_packed { packed(item, field, text) } else { item }
            }
            Kind::Summary { field, is_packed } => {
                let item = json!({
                    "id": id, "type": "reasoning", "status": status, "summary": [self.part(text)],
                });
                if *is_packed { packed(item, field, text) } else { item }
            }
            Kind::Function { call, name, namespace } => {
                let item = json!({
                    "id": id, "type": "function_call", "status": status,
                    "call_id": call, "name": name, "arguments": text,
                });
                of_namespace(item, namespace.as_deref())
            }
            Kind::Custom { call, name, namespace } => {
                let item = json!({
                    "id": id, "type": "custom_tool_call", "status": status,
                    "call_id": call, "name": name, "input": text,
                });
                of_namespace(item, namespace.as_deref())
            }
        }
    }

    /// The part of the item's content that has its text.
    pub(crate) fn part(&self, text: &str) -> Value {
        match &self.kind {
            Kind::Text { odds } => {
                json!({ "type": "output_text", "text": text, "annotations": [], "logprobs": odds })
            }
            Kind::Refusal => json!({ "type": "refusal", "refusal": text }),
            Kind::Reasoning { .. } => json!({ "type": "reasoning_text", "text": text }),
            Kind::Summary { .. } => json!({ "type": "summary_text", "text": text }),
            Kind::Function { .. } | Kind::Custom { .. } => {
                json!({ "type": "output_text", "text": text, "annotations": [], "logprobs": [] })
            }
        }
    }
}

/// The call of the tool that a function stands for.
fn called(asked: &Asked, form: &Form, head: CallHead) -> Kind {
    let call = head.id.unwrap_or_else(|| format!("call_{}_{}", asked.id, head.place));
    let Some(Tool { name, namespace, is_custom, .. }) = form.special(&head.name).cloned() else {
        return Kind::Function { call, name: head.name, namespace: None };
    };
    if is_custom {
        Kind::Custom { call, name, namespace }
    } else {
        Kind::Function { call, name, namespace }
    }
}

/// An item of reasoning that the client can send back by itself.
fn packed(mut item: Value, field: &str, text: &str) -> Value {
    item["encrypted_content"] = Value::from(Thought::pack(field, text));
    item
}

fn of_namespace(mut item: Value, namespace: Option<&str>) -> Value {
    if let Some(namespace) = namespace {
        item["namespace"] = Value::from(namespace);
    }
    item
}

/// The input of a custom tool, from the arguments of the function that stands for it. A model that
/// does not keep to the function's form has most likely written the input itself.
pub(crate) fn custom_input(arguments: String) -> String {
    let parsed: Option<Value> = serde_json::from_str(&arguments).ok();
    let input = parsed.as_ref().and_then(|parsed| parsed.get(INPUT)).and_then(Value::as_str);
    input.map_or(arguments.clone(), str::to_owned)
}

/// How a response with this end stands: its status, and the reason if it is incomplete.
pub(crate) fn status(end: &End) -> (&'static str, Option<&'static str>) {
    match end.finish {
        Finish::Stop(_) | Finish::ToolCalls => ("completed", None),
        Finish::Length => ("incomplete", Some("max_output_tokens")),
        Finish::ContentFilter => ("incomplete", Some("content_filter")),
    }
}

/// What a response has cost. No provider of chat completions says what it wrote into its cache.
pub(crate) fn usage(usage: Usage) -> Value {
    json!({
        "input_tokens": usage.prompt,
        "input_tokens_details": { "cached_tokens": usage.cached, "cache_write_tokens": 0 },
        "output_tokens": usage.completion,
        "output_tokens_details": { "reasoning_tokens": usage.reasoning },
        "total_tokens": usage.prompt + usage.completion,
    })
}
