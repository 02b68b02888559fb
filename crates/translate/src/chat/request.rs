//! A conversation, as chat completions write it.
//!
//! They are stricter than the other two protocols in what follows what: a message with tool calls
//! is followed by their results and nothing else, a result is text alone; and many chat templates
//! refuse instructions anywhere but in one message at the beginning, and two messages of a person
//! in a row.

use serde_json::{Map, Value, json};

use super::part::{Part, content, join};
use crate::thought::Thought;

/// What the assistant said in one turn.
#[derive(Debug, Default)]
struct Saying {
    texts: Vec<String>,
    thoughts: Vec<Thought>,
    calls: Vec<Value>,
}

/// The messages so far.
#[derive(Debug, Default)]
pub(crate) struct Conversation {
    messages: Vec<Value>,
    instructions: Vec<String>,
    saying: Option<Saying>,
    /// What is said to the assistant next, besides the results of its tools.
    heard: Vec<Part>,
    /// Whether that is a person's, and begins a turn.
    begins: bool,
    /// Where the last turn of a person begins: reasoning from before it is not sent again, as
    /// Anthropic does it too.
    turn: usize,
}

impl Conversation {
    /// Instructions. Those in the middle are told among what people say, in the mark that
    /// Anthropic's agents have for it.
    pub(crate) fn instruct(&mut self, text: String) {
        self.end_saying();
        if self.messages.is_empty() && self.heard.is_empty() {
            self.instructions.push(text);
        } else if !text.is_empty() {
            let reminder = format!("<system-reminder>\n{text}\n</system-reminder>");
            self.heard.push(Part::Text(reminder));
        }
    }

    /// What a person says, in a turn of its own.
    pub(crate) fn ask(&mut self, parts: Vec<Part>) {
        self.end_saying();
        self.heard.extend(parts);
        self.begins = true;
    }

    /// What is said beside a tool's result, within the turn.
    pub(crate) fn add(&mut self, parts: Vec<Part>) {
        self.heard.extend(parts);
    }

    /// A tool's result, and what it shows besides text.
    pub(crate) fn result(&mut self, call: &str, text: String, shown: Vec<Part>) {
        self.end_saying();
        self.messages.push(json!({ "role": "tool", "tool_call_id": call, "content": text }));
        self.heard.extend(shown);
    }

    /// What the assistant said.
    pub(crate) fn say(&mut self, text: String) {
        self.saying().texts.push(text);
    }

    /// What the assistant thought.
    pub(crate) fn think(&mut self, thought: Thought) {
        self.saying().thoughts.push(thought);
    }

    /// What the assistant had a tool do.
    pub(crate) fn call(&mut self, id: &str, name: &str, arguments: String) {
        let function = json!({ "name": name, "arguments": arguments });
        self.saying().calls.push(json!({ "id": id, "type": "function", "function": function }));
    }

    /// The messages.
    pub(crate) fn finish(mut self) -> Value {
        self.settle();
        for message in self.messages.iter_mut().take(self.turn) {
            if let Value::Object(fields) = message {
                Thought::FIELDS.iter().for_each(|field| {
                    fields.remove(*field);
                });
            }
        }
        let instructions = join(self.instructions);
        if !instructions.is_empty() {
            self.messages.insert(0, json!({ "role": "system", "content": instructions }));
        }
        Value::Array(self.messages)
    }

    fn saying(&mut self) -> &mut Saying {
        if self.saying.is_none() {
            self.settle();
        }
        self.saying.get_or_insert_default()
    }

    /// Ends what was begun, so that another message can follow.
    fn settle(&mut self) {
        self.end_saying();
        let heard = std::mem::take(&mut self.heard);
        let begins = std::mem::take(&mut self.begins);
        if begins || !heard.is_empty() {
            self.messages.push(json!({ "role": "user", "content": content(heard) }));
        }
        if begins {
            self.turn = self.messages.len();
        }
    }

    fn end_saying(&mut self) {
        let Some(Saying { texts, thoughts, calls }) = self.saying.take() else { return };
        let text = join(texts);
        // A message of tool calls alone has no content; any other must have one.
        let content = if text.is_empty() && !calls.is_empty() { Value::Null } else { text.into() };
        let mut message = Map::from_iter([
            ("role".to_owned(), "assistant".into()),
            ("content".to_owned(), content),
        ]);
        for Thought { field, text } in thoughts {
            let before = message.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
            message.insert(field.to_owned(), Value::from(join([before, text])));
        }
        if !calls.is_empty() {
            message.insert("tool_calls".to_owned(), Value::Array(calls));
        }
        self.messages.push(Value::Object(message));
    }
}

