//! The items of an input, as messages.

use serde_json::json;

use super::tools::{INPUT, within};
use crate::{
    Fault,
    chat::{
        part::{Part, divide, join},
        request::Conversation,
    },
    field::Field,
    thought::Thought,
};

const NOT_STORED: &str = "files are not stored here; send the contents as a data URL";

/// Adds an item to the conversation.
pub(crate) fn translate(item: &Field<'_>, conversation: &mut Conversation) -> Result<(), Fault> {
    if !item.value.is_object() {
        return Err(item.must_be("an object"));
    }
    match item.text_if("type")?.unwrap_or("message") {
        "message" => message(item, conversation),
        "function_call" => {
            let arguments = item.text_of("arguments")?;
            let arguments = if arguments.is_empty() { "{}" } else { arguments };
            conversation.call(item.text_of("call_id")?, &called(item)?, arguments.to_owned());
            Ok(())
        }
        "custom_tool_call" => {
            let arguments = json!({ INPUT: item.text_of("input")? }).to_string();
            conversation.call(item.text_of("call_id")?, &called(item)?, arguments);
            Ok(())
        }
        "function_call_output" | "custom_tool_call_output" => {
            let (text, shown) = divide(parts(&item.need("output")?)?);
            conversation.result(item.text_of("call_id")?, text, shown);
            Ok(())
        }
        "reasoning" => {
            thought(item)?.into_iter().for_each(|thought| conversation.think(thought));
            Ok(())
        }
        "item_reference" => {
            let reason = "answers are not stored here; send the item itself (with most clients: `store: false`)";
            Err(item.wrong(reason))
        }
        kind => Err(item
            .wrong(format!("an item of type `{kind}` cannot be translated to a chat completion"))),
    }
}

/// The function that stands for the tool that was called.
fn called(item: &Field<'_>) -> Result<String, Fault> {
    let name = item.text_of("name")?;
    let namespace = item.text_if("namespace")?;
    Ok(namespace.map_or_else(|| name.to_owned(), |namespace| within(namespace, name)))
}

fn message(item: &Field<'_>, conversation: &mut Conversation) -> Result<(), Fault> {
    let parts = parts(&item.need("content")?)?;
    match item.text_of("role")? {
        "user" => conversation.ask(parts),
        "assistant" => conversation.say(divide(parts).0),
        // Few chat templates know developers.
        "system" | "developer" => conversation.instruct(divide(parts).0),
        role => {
            let known = "there are user, assistant, system and developer";
            return Err(item.wrong(format!("unknown role `{role}`; {known}")));
        }
    }
    Ok(())
}

fn parts(content: &Field<'_>) -> Result<Vec<Part>, Fault> {
    match content.value.as_str() {
        Some(text) => Ok(vec![Part::Text(text.to_owned())]),
        None => content.items()?.map(|part| self::part(&part)).collect(),
    }
}

fn part(part: &Field<'_>) -> Result<Part, Fault> {
    match part.kind()? {
        "input_text" | "output_text" | "text" => Ok(Part::Text(part.text_of("text")?.to_owned())),
        "refusal" => Ok(Part::Text(part.text_of("refusal")?.to_owned())),
        "input_image" => {
            let url = part.text_if("image_url")?.ok_or_else(|| part.wrong(NOT_STORED))?;
            Ok(Part::image(url, part.text_if("detail")?))
        }
        "input_file" => {
            let data = part.text_if("file_data")?.ok_or_else(|| part.wrong(NOT_STORED))?;
            Ok(Part::file(part.text_if("filename")?.unwrap_or("file"), data))
        }
        "input_audio" => {
            let sound = part.need("input_audio")?.value;
            Ok(Part::Media(json!({ "type": "input_audio", "input_audio": sound })))
        }
        kind => Err(part
            .wrong(format!("content of type `{kind}` cannot be translated to a chat completion"))),
    }
}

/// What the model thought: as it was packed here, else as it is told in the open, at length or, where
/// that is all there is, as its summary.
fn thought(item: &Field<'_>) -> Result<Option<Thought>, Fault> {
    if let Some(packed) = item.text_if("encrypted_content")? {
        return Ok(Thought::unpack(packed));
    }
    let is_told = |field: &Field<'_>| field.value.as_array().is_none_or(|list| !list.is_empty());
    let content = item.get("content").filter(is_told).or_else(|| item.get("summary"));
    let Some(content) = content else { return Ok(None) };
    let texts = content.items()?.filter_map(|part| part.text_if("text").transpose());
    let texts = texts.map(|text| text.map(str::to_owned)).collect::<Result<Vec<_>, _>>()?;
    let text = join(texts);
    Ok((!text.is_empty()).then_some(Thought { field: Thought::FIELDS[0], text }))
}
