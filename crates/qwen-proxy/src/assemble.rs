//! One `chat.completion` from the chunks of a streamed one.
//!
//! What is known is put together as every SDK does it: texts are joined, tool calls by their
//! index. What is not known is kept as well: texts are joined, lists appended, of all else the
//! last value counts. So a field that Model Studio invents tomorrow arrives.

use serde_json::{Map, Value};

/// Fields that name something, and are not a piece of a longer text.
const NAMES: [&str; 5] = ["id", "type", "role", "object", "model"];

/// What a stream has said so far.
#[derive(Debug, Default)]
pub(crate) struct Assembly {
    /// The fields around the choices.
    top: Map<String, Value>,
    choices: Vec<Choice>,
    error: Option<Value>,
    is_done: bool,
}

#[derive(Debug)]
struct Choice {
    index: u64,
    message: Map<String, Value>,
    tool_calls: Vec<Value>,
    around: Map<String, Value>,
}

/// What a stream came to.
#[derive(Debug, PartialEq)]
pub(crate) enum Assembled {
    /// A completion.
    Whole(Value),
    /// An error, as the stream said it.
    Failed(Value),
    /// The stream ended before its answer did.
    Unfinished,
}

impl Assembly {
    /// Takes the data of one event.
    pub(crate) fn take(&mut self, data: &[u8]) {
        if data == b"[DONE]" {
            self.is_done = true;
            return;
        }
        let Ok(Value::Object(chunk)) = serde_json::from_slice(data) else { return };
        if chunk.get("error").is_some_and(|error| !error.is_null()) {
            self.error.get_or_insert(Value::Object(chunk));
            return;
        }
        for (name, value) in chunk {
            match (name.as_str(), value) {
                ("choices", Value::Array(choices)) => {
                    choices.into_iter().for_each(|choice| self.take_choice(choice));
                }
                ("choices", _) => {}
                (_, value) => replace(&mut self.top, name, value),
            }
        }
    }

    fn take_choice(&mut self, choice: Value) {
        let Value::Object(mut choice) = choice else { return };
        let index = choice.remove("index").as_ref().and_then(Value::as_u64).unwrap_or(0);
        let delta = choice.remove("delta");
        let found = self.choice(index);
        for (name, value) in choice {
            if name == "finish_reason" {
                replace(&mut found.around, name, value);
            } else {
                merge(&mut found.around, name, value);
            }
        }
        let Some(Value::Object(delta)) = delta else { return };
        for (name, value) in delta {
            match (name.as_str(), value) {
                ("tool_calls", Value::Array(calls)) => {
                    calls.into_iter().for_each(|call| found.take_call(call));
                }
                (_, value) => merge(&mut found.message, name, value),
            }
        }
    }

    fn choice(&mut self, index: u64) -> &mut Choice {
        let at = match self.choices.binary_search_by_key(&index, |choice| choice.index) {
            Ok(at) => at,
            Err(at) => {
                self.choices.insert(at, Choice::new(index));
                at
            }
        };
        &mut self.choices[at]
    }

    /// What it came to.
    pub(crate) fn finish(self) -> Assembled {
        if let Some(error) = self.error {
            return Assembled::Failed(error);
        }
        let is_finished = |choice: &Choice| {
            choice.around.get("finish_reason").is_some_and(|reason| !reason.is_null())
        };
        let all_finished = !self.choices.is_empty() && self.choices.iter().all(is_finished);
        if !(self.is_done || all_finished) {
            return Assembled::Unfinished;
        }
        let mut whole = self.top;
        whole.insert("object".to_owned(), Value::from("chat.completion"));
        let choices = self.choices.into_iter().map(Choice::finish).collect();
        whole.insert("choices".to_owned(), Value::Array(choices));
        Assembled::Whole(Value::Object(whole))
    }
}

impl Choice {
    fn new(index: u64) -> Self {
        let (message, around) = (Map::new(), Map::new());
        Self { index, message, tool_calls: Vec::new(), around }
    }

