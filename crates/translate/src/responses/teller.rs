//! A response, told in OpenAI's events.

use serde_json::{Map, Value, json};

use super::{
    answer::complete,
    form::Form,
    output::{Item, Kind, custom_input, status},
};
use crate::{
    chat::{
        chunk::Failure,
        reading::End,
        sequence::{Block, Step},
    },
    sse::write_event,
    stream::Tell,
    translation::Asked,
};

pub(crate) struct Teller {
    asked: Asked,
    form: Form,
    /// The response as it stands, once it has begun.
    response: Map<String, Value>,
    /// The items that are over.
    output: Vec<Value>,
    /// The item that is open, and its text so far.
    open: Option<(Item, String)>,
    /// How probable the tokens of its next piece are.
    odds: Vec<Value>,
    /// The number of the next event.
    sequence: u64,
}

impl Teller {
    pub(crate) fn new(asked: Asked, form: Form) -> Self {
        let (response, output) = (Map::new(), Vec::new());
        Self { asked, form, response, output, open: None, odds: Vec::new(), sequence: 0 }
    }

    fn write(&mut self, name: &str, members: Value, out: &mut Vec<u8>) {
        let mut data = json!({ "type": name, "sequence_number": self.sequence });
        self.sequence += 1;
        if let (Value::Object(data), Value::Object(members)) = (&mut data, members) {
            data.extend(members);
        }
        write_event(out, name, &data);
    }

    fn write_response(&mut self, name: &str, out: &mut Vec<u8>) {
        let response = Value::Object(self.response.clone());
        self.write(name, json!({ "response": response }), out);
    }

    fn open(&mut self, block: Block, out: &mut Vec<u8>) {
        let place = self.output.len();
        let item = Item::new(&self.asked, &self.form, place, block);
        let begun = json!({ "output_index": place, "item": item.begun() });
        self.write("response.output_item.added", begun, out);
        if let Some(name) = part_name(&item.kind) {
            let part = within(&item, place, json!({ "part": item.part("") }));
            self.write(&format!("response.{name}.added"), part, out);
        }
        self.open = Some((item, String::new()));
    }

    fn odds(&mut self, odds: Vec<Value>) {
        if let Some((item, _)) = &mut self.open {
            item.add_odds(&odds);
            self.odds = odds;
        }
    }

    fn piece(&mut self, piece: String, out: &mut Vec<u8>) {
        let place = self.output.len();
        let Some((item, text)) = &mut self.open else { return };
        text.push_str(&piece);
        let Some(name) = delta_name(&item.kind) else { return };
        let mut delta = json!({ "delta": piece });
        if let Kind::Text { .. } = item.kind {
            delta["logprobs"] = Value::Array(std::mem::take(&mut self.odds));
        }
        let delta = within(item, place, delta);
        self.write(name, delta, out);
    }

    fn close(&mut self, is_cut: bool, out: &mut Vec<u8>) {
        let place = self.output.len();
        let Some((item, text)) = self.open.take() else { return };
        let text = match item.kind {
            Kind::Custom { .. } => self.custom_input(&item, text, out),
            _ => text,
        };
        let (name, done) = done(&item, &text);
        self.write(name, within(&item, place, done), out);
        if let Some(name) = part_name(&item.kind) {
            let part = within(&item, place, json!({ "part": item.part(&text) }));
            self.write(&format!("response.{name}.done"), part, out);
        }
        let item = item.written(&text, if is_cut { "incomplete" } else { "completed" });
        self.write(
            "response.output_item.done",
            json!({ "output_index": place, "item": item }),
            out,
        );
        self.output.push(item);
    }

    /// Tells the input of a custom tool, which cannot be told before the arguments that it stands
    /// in are whole.
    fn custom_input(&mut self, item: &Item, arguments: String, out: &mut Vec<u8>) -> String {
        let input = custom_input(arguments);
        let delta = within(item, self.output.len(), json!({ "delta": input }));
        self.write("response.custom_tool_call_input.delta", delta, out);
        input
    }
}

