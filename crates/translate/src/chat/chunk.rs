//! What one chunk of a stream says, or a whole answer, which is read as one big chunk.
//!
//! Providers agree on little more than on the text. What is read here besides OpenAI's own form:
//! reasoning under `reasoning_content` (DeepSeek, Qwen, vLLM, llama.cpp) or `reasoning`
//! (OpenRouter, Ollama, Groq), content in parts (Mistral), arguments that are an object instead of
//! its text, and the function call of old.

use serde_json::Value;

use super::usage::Usage;

/// The names under which reasoning comes, in the order in which they are looked at. Some servers
/// send the same text under both.
const REASONING: [&str; 2] = ["reasoning_content", "reasoning"];

/// One piece of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(String),
    /// How probable the tokens of the text were that comes next, as OpenAI tells it.
    Odds(Vec<Value>),
    Refusal(String),
    /// Reasoning, and the name of the field that it came in.
    Thinking(&'static str, String),
    Call(CallPiece),
}

/// A piece of a tool call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct CallPiece {
    pub(crate) index: Option<u64>,
    pub(crate) id: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) arguments: String,
}

/// Why the model stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Finish {
    /// It was done, by itself or because of a stop sequence (which some servers name).
    Stop(Option<String>),
    Length,
    ToolCalls,
    ContentFilter,
}

/// What a provider says went wrong in the middle of its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What to tell people.
    pub message: String,
    /// What the provider calls it, if it is a text.
    pub code: Option<String>,
    /// The HTTP status that it would have been, if that is known.
    pub status: Option<u16>,
}

/// What one chunk says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Chunk {
    pub(crate) model: Option<String>,
    pub(crate) pieces: Vec<Piece>,
    pub(crate) finish: Option<Finish>,
    pub(crate) usage: Option<Usage>,
    pub(crate) failure: Option<Failure>,
}

impl Chunk {
    /// Reads a chunk of a stream, or a whole answer.
    pub(crate) fn read(chunk: &Value) -> Self {
        let choice = chunk.pointer("/choices/0").unwrap_or(&Value::Null);
        let message = ["delta", "message"].into_iter().find_map(|name| choice.get(name));
        Self {
            model: text(chunk, "model").map(str::to_owned),
            pieces: message.map(|message| pieces(message, odds(choice))).unwrap_or_default(),
            finish: finish(choice),
            usage: Usage::find(chunk),
            failure: error(chunk).map(Failure::read),
        }
    }
}

/// What went wrong, as a member; vLLM says so of the object itself.
fn error(chunk: &Value) -> Option<&Value> {
    let is_error = chunk.get("object").is_some_and(|object| object == "error");
    chunk.get("error").filter(|error| !error.is_null()).or(is_error.then_some(chunk))
}

/// A text that is there and not empty.
fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// How probable the tokens of a choice were, if that is said.
fn odds(choice: &Value) -> Option<Piece> {
    let odds = choice.pointer("/logprobs/content")?.as_array()?;
    (!odds.is_empty()).then(|| Piece::Odds(odds.clone()))
}

fn pieces(message: &Value, odds: Option<Piece>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let thought = REASONING.into_iter().find_map(|name| Some((name, text(message, name)?)));
    pieces.extend(thought.map(|(field, text)| Piece::Thinking(field, text.to_owned())));
    match message.get("content") {
        Some(Value::Array(parts)) => pieces.extend(parts.iter().filter_map(part)),
        _ => {
            if let Some(text) = text(message, "content") {
                pieces.extend(odds);
                pieces.push(Piece::Text(text.to_owned()));
            }
        }
    }
    pieces.extend(text(message, "refusal").map(|text| Piece::Refusal(text.to_owned())));
    let calls = message.get("tool_calls").and_then(Value::as_array);
    pieces.extend(calls.into_iter().flatten().map(|call| Piece::Call(CallPiece::read(call))));
    let old = message.get("function_call").filter(|call| call.is_object());
    pieces.extend(old.map(|function| Piece::Call(CallPiece::default().with(function))));
    pieces
}

fn part(part: &Value) -> Option<Piece> {
    match part.get("type").and_then(Value::as_str) {
        Some("thinking") => {
            let texts = part
                .get("thinking")?
                .as_array()?
                .iter()
                .filter_map(|text_of| text(text_of, "text"));
            let thought: String = texts.collect();
            (!thought.is_empty()).then_some(Piece::Thinking(REASONING[0], thought))
        }
        _ => text(part, "text").map(|text| Piece::Text(text.to_owned())),
    }
}

impl CallPiece {
    fn read(call: &Value) -> Self {
        let piece = Self {
            index: call.get("index").and_then(Value::as_u64),
            id: text(call, "id").map(str::to_owned),
            ..Self::default()
        };
        piece.with(call.get("function").unwrap_or(&Value::Null))
    }

