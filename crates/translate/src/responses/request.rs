//! A request for a response, as one for a chat completion.

use serde_json::{Map, Value};

use super::{items, options, tools};
use crate::{
    Fault,
    chat::{
        part::Part,
        request::{Conversation, stream},
    },
    field::Field,
};

/// What needs a server that keeps answers, and what to do here instead.
const NOT_KEPT: [(&str, &str); 4] = [
    (
        "previous_response_id",
        "answers are not stored here; send the whole conversation as `input` (with most clients: `store: false`)",
    ),
    ("conversation", "conversations are not stored here; send the whole of it as `input`"),
    ("prompt", "prompts are not stored here; send the text as `instructions`"),
    ("background", "answers are not made in the background here; ask for a stream instead"),
];

/// The chat completion to ask for.
pub(crate) fn translate(request: &Map<String, Value>) -> Result<Map<String, Value>, Fault> {
    for (name, reason) in NOT_KEPT {
        if let Some(field) = Field::of(request, name).filter(|field| *field.value != false) {
            return Err(field.wrong(reason));
        }
    }
    let mut chat = Map::new();
    options::translate(request, &mut chat)?;
    tools::translate(request, &mut chat)?;
    let mut conversation = Conversation::default();
    if let Some(instructions) = Field::of(request, "instructions") {
        conversation.instruct(instructions.text()?.to_owned());
    }
    let input = Field::of(request, "input").ok_or_else(|| Fault::at("input", "is missing"))?;
    match input.value {
        Value::String(text) => conversation.ask(vec![Part::Text(text.clone())]),
        _ => input.items()?.try_for_each(|item| items::translate(&item, &mut conversation))?,
    }
    chat.insert("messages".to_owned(), conversation.finish());
    if let Some(wish) = Field::of(request, "stream")
        && wish.flag()?
    {
        stream(&mut chat);
    }
    Ok(chat)
}
