//! A request for a message, as one for a chat completion.

use serde_json::{Map, Value};

use super::{content, options};
use crate::{
    Fault,
    chat::{
        part::Part,
        request::{Conversation, stream},
    },
    field::Field,
    thought::Thought,
};

/// Claude Code begins its instructions with a line that changes with every request, for
/// Anthropic's accounts alone. It would keep every provider from reusing what it has cached.
const BILLING: &str = "x-anthropic-billing-header:";

/// The chat completion to ask for. As at Anthropic's, the request must say how long the answer may be.
pub(crate) fn ask(request: &Map<String, Value>) -> Result<Map<String, Value>, Fault> {
    let chat = translate(request)?;
    if chat.contains_key("max_tokens") {
        Ok(chat)
    } else {
        Err(Fault::at("max_tokens", "is missing"))
    }
}

/// The same, of a request whose tokens are only to be counted.
pub(crate) fn translate(request: &Map<String, Value>) -> Result<Map<String, Value>, Fault> {
    let mut chat = Map::new();
    options::translate(request, &mut chat)?;
    let mut conversation = Conversation::default();
    if let Some(system) = Field::of(request, "system") {
        instruct(&system, &mut conversation)?;
    }
    let messages = Field::of(request, "messages");
    let messages = messages.ok_or_else(|| Fault::at("messages", "is missing"))?;
    if messages.value.as_array().is_some_and(Vec::is_empty) {
        return Err(messages.wrong("at least one message is needed"));
    }
    for message in messages.items()? {
        translate_message(&message, &mut conversation)?;
    }
    chat.insert("messages".to_owned(), conversation.finish());
    if let Some(wish) = Field::of(request, "stream")
        && wish.flag()?
    {
        stream(&mut chat);
    }
    Ok(chat)
}

/// Whether the caller may see what the model thinks: unless it says that it does not want any.
/// Anthropic's models think only when asked to; others do it anyway, and where they call tools some
/// of them want it back, which is to be had only from a caller that got it.
pub(crate) fn takes_thinking(request: &Map<String, Value>) -> bool {
    let thinking = Field::of(request, "thinking").and_then(|thinking| thinking.get("type"));
    thinking.is_none_or(|kind| kind.value != "disabled")
}

fn instruct(system: &Field<'_>, conversation: &mut Conversation) -> Result<(), Fault> {
    for part in content::parts(system)? {
        match part {
            Part::Text(text) if text.starts_with(BILLING) => {}
            Part::Text(text) => conversation.instruct(text),
            Part::Media(_) => return Err(system.wrong("only texts can be instructions")),
        }
    }
    Ok(())
}

fn translate_message(message: &Field<'_>, conversation: &mut Conversation) -> Result<(), Fault> {
    if !message.value.is_object() {
        return Err(message.must_be("an object"));
    }
    let content = message.need("content")?;
    match message.text_of("role")? {
        "user" => hear(&content, conversation),
        "assistant" => say(&content, conversation),
        "system" => instruct(&content, conversation),
        role => Err(message.wrong(format!("unknown role `{role}`; there are user and assistant"))),
    }
}

/// What a person says, or a tool.
fn hear(content: &Field<'_>, conversation: &mut Conversation) -> Result<(), Fault> {
    if content.value.is_string() {
        conversation.ask(content::parts(content)?);
        return Ok(());
    }
    let (mut has_results, mut parts) = (false, Vec::new());
    for block in content.items()? {
        if block.kind()? == "tool_result" {
            let (text, shown) = content::result(&block)?;
            conversation.result(block.text_of("tool_use_id")?, text, shown);
            has_results = true;
        } else {
            parts.extend(content::part(&block)?);
        }
    }
    if has_results {
        conversation.add(parts)
    } else {
        conversation.ask(parts)
    }
    Ok(())
}

fn say(content: &Field<'_>, conversation: &mut Conversation) -> Result<(), Fault> {
    if let Some(text) = content.value.as_str() {
        conversation.say(text.to_owned());
        return Ok(());
    }
    for block in content.items()? {
        match block.kind()? {
            "text" => conversation.say(block.text_of("text")?.to_owned()),
            "tool_use" => {
                let (id, name) = (block.text_of("id")?, block.text_of("name")?);
                conversation.call(id, name, block.need("input")?.value.to_string());
            }
            "thinking" => {
                let seal = block.text_if("signature")?.unwrap_or_default();
                let thought = Thought::sealed(block.text_of("thinking")?, seal);
                thought.into_iter().for_each(|thought| conversation.think(thought));
            }
            // What only Anthropic's servers can read, or have done: the texts around it tell.
            "redacted_thinking" | "server_tool_use" => {}
            kind if kind.ends_with("_tool_result") => {}
            kind => {
                return Err(
                    block.wrong(format!("the assistant cannot have said a block of type `{kind}`"))
                );
            }
        }
    }
    Ok(())
}