    fn with(self, function: &Value) -> Self {
        let arguments = match function.get("arguments") {
            Some(Value::String(text)) => text.clone(),
            None | Some(Value::Null) => String::new(),
            Some(other) => other.to_string(),
        };
        Self { name: text(function, "name").map(str::to_owned), arguments, ..self }
    }
}

fn finish(choice: &Value) -> Option<Finish> {
    let reason = text(choice, "finish_reason")?;
    Some(match reason {
        "length" | "max_tokens" => Finish::Length,
        "tool_calls" | "function_call" => Finish::ToolCalls,
        "content_filter" | "refusal" => Finish::ContentFilter,
        // vLLM says here which stop sequence it was.
        _ => Finish::Stop(text(choice, "stop_reason").map(str::to_owned)),
    })
}

impl Failure {
    fn read(error: &Value) -> Self {
        let message = match error {
            Value::String(text) => text.clone(),
            _ => text(error, "message").map_or_else(|| error.to_string(), str::to_owned),
        };
        let code = error.get("code");
        Self {
            message,
            code: code.and_then(Value::as_str).map(str::to_owned),
            status: code.and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CallPiece, Chunk, Failure, Finish, Piece};
    use serde_json::{Value, json};

    #[track_caller]
    fn says(delta: &Value, expected: &[Piece]) {
        for name in ["delta", "message"] {
            let chunk = json!({"choices": [{"index": 0, name: delta}]});
            assert_eq!(Chunk::read(&chunk).pieces, expected, "{chunk}");
        }
    }

    fn call(index: Option<u64>, id: &str, name: &str, arguments: &str) -> Piece {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let (id, name, arguments) = (some(id), some(name), arguments.to_owned());
        Piece::Call(CallPiece { index, id, name, arguments })
    }

    #[test]
    fn texts_and_thoughts() {
        says(&json!({"role": "assistant", "content": ""}), &[]);
        says(&json!({"content": "a"}), &[Piece::Text("a".into())]);
        says(&json!({"refusal": "no"}), &[Piece::Refusal("no".into())]);
        let thought = |field| Piece::Thinking(field, "hm".into());
        says(&json!({"content": null, "reasoning_content": "hm"}), &[thought("reasoning_content")]);
        says(&json!({"content": "", "reasoning": "hm"}), &[thought("reasoning")]);
        says(
            &json!({"reasoning": "hm", "reasoning_content": "hm"}),
            &[thought("reasoning_content")],
        );
        says(
            &json!({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
                {"type": "text", "text": "a"}]}),
            &[thought("reasoning_content"), Piece::Text("a".into())],
        );
    }

    #[test]
    fn tool_calls() {
        says(
            &json!({"tool_calls": [{"index": 1, "id": "c", "type": "function",
                "function": {"name": "f", "arguments": ""}}]}),
            &[call(Some(1), "c", "f", "")],
        );
        says(
            &json!({"tool_calls": [{"index": 0, "id": "", "function": {"name": null, "arguments": "{"}}]}),
            &[call(Some(0), "", "", "{")],
        );
        says(
            &json!({"tool_calls": [{"function": {"name": "f", "arguments": {"a": 1}}}]}),
            &[call(None, "", "f", "{\"a\":1}")],
        );
        says(
            &json!({"function_call": {"name": "f", "arguments": "{}"}}),
            &[call(None, "", "f", "{}")],
        );
    }

    #[test]
    fn ends_and_errors() {
        let finish = |reason: &str| {
            Chunk::read(&json!({"choices": [{"delta": {}, "finish_reason": reason}]})).finish
        };
        assert_eq!(finish("stop"), Some(Finish::Stop(None)));
        assert_eq!(finish("length"), Some(Finish::Length));
        assert_eq!(finish("tool_calls"), Some(Finish::ToolCalls));
        assert_eq!(finish("content_filter"), Some(Finish::ContentFilter));
        assert_eq!(finish(""), None);
        let failure = |error: &Value| Chunk::read(&json!({ "error": error })).failure;
        let found = Failure { message: "no".into(), code: None, status: Some(429) };
        assert_eq!(failure(&json!({"message": "no", "code": 429})), Some(found));
        let found = Failure { message: "no".into(), code: Some("quota".into()), status: None };
        assert_eq!(failure(&json!({"message": "no", "code": "quota"})), Some(found));
        let found = Failure { message: "no".into(), code: None, status: None };
        assert_eq!(failure(&json!("no")), Some(found));
        assert_eq!(failure(&Value::Null), None);
        let found = Failure { message: "no".into(), code: None, status: Some(400) };
        let object = json!({"object": "error", "message": "no", "code": 400});
        assert_eq!(Chunk::read(&object).failure, Some(found));
    }
}