    /// A piece of a tool call. One without an index goes on with the last one, unless it has an id
    /// of its own.
    fn take_call(&mut self, call: Value) {
        let Value::Object(mut call) = call else { return };
        let index = call.remove("index").as_ref().and_then(Value::as_u64);
        let is_new = call.get("id").and_then(Value::as_str).is_some_and(|id| !id.is_empty());
        let count = self.tool_calls.len() as u64;
        let last = if is_new { count } else { count.saturating_sub(1) };
        // A gap between indexes would be a list of nothings.
        let at = usize::try_from(index.unwrap_or(last).min(count)).unwrap_or(0);
        if at == self.tool_calls.len() {
            self.tool_calls.push(Value::Object(Map::new()));
        }
        let Some(Value::Object(found)) = self.tool_calls.get_mut(at) else { return };
        for (name, value) in call {
            merge(found, name, value);
        }
    }

    fn finish(mut self) -> Value {
        let mut message = Map::new();
        message.insert("role".to_owned(), Value::from("assistant"));
        message.insert("content".to_owned(), Value::Null);
        self.message.retain(|_, value| !value.is_null());
        message.extend(self.message);
        if !self.tool_calls.is_empty() {
            message.insert("tool_calls".to_owned(), Value::Array(self.tool_calls));
        }
        let mut choice = Map::new();
        choice.insert("index".to_owned(), Value::from(self.index));
        choice.insert("message".to_owned(), Value::Object(message));
        let reason = self.around.remove("finish_reason").unwrap_or(Value::Null);
        choice.insert("finish_reason".to_owned(), reason);
        choice.extend(self.around);
        Value::Object(choice)
    }
}

/// The last value counts; null is none.
fn replace(fields: &mut Map<String, Value>, name: String, value: Value) {
    if value.is_null() {
        fields.entry(name).or_insert(value);
    } else {
        fields.insert(name, value);
    }
}

/// Adds a piece to what is there.
fn merge(fields: &mut Map<String, Value>, name: String, value: Value) {
    let is_name = NAMES.contains(&name.as_str());
    match (fields.get_mut(&name), value) {
        (Some(Value::String(text)), Value::String(piece)) if is_name => {
            if !piece.is_empty() {
                *text = piece;
            }
        }
        // Some servers say a function's name again in every chunk.
        (Some(Value::String(text)), Value::String(piece)) => {
            if name != "name" || *text != piece {
                text.push_str(&piece);
            }
        }
        (Some(Value::Array(items)), Value::Array(more)) => items.extend(more),
        (Some(Value::Object(found)), Value::Object(more)) => {
            more.into_iter().for_each(|(name, value)| merge(found, name, value));
        }
        (_, value) => replace(fields, name, value),
    }
}

#[cfg(test)]
mod tests {
    use super::{Assembled, Assembly};
    use serde_json::{Value, json};

    fn assemble(chunks: &[Value]) -> Assembled {
        let mut assembly = Assembly::default();
        chunks.iter().for_each(|chunk| assembly.take(chunk.to_string().as_bytes()));
        assembly.finish()
    }

    fn delta(delta: &Value) -> Value {
        json!({"id": "c1", "object": "chat.completion.chunk", "created": 7, "model": "qwen3",
            "choices": [{"index": 0, "delta": delta, "finish_reason": null}]})
    }

