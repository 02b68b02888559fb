//! How many tokens a request has, estimated.
//!
//! Every model counts by rules of its own, and whose request this will be is not known here. The
//! estimate takes what all of them come near to: four bytes of text are a token, in any language
//! (three bytes of Chinese are one sign, and about three quarters of a token); every message and
//! every tool costs a few more for what stands around it; an image has what a large one has with
//! Anthropic.

use serde_json::{Map, Value};

/// Bytes of text in a token.
const BYTES: usize = 4;

/// Tokens around a message.
const PER_MESSAGE: usize = 4;

/// Tokens around a tool's definition.
const PER_TOOL: usize = 8;

/// Tokens of an image or a file.
const PER_MEDIUM: usize = 1600;

/// Estimates a request for a chat completion.
pub(crate) fn estimate(chat: &Map<String, Value>) -> usize {
    let list = |name: &str| chat.get(name).and_then(Value::as_array).into_iter().flatten();
    let messages: usize = list("messages").map(message).sum();
    let tools: usize = list("tools").map(|tool| PER_TOOL + written(&tool["function"])).sum();
    let form = chat.get("response_format").map_or(0, written);
    messages + tools + form
}

fn message(message: &Value) -> usize {
    let content = match &message["content"] {
        Value::Array(parts) => parts.iter().map(part).sum(),
        content => text(content),
    };
    let thoughts: usize =
        crate::thought::Thought::FIELDS.iter().map(|name| text(&message[*name])).sum();
    let calls = message["tool_calls"].as_array().into_iter().flatten();
    let calls: usize = calls.map(|call| PER_TOOL + written(&call["function"])).sum();
    PER_MESSAGE + content + thoughts + calls
}

fn part(part: &Value) -> usize {
    if part["type"] == "text" { text(&part["text"]) } else { PER_MEDIUM }
}

fn text(value: &Value) -> usize {
    value.as_str().map_or(0, |text| text.len().div_ceil(BYTES))
}

fn written(value: &Value) -> usize {
    value.to_string().len().div_ceil(BYTES)
}

#[cfg(test)]
mod tests {
    use super::estimate;
    use serde_json::{Value, json};

    #[track_caller]
    fn check(chat: &Value, expected: usize) {
        assert_eq!(estimate(chat.as_object().expect("an object")), expected, "{chat}");
    }

    #[test]
    fn texts_images_and_tools() {
        check(&json!({"messages": [{"role": "user", "content": ""}]}), 4);
        check(&json!({"messages": [{"role": "user", "content": "12345"}]}), 6);
        check(
            &json!({"messages": [{"role": "user", "content": [{"type": "text", "text": "1234"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}]}]}),
            1605,
        );
        check(&json!({"messages": [], "tools": [{"function": {"name": "f"}}]}), 11);
        check(
            &json!({"messages": [{"content": null, "tool_calls": [{"function": {"name": "f"}}]}]}),
            15,
        );
    }
}
