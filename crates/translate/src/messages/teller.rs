//! A message, told in Anthropic's events.

use serde_json::{Value, json};

use super::{
    answer::{self, Wish},
    error,
};
use crate::{
    chat::{
        chunk::Failure,
        reading::End,
        sequence::{Block, Step},
    },
    sse::write_event,
    stream::Tell,
    thought::Thought,
    translation::Asked,
};

/// What the pieces of the open block are.
#[derive(Debug, Clone, Copy)]
enum Open {
    Text,
    Thinking(&'static str),
    Call,
    /// Thinking that the caller does not want to see.
    Hidden,
}

pub(crate) struct Teller {
    asked: Asked,
    wish: Wish,
    open: Open,
    /// The number of the block that is open, or of the next one.
    index: usize,
}

impl Teller {
    pub(crate) fn new(asked: Asked, wish: Wish) -> Self {
        Self { asked, wish, open: Open::Hidden, index: 0 }
    }

    fn open(&mut self, block: Block, out: &mut Vec<u8>) {
        let (open, shown) = match block {
            Block::Text | Block::Refusal => (Open::Text, json!({ "type": "text", "text": "" })),
            Block::Thinking(_) if !self.wish.shows_thinking => {
                self.open = Open::Hidden;
                return;
            }
            Block::Thinking(field) => {
                let shown = json!({ "type": "thinking", "thinking": "", "signature": "" });
                (Open::Thinking(field), shown)
            }
            Block::Call(head) => {
                let id = answer::call_id(&self.asked, head.id, head.place);
                let shown = json!({ "type": "tool_use", "id": id, "name": head.name, "input": {} });
                (Open::Call, shown)
            }
        };
        self.open = open;
        write(
            out,
            json!({ "type": "content_block_start", "index": self.index, "content_block": shown }),
        );
    }

    fn delta(&self, delta: Value, out: &mut Vec<u8>) {
        write(out, json!({ "type": "content_block_delta", "index": self.index, "delta": delta }));
    }

    fn piece(&self, text: String, out: &mut Vec<u8>) {
        match self.open {
            Open::Text => self.delta(json!({ "type": "text_delta", "text": text }), out),
            Open::Thinking(_) => {
                self.delta(json!({ "type": "thinking_delta", "thinking": text }), out)
            }
            Open::Call => {
                self.delta(json!({ "type": "input_json_delta", "partial_json": text }), out)
            }
            Open::Hidden => {}
        }
    }

    fn close(&mut self, out: &mut Vec<u8>) {
        match self.open {
            Open::Hidden => return,
            Open::Thinking(field) => {
                let seal = Thought::seal(field);
                self.delta(json!({ "type": "signature_delta", "signature": seal }), out);
            }
            Open::Text | Open::Call => {}
        }
        write(out, json!({ "type": "content_block_stop", "index": self.index }));
        self.index += 1;
    }
}

impl Tell for Teller {
    fn begin(&mut self, model: Option<String>, out: &mut Vec<u8>) {
        let message = answer::begun(&self.asked, model);
        write(out, json!({ "type": "message_start", "message": message }));
    }

    fn step(&mut self, step: Step, out: &mut Vec<u8>) {
        match step {
            Step::Open(block) => self.open(block, out),
            Step::Piece(text) => self.piece(text, out),
            Step::Close | Step::Cut => self.close(out),
            Step::Odds(_) => {}
        }
    }

    fn end(&mut self, end: &End, out: &mut Vec<u8>) {
        let (stop_reason, stop_sequence) = self.wish.stop_reason(end);
        let delta = json!({ "stop_reason": stop_reason, "stop_sequence": stop_sequence });
        let usage = answer::usage(end.usage);
        write(out, json!({ "type": "message_delta", "delta": delta, "usage": usage }));
        write(out, json!({ "type": "message_stop" }));
    }

    fn fail(&mut self, failure: &Failure, out: &mut Vec<u8>) {
        write(out, error::envelope(failure.status.unwrap_or(500), &failure.message));
    }
}

/// Every event is named as its data says.
fn write(out: &mut Vec<u8>, data: Value) {
    write_event(out, data["type"].as_str().unwrap_or_default(), &data);
}
