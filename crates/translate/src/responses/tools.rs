//! The tools of a request.
//!
//! A chat completion knows functions alone, so the rest becomes functions where it can, and its
//! calls are turned back (see [`super::output`]): a custom tool, which takes any text, becomes a
//! function whose only argument is that text; the functions of a namespace get its name before
//! theirs.
//!
//! What only OpenAI's servers can do is refused. Only searching the web and making images are left
//! out instead, where there are functions besides: coding agents offer those with every request,
//! asked or not, and can do without.

use serde_json::{Map, Value, json};

use crate::{
    Fault,
    chat::request::{choose, function},
    field::Field,
};

/// The argument that stands for a custom tool's input.
pub(crate) const INPUT: &str = "input";

/// The tools that can be done without. Those of some day have its date behind their names.
const DISPENSABLE: [&str; 2] = ["web_search", "image_generation"];

fn is_dispensable(kind: &str) -> bool {
    DISPENSABLE.iter().any(|name| kind.starts_with(name))
}

/// A tool, by the name of the function that stands for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tool {
    pub(crate) function: String,
    pub(crate) name: String,
    pub(crate) namespace: Option<String>,
    pub(crate) is_custom: bool,
}

/// The tools of a request that are not simply functions.
pub(crate) fn special(request: &Map<String, Value>) -> Vec<Tool> {
    let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    let name = |tool: &Value| tool["name"].as_str().unwrap_or_default().to_owned();
    let mut special = Vec::new();
    for tool in list(request.get("tools")) {
        let (kind, own) = (&tool["type"], name(&tool));
        if kind == "custom" {
            let (function, namespace) = (own.clone(), None);
            special.push(Tool { function, name: own, namespace, is_custom: true });
        } else if kind == "namespace" {
            for inner in list(tool.get("tools")) {
                let (name, is_custom) = (name(&inner), inner["type"] == "custom");
                let (function, namespace) = (within(&own, &name), Some(own.clone()));
                special.push(Tool { function, name, namespace, is_custom });
            }
        }
    }
    special
}

/// The function that stands for a tool of a namespace.
pub(crate) fn within(namespace: &str, name: &str) -> String {
    format!("{namespace}__{name}")
}

/// Writes the tools, and which of them may or must be called.
pub(crate) fn translate(
    request: &Map<String, Value>,
    chat: &mut Map<String, Value>,
) -> Result<(), Fault> {
    let Some(list) = Field::of(request, "tools") else { return Ok(()) };
    let (mut tools, mut left_out) = (Vec::new(), Vec::new());
    for field in list.items()? {
        if is_dispensable(field.kind()?) {
            left_out.push(field);
        } else {
            tools.extend(tool(&field, None)?);
        }
    }
    if let (true, Some(field)) = (tools.is_empty(), left_out.first()) {
        return Err(foreign(field, field.kind()?));
    }
    if tools.is_empty() {
        return Ok(());
    }
    if let Some(choice) = Field::of(request, "tool_choice") {
        let chosen = match choice.value {
            Value::String(_) => choice.value.clone(),
            _ => choose_one(&choice, &mut tools)?,
        };
        chat.insert("tool_choice".to_owned(), chosen);
    }
    chat.insert("tools".to_owned(), Value::Array(tools));
    Ok(())
}

fn tool(tool: &Field<'_>, namespace: Option<&str>) -> Result<Vec<Value>, Fault> {
    let name = || {
        let name = tool.text_of("name")?;
        Ok(namespace.map_or_else(|| name.to_owned(), |namespace| within(namespace, name)))
    };
    let member = |name: &str| tool.value.get(name).filter(|value| !value.is_null());
    match tool.kind()? {
        "function" => {
            let (description, parameters) = (member("description"), member("parameters"));
            Ok(vec![function(&name()?, description, parameters, member("strict"))])
        }
        "custom" => Ok(vec![custom(tool, &name()?)?]),
        "namespace" if namespace.is_none() => {
            let (outer, mut tools) = (tool.text_of("name")?, Vec::new());
            for inner in tool.need("tools")?.items()? {
                tools.extend(self::tool(&inner, Some(outer))?);
            }
            Ok(tools)
        }
        kind => Err(foreign(tool, kind)),
    }
}

fn foreign(tool: &Field<'_>, kind: &str) -> Fault {
    tool.wrong(format!(
        "the tool `{kind}` is OpenAI's own, and a provider of chat completions does not have it; \
         leave it out or use a provider that has /v1/responses"
    ))
}

fn custom(tool: &Field<'_>, name: &str) -> Result<Value, Fault> {
    let described = tool.text_if("description")?.unwrap_or_default();
    let form = tool.get("format").filter(|form| form.value["type"] == "grammar");
    let description = match form {
        Some(form) => {
            let (syntax, grammar) = (form.text_of("syntax")?, form.text_of("definition")?);
            format!("{described}\n\nThe input must follow this {syntax} grammar:\n{grammar}")
        }
        None => described.to_owned(),
    };
    let parameters = json!({
        "type": "object",
        "properties": { INPUT: { "type": "string", "description": "The tool's whole input." } },
        "required": [INPUT],
        "additionalProperties": false,
    });
    let description = Value::from(description.trim());
    Ok(function(name, Some(&description), Some(&parameters), None))
}

fn choose_one(choice: &Field<'_>, tools: &mut Vec<Value>) -> Result<Value, Fault> {
    match choice.kind()? {
        "function" | "custom" => Ok(choose(choice.text_of("name")?)),
        "allowed_tools" => {
            let mut allowed = Vec::new();
            for tool in choice.need("tools")?.items()? {
                if !is_dispensable(tool.kind()?) {
                    allowed.push(tool.text_of("name")?);
                }
            }
            let name = |tool: &Value| tool["function"]["name"].as_str().map(str::to_owned);
            tools.retain(|tool| name(tool).is_some_and(|name| allowed.contains(&name.as_str())));
            Ok(Value::from(choice.text_of("mode")?))
        }
        kind => Err(foreign(choice, kind)),
    }
}

/// The tools that a request has and its chat completion does not.
pub(crate) fn left_out(request: &Map<String, Value>) -> Vec<String> {
    let tools = request.get("tools").and_then(Value::as_array).into_iter().flatten();
    let kinds = tools.filter_map(|tool| tool["type"].as_str());
    kinds.filter(|kind| is_dispensable(kind)).map(str::to_owned).collect()
}

/// Makes the tools of a request those that its response repeats: without what is left out, and with
/// all that OpenAI says of a function. One that does not ask to be strict is not: neither the
/// provider nor anybody here holds the model to its schema.
pub(crate) fn repeat(tools: &mut Vec<Value>) {
    tools.retain(|tool| !tool["type"].as_str().is_some_and(is_dispensable));
    for tool in tools.iter_mut().filter(|tool| tool["type"] == "function") {
        for name in ["description", "parameters"] {
            tool[name] = tool[name].take();
        }
        if tool["strict"].is_null() {
            tool["strict"] = Value::from(false);
        }
    }
}
