//! What a provider is asked for Anthropic's clients.

use serde_json::{Value, json};
use translate::Protocol::Messages;

use crate::support::{chat, fault, translation};

/// A request with these members, besides those that all have.
fn request(members: Value) -> Value {
    let mut request = json!({"model": "m", "max_tokens": 64,
        "messages": [{"role": "user", "content": "hi"}]});
    let fields = request.as_object_mut().expect("an object");
    fields.extend(members.as_object().expect("an object").clone());
    request
}

/// `expected`: what the members become.
#[track_caller]
fn members(members: Value, expected: Value) {
    let mut found = chat(Messages, &request(members.clone()));
    let fields = found.as_object_mut().expect("an object");
    for (name, value) in [("model", json!("m")), ("max_tokens", json!(64))] {
        assert_eq!(fields.remove(name), Some(value));
    }
    let asked = json!([{"role": "user", "content": "hi"}]);
    assert_eq!(fields.remove("messages"), Some(asked), "{members}");
    assert_eq!(found, expected, "{members}");
}

#[track_caller]
fn messages(system: Value, messages: Value, expected: Value) {
    let found = chat(Messages, &request(json!({"system": system, "messages": messages})));
    assert_eq!(found["messages"], expected);
}

#[track_caller]
fn refused(members: Value, expected: &str) {
    assert_eq!(fault(Messages, &request(members)), expected);
}

#[test]
fn options() {
    members(json!({}), json!({}));
    members(
        json!({"temperature": 0.5, "top_p": 0.9, "top_k": 5, "stop_sequences": ["END"], "stream": false,
            "metadata": {"user_id": "u"}, "service_tier": "auto", "context_management": {}}),
        json!({"stop": ["END"], "temperature": 0.5, "top_p": 0.9, "top_k": 5, "user": "u"}),
    );
    members(json!({"metadata": {"user_id": "u".repeat(65)}}), json!({}));
    members(
        json!({"stream": true}),
        json!({"stream": true, "stream_options": {"include_usage": true}}),
    );
    members(json!({"thinking": {"type": "enabled", "budget_tokens": 1024}}), json!({}));
    members(json!({"output_config": {"effort": "high"}}), json!({}));
    members(json!({"output_config": {"effort": "low"}}), json!({"reasoning_effort": "low"}));
    members(json!({"output_config": {"effort": "max"}}), json!({"reasoning_effort": "xhigh"}));
    let form = json!({"type": "json_schema", "schema": {"type": "object"}});
    let expected = json!({"response_format": {"type": "json_schema",
        "json_schema": {"name": "answer", "schema": {"type": "object"}, "strict": true}}});
    members(json!({"output_config": {"format": form.clone()}}), expected.clone());
    members(json!({"output_format": form}), expected);
}

#[test]
fn openai_has_its_own_name_for_the_limit() {
    let request = request(json!({"top_k": 5, "temperature": 0.5}));
    let chat: Value =
        serde_json::from_str(&translation(Messages, &request).chat_for_openai()).expect("JSON");
    let expected = json!({"model": "m", "temperature": 0.5, "max_completion_tokens": 64,
        "messages": [{"role": "user", "content": "hi"}]});
    assert_eq!(chat, expected);
}

#[test]
fn tools() {
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}});
    let tool = json!({"name": "f", "description": "d", "input_schema": schema.clone(),
        "cache_control": {"type": "ephemeral"}});
    let function = json!({"type": "function",
        "function": {"name": "f", "description": "d", "parameters": schema}});
    let tools = |choice: Value| json!({"tools": [tool.clone()], "tool_choice": choice});
    let mut expected = json!({"tools": [function]});
    members(json!({"tools": [tool.clone()]}), expected.clone());
    for (choice, chosen) in [
        (json!({"type": "auto"}), json!("auto")),
        (json!({"type": "any"}), json!("required")),
        (json!({"type": "none"}), json!("none")),
        (
            json!({"type": "tool", "name": "f"}),
            json!({"type": "function", "function": {"name": "f"}}),
        ),
    ] {
        expected["tool_choice"] = chosen;
        members(tools(choice), expected.clone());
    }
    expected["tool_choice"] = json!("auto");
    expected["parallel_tool_calls"] = json!(false);
    members(tools(json!({"type": "auto", "disable_parallel_tool_use": true})), expected);
    members(json!({"tools": [], "tool_choice": {"type": "auto"}}), json!({}));
}

#[test]
fn instructions() {
    let hi = json!([{"role": "user", "content": "hi"}]);
    let with = |text: &str| json!([{"role": "system", "content": text}, {"role": "user", "content": "hi"}]);
    messages(json!("be kind"), hi.clone(), with("be kind"));
    messages(
        json!([{"type": "text", "text": "x-anthropic-billing-header: cc_version=2; cch=0f1e;"},
            {"type": "text", "text": "be kind", "cache_control": {"type": "ephemeral"}},
            {"type": "text", "text": "be short"}]),
        hi.clone(),
        with("be kind\n\nbe short"),
    );
    messages(Value::Null, hi.clone(), hi);
}

