//! What a request says about the object that answers it.

use serde_json::{Map, Value, json};

use super::tools::{self, Tool};
use crate::translation::Asked;

/// What a response says of a member that its request does not have.
type Silent = fn() -> Value;

/// What a response repeats of its request, and what it says where that is silent.
const REPEATED: [(&str, Silent); 13] = [
    ("instructions", || Value::Null),
    ("max_output_tokens", || Value::Null),
    ("max_tool_calls", || Value::Null),
    ("metadata", || json!({})),
    ("parallel_tool_calls", || json!(true)),
    ("prompt_cache_key", || Value::Null),
    ("reasoning", || json!({ "effort": null, "summary": null })),
    ("safety_identifier", || Value::Null),
    ("temperature", || json!(1.0)),
    ("text", || json!({ "format": { "type": "text" } })),
    ("tool_choice", || json!("auto")),
    ("tools", || json!([])),
    ("top_p", || json!(1.0)),
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
}

impl Form {
    pub(crate) fn of(request: &Map<String, Value>) -> Self {
        let left_out = tools::left_out(request);
        let repeated = REPEATED.into_iter().map(|(name, silent)| {
            let said = request.get(name).filter(|value| !value.is_null());
            (name.to_owned(), said.cloned().unwrap_or_else(silent))
        });
        let mut repeated: Map<String, Value> = repeated.collect();
        if let Some(Value::Array(offered)) = repeated.get_mut("tools") {
            offered.retain(|tool| left_out.iter().all(|kind| tool["type"] != kind.as_str()));
        }
        let include = request.get("include").and_then(Value::as_array).into_iter().flatten();
        Self {
            repeated,
            special: tools::special(request),
            left_out,
            packs_reasoning: include.into_iter().any(|wish| wish == PACKED_REASONING),
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

    /// A response that has only begun.
    pub(crate) fn begun(&self, asked: &Asked, model: Option<&str>) -> Map<String, Value> {
        let mut response = Map::new();
        let mut set = |name: &str, value: Value| response.insert(name.to_owned(), value);
        set("id", json!(format!("resp_{}", asked.id)));
        set("object", json!("response"));
        set("created_at", json!(asked.at_s));
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