/// A tool that a model may call.
pub(crate) fn function(
    name: &str,
    description: Option<&Value>,
    parameters: Option<&Value>,
    strict: Option<&Value>,
) -> Value {
    let mut function = json!({ "name": name });
    if let Some(description) = description {
        function["description"] = description.clone();
    }
    let none = || json!({ "type": "object", "properties": {} });
    function["parameters"] = parameters.cloned().unwrap_or_else(none);
    if let Some(strict) = strict.filter(|strict| strict.is_boolean()) {
        function["strict"] = strict.clone();
    }
    json!({ "type": "function", "function": function })
}

/// The choice of one tool.
pub(crate) fn choose(name: &str) -> Value {
    json!({ "type": "function", "function": { "name": name } })
}

/// An answer whose form follows a schema.
pub(crate) fn schema(
    name: &str,
    schema: &Value,
    strict: Option<&Value>,
    description: Option<&Value>,
) -> Value {
    let mut form = json!({ "name": name, "schema": schema });
    for (key, value) in [("strict", strict), ("description", description)] {
        if let Some(value) = value {
            form[key] = value.clone();
        }
    }
    json!({ "type": "json_schema", "json_schema": form })
}

/// Asks for a stream whose last chunk says what it cost.
pub(crate) fn stream(chat: &mut Map<String, Value>) {
    chat.insert("stream".to_owned(), Value::from(true));
    chat.insert("stream_options".to_owned(), json!({ "include_usage": true }));
}

#[cfg(test)]
mod tests {
    use super::Conversation;
    use crate::{chat::part::Part, thought::Thought};
    use serde_json::{Value, json};

    #[track_caller]
    fn check(write: impl FnOnce(&mut Conversation), expected: &Value) {
        let mut conversation = Conversation::default();
        write(&mut conversation);
        assert_eq!(&conversation.finish(), expected);
    }

    fn text(text: &str) -> Vec<Part> {
        vec![Part::Text(text.to_owned())]
    }

    fn call(id: &str) -> Value {
        json!({"id": id, "type": "function", "function": {"name": "f", "arguments": "{}"}})
    }

    #[test]
    fn instructions_stand_first_and_people_speak_once_in_a_turn() {
        check(
            |it| {
                it.instruct("a".into());
                it.instruct(String::new());
                it.instruct("b".into());
                it.ask(text("hi"));
                it.instruct("c".into());
                it.ask(text("you"));
                it.say("yes".into());
                it.instruct("d".into());
            },
            &json!([{"role": "system", "content": "a\n\nb"},
                {"role": "user", "content": "hi\n\n<system-reminder>\nc\n</system-reminder>\n\nyou"},
                {"role": "assistant", "content": "yes"},
                {"role": "user", "content": "<system-reminder>\nd\n</system-reminder>"}]),
        );
    }

    #[test]
    fn calls_are_followed_by_their_results_and_these_by_what_they_showed() {
        let image = Part::image("data:image/png;base64,AA==", None);
        check(
            |it| {
                it.ask(text("hi"));
                it.say("let me see".into());
                it.call("1", "f", "{}".into());
                it.call("2", "f", "{}".into());
                it.result("1", "one".into(), vec![image]);
                it.result("2", String::new(), vec![]);
                it.add(text("go on"));
                it.say("done".into());
            },
            &json!([{"role": "user", "content": "hi"},
                {"role": "assistant", "content": "let me see", "tool_calls": [call("1"), call("2")]},
                {"role": "tool", "tool_call_id": "1", "content": "one"},
                {"role": "tool", "tool_call_id": "2", "content": ""},
                {"role": "user", "content": [
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
                    {"type": "text", "text": "go on"}]},
                {"role": "assistant", "content": "done"}]),
        );
    }

    #[test]
    fn reasoning_is_sent_again_within_a_turn_alone() {
        let thought = |text: &str| Thought { field: "reasoning_content", text: text.to_owned() };
        check(
            |it| {
                it.ask(text("hi"));
                it.think(thought("old"));
                it.say("hello".into());
                it.ask(text("and?"));
                it.think(thought("new"));
                it.call("1", "f", "{}".into());
                it.result("1", "one".into(), vec![]);
            },
            &json!([{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"},
                {"role": "user", "content": "and?"},
                {"role": "assistant", "content": null, "reasoning_content": "new", "tool_calls": [call("1")]},
                {"role": "tool", "tool_call_id": "1", "content": "one"}]),
        );
    }
}
