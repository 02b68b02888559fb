//! Tools, and how the answer shall be.

use serde_json::{Map, Value, json};

use crate::{
    Fault,
    chat::request::{choose, function, schema},
    field::{Field, copy},
};

/// What means the same on both sides.
const SAME: [(&str, &str); 6] = [
    ("model", "model"),
    ("max_tokens", "max_tokens"),
    ("stop_sequences", "stop"),
    ("temperature", "temperature"),
    ("top_p", "top_p"),
    ("top_k", "top_k"),
];

/// The longest name of an end user that OpenAI takes, in bytes.
const USER_LIMIT: usize = 64;

/// Writes all of a request but its messages and whether it is streamed.
pub(crate) fn translate(
    request: &Map<String, Value>,
    chat: &mut Map<String, Value>,
) -> Result<(), Fault> {
    for name in ["mcp_servers", "container"] {
        let is_used =
            |field: &Field<'_>| field.value.as_array().is_none_or(|list| !list.is_empty());
        if let Some(field) = Field::of(request, name).filter(is_used) {
            return Err(field.wrong("only Anthropic's own servers have this; leave it out"));
        }
    }
    copy(request, chat, &SAME);
    user(request, chat);
    tools(request, chat)?;
    format(request, chat)
}

fn user(request: &Map<String, Value>, chat: &mut Map<String, Value>) {
    let user = Field::of(request, "metadata").and_then(|metadata| metadata.get("user_id"));
    let user = user.and_then(|user| user.value.as_str()).filter(|user| user.len() <= USER_LIMIT);
    if let Some(user) = user {
        chat.insert("user".to_owned(), Value::from(user));
    }
}

fn tools(request: &Map<String, Value>, chat: &mut Map<String, Value>) -> Result<(), Fault> {
    let Some(list) = Field::of(request, "tools") else { return Ok(()) };
    let tools = list.items()?.map(|tool| self::tool(&tool)).collect::<Result<Vec<_>, _>>()?;
    if tools.is_empty() {
        return Ok(());
    }
    chat.insert("tools".to_owned(), Value::Array(tools));
    Field::of(request, "tool_choice").map_or(Ok(()), |choice| tool_choice(&choice, chat))
}

fn tool(tool: &Field<'_>) -> Result<Value, Fault> {
    match tool.text_if("type")? {
        None | Some("custom") => {}
        Some(kind) => {
            let reason = format!(
                "the tool `{kind}` is known to Anthropic's models alone; define one with an `input_schema`"
            );
            return Err(tool.wrong(reason));
        }
    }
    let parameters = tool.need("input_schema")?;
    if !parameters.value.is_object() {
        return Err(parameters.must_be("an object"));
    }
    let (name, member) = (tool.text_of("name")?, |name: &str| tool.value.get(name));
    Ok(function(name, member("description"), Some(parameters.value), member("strict")))
}

fn tool_choice(choice: &Field<'_>, chat: &mut Map<String, Value>) -> Result<(), Fault> {
    let chosen = match choice.kind()? {
        "auto" => Value::from("auto"),
        "any" => Value::from("required"),
        "none" => Value::from("none"),
        "tool" => choose(choice.text_of("name")?),
        kind => {
            return Err(
                choice.wrong(format!("unknown type `{kind}`; there are auto, any, tool and none"))
            );
        }
    };
    chat.insert("tool_choice".to_owned(), chosen);
    if choice.get("disable_parallel_tool_use").is_some_and(|field| field.value == true) {
        chat.insert("parallel_tool_calls".to_owned(), json!(false));
    }
    Ok(())
}

/// The effort that means the same as none: Claude Code says it with every request, and providers
/// whose models do not reason refuse to be told an effort at all.
const USUAL_EFFORT: &str = "high";

/// `output_config` says how much effort to take, and in which form to answer; `output_format` is
/// the form's older place.
fn format(request: &Map<String, Value>, chat: &mut Map<String, Value>) -> Result<(), Fault> {
    let config = Field::of(request, "output_config");
    if let Some(effort) = config.as_ref().and_then(|config| config.get("effort")) {
        let effort = match effort.text()? {
            "max" => "xhigh",
            effort => effort,
        };
        if effort != USUAL_EFFORT {
            chat.insert("reasoning_effort".to_owned(), Value::from(effort));
        }
    }
    let form = config.and_then(|config| config.get("format"));
    let Some(form) = form.or_else(|| Field::of(request, "output_format")) else { return Ok(()) };
    let "json_schema" = form.kind()? else {
        return Err(form.wrong("only a `json_schema` can be translated"));
    };
    let strict = Value::from(true);
    let form = schema("answer", form.need("schema")?.value, Some(&strict), None);
    chat.insert("response_format".to_owned(), form);
    Ok(())
}
