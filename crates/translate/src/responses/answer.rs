//! A response, made of a chat completion.

use serde_json::{Map, Value, json};

use super::{
    form::Form,
    output::{self, Item, Kind, custom_input},
};
use crate::{
    chat::{
        chunk::Finish,
        folded::{Folded, Said},
        reading::End,
    },
    translation::Asked,
};

/// The response for a whole chat completion.
pub(crate) fn answer(asked: &Asked, form: &Form, folded: Folded) -> Value {
    let Folded { model, blocks, end } = folded;
    let last = blocks.len().saturating_sub(1);
    let items = blocks.into_iter().enumerate().map(|(place, said)| {
        let Said { block, text, odds } = said;
        let mut item = Item::new(asked, form, place, block);
        item.add_odds(&odds);
        let is_cut = end.finish == Finish::Length && place == last;
        let status = if is_cut { "incomplete" } else { "completed" };
        let is_custom = matches!(item.kind, Kind::Custom { .. });
        let text = if is_custom { custom_input(text) } else { text };
        item.written(&text, status)
    });
    let output = items.collect();
    let mut response = form.begun(asked, model.as_deref());
    complete(&mut response, asked, &end, output);
    Value::Object(response)
}

/// Writes how a response ended.
pub(crate) fn complete(response: &mut Map<String, Value>, asked: &Asked, end: &End, output: Value) {
    let (status, reason) = output::status(end);
    // What is incomplete never was completed.
    let completed_at = reason.is_none().then(|| (asked.clock)());
    let mut set = |name: &str, value: Value| response.insert(name.to_owned(), value);
    set("completed_at", json!(completed_at));
    set("status", json!(status));
    set("incomplete_details", reason.map_or(Value::Null, |reason| json!({ "reason": reason })));
    set("output", output);
    set("usage", output::usage(end.usage));
}