    fn end(reason: &str) -> Value {
        json!({"id": "c1", "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
    }

    #[track_caller]
    fn check(chunks: &[Value], expected: &Value) {
        assert_eq!(assemble(chunks), Assembled::Whole(expected.clone()));
    }

    #[test]
    fn thinking_and_text_are_joined_and_usage_is_kept() {
        check(
            &[
                delta(&json!({"role": "assistant", "content": null, "reasoning_content": "Well"})),
                delta(&json!({"content": null, "reasoning_content": ", yes"})),
                delta(&json!({"content": "Hel", "reasoning_content": null})),
                delta(&json!({"content": "lo"})),
                end("stop"),
                json!({"id": "c1", "choices": [], "usage": {"total_tokens": 9, "x_tokens": 1}, "system_fingerprint": null}),
            ],
            &json!({
                "id": "c1", "object": "chat.completion", "created": 7, "model": "qwen3",
                "usage": {"total_tokens": 9, "x_tokens": 1}, "system_fingerprint": null,
                "choices": [{
                    "index": 0, "finish_reason": "stop",
                    "message": {"role": "assistant", "content": "Hello", "reasoning_content": "Well, yes"},
                }],
            }),
        );
    }

    #[test]
    fn tool_calls_are_put_together_by_their_index() {
        let call = |call: Value| delta(&json!({ "tool_calls": [call] }));
        let function = |name: &str, arguments: &str| json!({"name": name, "arguments": arguments});
        check(
            &[
                call(
                    json!({"index": 0, "id": "a", "type": "function", "function": function("get", "")}),
                ),
                call(
                    json!({"index": 1, "id": "b", "type": "function", "function": function("set", "{")}),
                ),
                call(
                    json!({"index": 0, "id": "", "type": "function", "function": {"arguments": "{\"x\""}}),
                ),
                call(json!({"index": 0, "function": {"name": "get", "arguments": ":1}"}})),
                call(json!({"index": 1, "function": {"arguments": "}"}})),
                end("tool_calls"),
            ],
            &json!({
                "id": "c1", "object": "chat.completion", "created": 7, "model": "qwen3",
                "choices": [{
                    "index": 0, "finish_reason": "tool_calls",
                    "message": {"role": "assistant", "content": null, "tool_calls": [
                        {"id": "a", "type": "function", "function": function("get", "{\"x\":1}")},
                        {"id": "b", "type": "function", "function": function("set", "{}")},
                    ]},
                }],
            }),
        );
    }

    #[test]
    fn tool_calls_without_an_index_are_told_apart_by_their_ids() {
        let call = |call: Value| delta(&json!({ "tool_calls": [call] }));
        let Assembled::Whole(whole) = assemble(&[
            call(json!({"id": "a", "function": {"arguments": "1"}})),
            call(json!({"function": {"arguments": "2"}})),
            call(json!({"id": "b", "function": {"arguments": "3"}})),
            end("tool_calls"),
        ]) else {
            panic!("not whole")
        };
        let calls = &whole["choices"][0]["message"]["tool_calls"];
        assert_eq!(calls[0]["function"]["arguments"], "12");
        assert_eq!(calls[1]["function"]["arguments"], "3");
    }

    #[test]
    fn what_is_not_known_is_kept() {
        let Assembled::Whole(whole) = assemble(&[
            json!({"x_top": 1, "choices": [{"index": 0, "delta": {"x_text": "a", "x_list": [1]}, "x_around": {"a": 1}}]}),
            json!({"x_top": 2, "choices": [{"index": 0, "delta": {"x_text": "b", "x_list": [2]}, "x_around": {"b": 2},
                "logprobs": {"content": [{"token": "a"}]}}]}),
            json!({"choices": [{"index": 0, "logprobs": {"content": [{"token": "b"}]}, "finish_reason": "stop"}]}),
        ]) else {
            panic!("not whole")
        };
        let choice = &whole["choices"][0];
        assert_eq!(whole["x_top"], 2);
        assert_eq!(choice["message"]["x_text"], "ab");
        assert_eq!(choice["message"]["x_list"], json!([1, 2]));
        assert_eq!(choice["x_around"], json!({"a": 1, "b": 2}));
        assert_eq!(choice["logprobs"]["content"], json!([{"token": "a"}, {"token": "b"}]));
    }

    #[test]
    fn several_choices_stay_apart() {
        let choice = |index: u64, text: &str, end: Value| json!({"choices": [{"index": index, "delta": {"content": text}, "finish_reason": end}]});
        let Assembled::Whole(whole) = assemble(&[
            choice(1, "b", Value::Null),
            choice(0, "a", Value::Null),
            choice(1, "c", json!("stop")),
            choice(0, "d", json!("length")),
        ]) else {
            panic!("not whole")
        };
        assert_eq!(whole["choices"][0]["message"]["content"], "ad");
        assert_eq!(whole["choices"][1]["message"]["content"], "bc");
        assert_eq!(whole["choices"][0]["finish_reason"], "length");
    }

    #[test]
    fn half_an_answer_is_none() {
        assert_eq!(assemble(&[delta(&json!({"content": "Hel"}))]), Assembled::Unfinished);
        assert_eq!(assemble(&[]), Assembled::Unfinished);
        let mut done = Assembly::default();
        done.take(delta(&json!({"content": "Hel"})).to_string().as_bytes());
        done.take(b"not JSON");
        done.take(b"[DONE]");
        assert!(matches!(done.finish(), Assembled::Whole(_)));
    }

    #[test]
    fn an_error_in_the_stream_is_what_it_came_to() {
        let error = json!({"error": {"message": "no", "code": "limit_burst_rate"}});
        let chunks = [delta(&json!({"content": "Hel"})), error.clone(), end("stop")];
        assert_eq!(assemble(&chunks), Assembled::Failed(error));
    }
}
