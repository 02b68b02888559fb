//! What a request says about the object that answers it.

use serde_json::{Map, Value, json};

use super::{
    options::includes,
    tools::{self, Tool},
};
use crate::{field::Field, translation::Asked};

/// What a response says of a member that its request does not have.
type Silent = fn() -> Value;

/// What a response repeats of its request, and what it says where that is silent.
const REPEATED: [(&str, Silent); 17] = [
    ("frequency_penalty", || json!(0.0)),
    ("instructions", || Value::Null),
    ("max_output_tokens", || Value::Null),
    ("max_tool_calls", || Value::Null),
    ("metadata", || json!({})),
    ("parallel_tool_calls", || json!(true)),
    ("presence_penalty", || json!(0.0)),
    ("prompt_cache_key", || Value::Null),
    ("reasoning", || json!({ "effort": null, "summary": null })),
    ("safety_identifier", || Value::Null),
    ("temperature", || json!(1.0)),
    ("text", || json!({ "format": { "type": "text" }, "verbosity": "medium" })),
    ("tool_choice", || json!("auto")),
    ("tools", || json!([])),
    ("top_logprobs", || json!(0)),
    ("top_p", || json!(1.0)),
    ("user", || Value::Null),
];

/// The reasoning that a client wants to send back by itself.
const PACKED_REASONING: &str = "reasoning.encrypted_content";

/// What the request says about its answer.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    repeated: Map<String, Value>,
    /// The tools that are not simply functions.
    special: Vec<Tool>,
    left_out: Vec<String>,
    packs_reasoning: bool,
    sums_reasoning_up: bool,
}

impl Form {
    pub(crate) fn of(request: &Map<String, Value>) -> Self {
        let repeated = REPEATED.into_iter().map(|(name, silent)| {
            let said = request.get(name).filter(|value| !value.is_null());
            (name.to_owned(), repeated(said, silent()))
        });
        let mut repeated: Map<String, Value> = repeated.collect();
        if let Some(Value::Array(offered)) = repeated.get_mut("tools") {
            tools::repeat(offered);
        }
        Self {
            repeated,
            special: tools::special(request),
            left_out: tools::left_out(request),
            sums_reasoning_up: wants_summary(request),
            packs_reasoning: includes(request, PACKED_REASONING),
        }
    }

    /// The tool that this function stands for, unless it is simply that function.
    pub(crate) fn special(&self, function: &str) -> Option<&Tool> {
        self.special.iter().find(|tool| tool.function == function)
    }

    /// The tools that the provider was not told of.
    pub(crate) fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// Whether reasoning is to be packed, so that the client can send it back.
    pub(crate) fn packs_reasoning(&self) -> bool {
        self.packs_reasoning
    }

    /// Whether reasoning is to be told as its summary.
    pub(crate) fn sums_reasoning_up(&self) -> bool {
        self.sums_reasoning_up
    }

    /// A response that has only begun.
    pub(crate) fn begun(&self, asked: &Asked, model: Option<&str>) -> Map<String, Value> {
        let mut response = Map::new();
        let mut set = |name: &str, value: Value| response.insert(name.to_owned(), value);
        set("id", json!(format!("resp_{}", asked.id)));
        set("object", json!("response"));
        set("created_at", json!(asked.at_s));
        set("completed_at", Value::Null);
        set("status", json!("in_progress"));
        set("background", json!(false));
        set("error", Value::Null);
        set("incomplete_details", Value::Null);
        set("model", json!(model.unwrap_or(&asked.model)));
        set("output", json!([]));
        set("previous_response_id", Value::Null);
        set("service_tier", json!("default"));
        set("store", json!(false));
        set("truncation", json!("disabled"));
        set("usage", Value::Null);
        response.extend(self.repeated.clone());
        response
    }
}

/// What the request says of a member, with what it leaves open within.
fn repeated(said: Option<&Value>, silent: Value) -> Value {
    match (said.cloned(), silent) {
        (None, silent) => silent,
        (Some(Value::Object(said)), Value::Object(mut whole)) => {
            whole.extend(said.into_iter().filter(|(_, value)| !value.is_null()));
            Value::Object(whole)
        }
        (Some(said), _) => said,
    }
}

/// Whether a summary of the reasoning is asked for, by its name of today or of old. OpenAI's models
/// never show more than that, so it is all that most clients read; where it is not asked for, the
/// reasoning is told as such, as servers of open models do.
fn wants_summary(request: &Map<String, Value>) -> bool {
    let reasoning = Field::of(request, "reasoning");
    let says = |name| reasoning.as_ref().and_then(|reasoning| reasoning.get(name));
    says("summary").or_else(|| says("generate_summary")).is_some()
}
