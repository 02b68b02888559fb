//! How the answer shall be.

use serde_json::{Map, Value, json};

use crate::{
    Fault,
    chat::request::schema,
    field::{Field, copy},
};

/// What means the same on both sides.
const SAME: [(&str, &str); 8] = [
    ("model", "model"),
    ("frequency_penalty", "frequency_penalty"),
    ("max_output_tokens", "max_tokens"),
    ("parallel_tool_calls", "parallel_tool_calls"),
    ("presence_penalty", "presence_penalty"),
    ("temperature", "temperature"),
    ("top_p", "top_p"),
    ("user", "user"),
];

/// Writes all of a request but its messages, its tools, and whether it is streamed.
pub(crate) fn translate(
    request: &Map<String, Value>,
    chat: &mut Map<String, Value>,
) -> Result<(), Fault> {
    copy(request, chat, &SAME);
    if request.get("tools").and_then(Value::as_array).is_none_or(Vec::is_empty) {
        // OpenAI refuses it where there are no tools.
        chat.remove("parallel_tool_calls");
    }
    let count = Field::of(request, "top_logprobs").filter(|count| *count.value != 0);
    if count.is_some() || includes(request, "message.output_text.logprobs") {
        chat.insert("logprobs".to_owned(), Value::from(true));
    }
    if let Some(count) = count {
        chat.insert("top_logprobs".to_owned(), count.value.clone());
    }
    if let Some(reasoning) = Field::of(request, "reasoning")
        && let Some(effort) = reasoning.get("effort")
    {
        chat.insert("reasoning_effort".to_owned(), Value::from(effort.text()?));
    }
    let Some(text) = Field::of(request, "text") else { return Ok(()) };
    if let Some(verbosity) = text.get("verbosity") {
        chat.insert("verbosity".to_owned(), verbosity.value.clone());
    }
    text.get("format").map_or(Ok(()), |form| format(&form, chat))
}

/// Whether the answer shall have this, too.
pub(crate) fn includes(request: &Map<String, Value>, what: &str) -> bool {
    let include = request.get("include").and_then(Value::as_array);
    include.is_some_and(|include| include.iter().any(|wish| wish == what))
}

fn format(form: &Field<'_>, chat: &mut Map<String, Value>) -> Result<(), Fault> {
    let format = match form.kind()? {
        "text" => return Ok(()),
        "json_object" => json!({ "type": "json_object" }),
        "json_schema" => {
            let (strict, description) = (form.get("strict"), form.get("description"));
            let value = |field: &Option<Field<'_>>| field.as_ref().map(|field| field.value.clone());
            schema(
                form.text_of("name")?,
                form.need("schema")?.value,
                value(&strict).as_ref(),
                value(&description).as_ref(),
            )
        }
        kind => {
            let known = "there are text, json_object and json_schema";
            return Err(form.wrong(format!("unknown type `{kind}`; {known}")));
        }
    };
    chat.insert("response_format".to_owned(), format);
    Ok(())
}