impl Tell for Teller {
    fn begin(&mut self, model: Option<String>, out: &mut Vec<u8>) {
        self.response = self.form.begun(&self.asked, model.as_deref());
        self.write_response("response.created", out);
        self.write_response("response.in_progress", out);
    }

    fn step(&mut self, step: Step, out: &mut Vec<u8>) {
        match step {
            Step::Open(block) => self.open(block, out),
            Step::Odds(odds) => self.odds(odds),
            Step::Piece(piece) => self.piece(piece, out),
            Step::Close => self.close(false, out),
            Step::Cut => self.close(true, out),
        }
    }

    fn end(&mut self, end: &End, out: &mut Vec<u8>) {
        let output = Value::Array(std::mem::take(&mut self.output));
        complete(&mut self.response, &self.asked, end, output);
        let (status, _) = status(end);
        self.write_response(&format!("response.{status}"), out);
    }

    fn fail(&mut self, failure: &Failure, out: &mut Vec<u8>) {
        if self.response.is_empty() {
            self.begin(None, out);
        }
        let code = match (&failure.code, failure.status) {
            (Some(code), _) => code,
            (None, Some(429)) => "rate_limit_exceeded",
            (None, _) => "server_error",
        };
        let error =
            json!({ "message": failure.message, "type": null, "param": null, "code": code });
        self.response.insert("status".to_owned(), json!("failed"));
        self.response.insert("error".to_owned(), error);
        let output = Value::Array(std::mem::take(&mut self.output));
        self.response.insert("output".to_owned(), output);
        self.write_response("response.failed", out);
    }
}

/// Adds where in the output something is told.
fn within(item: &Item, place: usize, members: Value) -> Value {
    let mut whole = json!({ "item_id": item.id, "output_index": place });
    match item.kind {
        Kind::Text { .. } | Kind::Refusal | Kind::Reasoning { .. } => {
            whole["content_index"] = json!(0)
        }
        Kind::Summary { .. } => whole["summary_index"] = json!(0),
        Kind::Function { .. } | Kind::Custom { .. } => {}
    }
    if let (Value::Object(whole), Value::Object(members)) = (&mut whole, members) {
        whole.extend(members);
    }
    whole
}

/// What the events call the part that has an item's text, if it has parts.
fn part_name(kind: &Kind) -> Option<&'static str> {
    match kind {
        Kind::Text { .. } | Kind::Refusal | Kind::Reasoning { .. } => Some("content_part"),
        Kind::Summary { .. } => Some("reasoning_summary_part"),
        Kind::Function { .. } | Kind::Custom { .. } => None,
    }
}

/// The event that tells a piece of an item, if it can be told in pieces.
fn delta_name(kind: &Kind) -> Option<&'static str> {
    match kind {
        Kind::Text { .. } => Some("response.output_text.delta"),
        Kind::Refusal => Some("response.refusal.delta"),
        Kind::Reasoning { .. } => Some("response.reasoning_text.delta"),
        Kind::Summary { .. } => Some("response.reasoning_summary_text.delta"),
        Kind::Function { .. } => Some("response.function_call_arguments.delta"),
        Kind::Custom { .. } => None,
    }
}

/// The event that tells the whole text of an item.
fn done(item: &Item, text: &str) -> (&'static str, Value) {
    match &item.kind {
        Kind::Text { odds } => {
            ("response.output_text.done", json!({ "text": text, "logprobs": odds }))
        }
        Kind::Refusal => ("response.refusal.done", json!({ "refusal": text })),
        Kind::Reasoning { .. } => ("response.reasoning_text.done", json!({ "text": text })),
        Kind::Summary { .. } => ("response.reasoning_summary_text.done", json!({ "text": text })),
        Kind::Function { name, .. } => {
            let done = json!({ "name": name, "arguments": text });
            ("response.function_call_arguments.done", done)
        }
        Kind::Custom { .. } => ("response.custom_tool_call_input.done", json!({ "input": text })),
    }
}