#[test]
fn what_people_say() {
    messages(
        Value::Null,
        json!([{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
            {"role": "assistant", "content": "c"},
            {"role": "user", "content": [{"type": "text", "text": "see"},
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA=="}},
                {"type": "image", "source": {"type": "url", "url": "https://h/i.png"}}]}]),
        json!([{"role": "user", "content": "a\n\nb"}, {"role": "assistant", "content": "c"},
            {"role": "user", "content": [{"type": "text", "text": "see"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
                {"type": "image_url", "image_url": {"url": "https://h/i.png"}}]}]),
    );
    messages(
        Value::Null,
        json!([{"role": "user", "content": [
            {"type": "document", "title": "t", "source": {"type": "text", "media_type": "text/plain", "data": "d"}},
            {"type": "search_result", "title": "t", "source": "s", "content": [{"type": "text", "text": "c"}]}]}]),
        json!([{"role": "user", "content": "t\n\nd\n\nt\n\ns\n\nc"}]),
    );
    messages(
        Value::Null,
        json!([{"role": "user", "content": [{"type": "document",
            "source": {"type": "base64", "media_type": "application/pdf", "data": "AA=="}}]}]),
        json!([{"role": "user", "content": [{"type": "file",
            "file": {"filename": "document.pdf", "file_data": "data:application/pdf;base64,AA=="}}]}]),
    );
}

#[test]
fn what_tools_did() {
    let image = json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA=="}});
    let call = |id: &str| json!({"id": id, "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}});
    messages(
        Value::Null,
        json!([{"role": "user", "content": "hi"},
            {"role": "assistant", "content": [{"type": "text", "text": "so"},
                {"type": "tool_use", "id": "1", "name": "f", "input": {"a": 1}},
                {"type": "tool_use", "id": "2", "name": "f", "input": {"a": 1}}]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "1", "content": [{"type": "text", "text": "one"}, image]},
                {"type": "tool_result", "tool_use_id": "2", "is_error": true, "content": "no such file"},
                {"type": "text", "text": "go on"}]}]),
        json!([{"role": "user", "content": "hi"},
            {"role": "assistant", "content": "so", "tool_calls": [call("1"), call("2")]},
            {"role": "tool", "tool_call_id": "1", "content": "one"},
            {"role": "tool", "tool_call_id": "2", "content": "Error: no such file"},
            {"role": "user", "content": [
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
                {"type": "text", "text": "go on"}]}]),
    );
}

#[test]
fn thinking_goes_back_to_whom_it_came_from() {
    let used = json!({"type": "tool_use", "id": "1", "name": "f", "input": {}});
    let thinking = |seal: &str| json!({"type": "thinking", "thinking": "hm", "signature": seal});
    let sent = |seal: &str| {
        let content = json!([thinking(seal), {"type": "redacted_thinking", "data": "x"}, used]);
        let request = request(json!({"messages": [{"role": "user", "content": "hi"},
            {"role": "assistant", "content": content},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1"}]}]}));
        chat(Messages, &request)["messages"][1].clone()
    };
    assert_eq!(sent("signalbox:reasoning")["reasoning"], json!("hm"));
    assert_eq!(sent("signalbox:reasoning_content")["reasoning_content"], json!("hm"));
    let foreign = sent("EqoBCkgIARABGAI");
    assert_eq!(
        foreign.as_object().expect("an object").keys().collect::<Vec<_>>(),
        ["role", "content", "tool_calls"]
    );
}

#[test]
fn what_cannot_be_said() {
    let says = |content: Value| json!({"messages": [{"role": "user", "content": content}]});
    refused(json!({"max_tokens": null}), "max_tokens: is missing");
    refused(json!({"messages": null}), "messages: is missing");
    refused(json!({"messages": []}), "messages: at least one message is needed");
    refused(json!({"messages": {}}), "messages: must be a list");
    refused(json!({"messages": ["hi"]}), "messages.0: must be an object");
    refused(json!({"messages": [{"role": "user"}]}), "messages.0.content: is missing");
    refused(json!({"messages": [{"content": "hi"}]}), "messages.0.role: is missing");
    refused(
        json!({"messages": [{"role": "tool", "content": "hi"}]}),
        "messages.0: unknown role `tool`; there are user and assistant",
    );
    refused(json!({"stream": "yes"}), "stream: must be true or false");
    refused(says(json!(7)), "messages.0.content: must be a list");
    refused(says(json!([{"text": "hi"}])), "messages.0.content.0.type: is missing");
    refused(
        says(json!([{"type": "text", "text": 7}])),
        "messages.0.content.0.text: must be a text",
    );
    refused(
        says(json!([{"type": "container_upload", "file_id": "f"}])),
        "messages.0.content.0: a block of type `container_upload` cannot be translated to a chat completion",
    );
    refused(
        says(json!([{"type": "image", "source": {"type": "file", "file_id": "f"}}])),
        "messages.0.content.0.source: files are not stored here; send the contents as base64",
    );
    refused(
        json!({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}),
        "tools.0: the tool `web_search_20250305` is known to Anthropic's models alone; define one with an `input_schema`",
    );
    refused(json!({"tools": [{"name": "f"}]}), "tools.0.input_schema: is missing");
    refused(
        json!({"mcp_servers": [{"type": "url", "url": "https://h"}]}),
        "mcp_servers: only Anthropic's own servers have this; leave it out",
    );
}
