//! What a provider is asked for clients of responses.

use serde_json::{Value, json};
use translate::Protocol::Responses;

use crate::support::{chat, fault, translation};

fn request(members: Value) -> Value {
    let mut request = json!({"model": "m", "input": "hi"});
    let fields = request.as_object_mut().expect("an object");
    fields.extend(members.as_object().expect("an object").clone());
    request
}

#[track_caller]
fn members(members: Value, expected: Value) {
    let mut found = chat(Responses, &request(members.clone()));
    let fields = found.as_object_mut().expect("an object");
    assert_eq!(fields.remove("model"), Some(json!("m")));
    let asked = json!([{"role": "user", "content": "hi"}]);
    assert_eq!(fields.remove("messages"), Some(asked), "{members}");
    assert_eq!(found, expected, "{members}");
}

#[track_caller]
fn input(input: Value, expected: Value) {
    assert_eq!(chat(Responses, &request(json!({"input": input})))["messages"], expected);
}

#[track_caller]
fn refused(members: Value, expected: &str) {
    let fault = fault(Responses, &request(members));
    assert!(fault.contains(expected), "{fault}");
}

#[test]
fn options() {
    members(json!({}), json!({}));
    members(
        json!({"max_output_tokens": 64, "temperature": 0.5, "top_p": 0.9, "user": "u", "store": true,
            "parallel_tool_calls": true, "prompt_cache_key": "k", "include": [], "truncation": "auto",
            "previous_response_id": null, "background": false, "top_logprobs": 0, "reasoning": null}),
        json!({"max_tokens": 64, "temperature": 0.5, "top_p": 0.9, "user": "u"}),
    );
    let penalties = json!({"presence_penalty": 0.5, "frequency_penalty": -0.5});
    members(penalties.clone(), penalties);
    let odds = json!({"include": ["message.output_text.logprobs"]});
    members(odds, json!({"logprobs": true}));
    members(json!({"top_logprobs": 2}), json!({"logprobs": true, "top_logprobs": 2}));
    members(
        json!({"stream": true}),
        json!({"stream": true, "stream_options": {"include_usage": true}}),
    );
    members(
        json!({"reasoning": {"effort": "low", "summary": "auto"}}),
        json!({"reasoning_effort": "low"}),
    );
    members(
        json!({"text": {"format": {"type": "text"}, "verbosity": "low"}}),
        json!({"verbosity": "low"}),
    );
    members(
        json!({"text": {"format": {"type": "json_object"}}}),
        json!({"response_format": {"type": "json_object"}}),
    );
    members(
        json!({"text": {"format": {"type": "json_schema", "name": "n", "schema": {"type": "object"},
            "strict": true, "description": "d"}}}),
        json!({"response_format": {"type": "json_schema", "json_schema":
            {"name": "n", "schema": {"type": "object"}, "strict": true, "description": "d"}}}),
    );
}

#[test]
fn tools() {
    let tool = json!({"type": "function", "name": "f", "description": "d",
        "parameters": {"type": "object"}, "strict": false});
    let other = json!({"type": "function", "name": "g", "parameters": null, "strict": null});
    let function = json!({"type": "function", "function": {"name": "f", "description": "d",
        "parameters": {"type": "object"}, "strict": false}});
    let bare = json!({"type": "function", "function": {"name": "g",
        "parameters": {"type": "object", "properties": {}}}});
    members(
        json!({"tools": [tool.clone(), other.clone()], "parallel_tool_calls": false}),
        json!({"parallel_tool_calls": false, "tools": [function.clone(), bare]}),
    );
    members(
        json!({"tools": [tool.clone()], "tool_choice": {"type": "function", "name": "f"}}),
        json!({"tool_choice": {"type": "function", "function": {"name": "f"}}, "tools": [function.clone()]}),
    );
    members(
        json!({"tools": [tool, other], "tool_choice": {"type": "allowed_tools", "mode": "required",
            "tools": [{"type": "function", "name": "f"}]}}),
        json!({"tool_choice": "required", "tools": [function]}),
    );
    members(json!({"tools": [], "tool_choice": "auto"}), json!({}));
}

#[test]
fn a_custom_tool_is_a_function_of_one_text() {
    let tool = json!({"type": "custom", "name": "patch", "description": "Edits files.",
        "format": {"type": "grammar", "syntax": "lark", "definition": "start: x"}});
    let found = chat(Responses, &request(json!({"tools": [tool]})));
    let function = &found["tools"][0]["function"];
    assert_eq!(function["name"], "patch");
    let description = "Edits files.\n\nThe input must follow this lark grammar:\nstart: x";
    assert_eq!(function["description"], description);
    assert_eq!(function["parameters"]["required"], json!(["input"]));
    input(
        json!([{"type": "custom_tool_call", "call_id": "1", "name": "patch", "input": "a \"b\""},
            {"type": "custom_tool_call_output", "call_id": "1", "output": "done"}]),
        json!([{"role": "assistant", "content": null, "tool_calls": [{"id": "1", "type": "function",
                "function": {"name": "patch", "arguments": "{\"input\":\"a \\\"b\\\"\"}"}}]},
            {"role": "tool", "tool_call_id": "1", "content": "done"}]),
    );
}

#[test]
fn functions_of_a_namespace_get_its_name() {
    let tool = json!({"type": "namespace", "name": "agents", "description": "d",
        "tools": [{"type": "function", "name": "spawn", "parameters": {"type": "object"}}]});
    members(
        json!({"tools": [tool]}),
        json!({"tools": [{"type": "function",
            "function": {"name": "agents__spawn", "parameters": {"type": "object"}}}]}),
    );
    input(
        json!([{"type": "function_call", "call_id": "1", "name": "spawn", "namespace": "agents", "arguments": "{}"}]),
        json!([{"role": "assistant", "content": null, "tool_calls": [{"id": "1", "type": "function",
            "function": {"name": "agents__spawn", "arguments": "{}"}}]}]),
    );
}

#[test]
fn a_search_beside_functions_is_left_out() {
    let function = json!({"type": "function", "name": "f", "parameters": {"type": "object"}});
    for kind in ["web_search_2025_08_26", "web_search_preview_2025_03_11", "image_generation"] {
        let asked = request(json!({"tools": [{"type": kind}, function], "tool_choice": {"type":
            "allowed_tools", "mode": "auto", "tools": [{"type": kind}, {"type": "function", "name": "f"}]}}));
        assert_eq!(translation(Responses, &asked).left_out(), [kind]);
    }
    let request =
        request(json!({"tools": [{"type": "web_search", "external_web_access": false}, function]}));
    let translation = translation(Responses, &request);
    assert_eq!(translation.left_out(), ["web_search"]);
    assert_eq!(chat(Responses, &request)["tools"].as_array().map(Vec::len), Some(1));
    let answer = translation.answer(&json!({"choices": [{"message": {"content": "hi"}}]}));
    let tools = answer.expect("an answer")["tools"].clone();
    assert_eq!((tools[0]["name"].as_str(), tools.as_array().map(Vec::len)), (Some("f"), Some(1)));
}

#[test]
fn inputs() {
    input(
        json!([{"role": "developer", "content": "be kind"},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "see"},
                {"type": "input_image", "image_url": "https://h/i.png", "detail": "low"}]},
            {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant",
                "content": [{"type": "output_text", "text": "so", "annotations": []}]},
            {"type": "function_call", "id": "fc_1", "call_id": "1", "name": "f", "arguments": "{}"},
            {"type": "function_call", "id": "fc_2", "call_id": "2", "name": "g", "arguments": ""},
            {"type": "function_call_output", "call_id": "1", "output": "one"},
            {"type": "function_call_output", "call_id": "2", "output": [{"type": "input_text", "text": "two"},
                {"type": "input_image", "image_url": "data:image/png;base64,AA=="}]}]),
        json!([{"role": "system", "content": "be kind"},
            {"role": "user", "content": [{"type": "text", "text": "see"},
                {"type": "image_url", "image_url": {"url": "https://h/i.png", "detail": "low"}}]},
            {"role": "assistant", "content": "so", "tool_calls": [
                {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}},
                {"id": "2", "type": "function", "function": {"name": "g", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": "1", "content": "one"},
            {"role": "tool", "tool_call_id": "2", "content": "two"},
            {"role": "user", "content": [
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}]}]),
    );
    input(
        json!([{"role": "user", "content": [{"type": "input_file", "filename": "a.pdf",
            "file_data": "data:application/pdf;base64,AA=="}]}]),
        json!([{"role": "user", "content": [{"type": "file",
            "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AA=="}}]}]),
    );
    let found = chat(
        Responses,
        &request(json!({"instructions": "be kind",
        "input": [{"role": "system", "content": "be short"}, {"role": "user", "content": "hi"}]})),
    );
    let expected = json!([{"role": "system", "content": "be kind\n\nbe short"},
        {"role": "user", "content": "hi"}]);
    assert_eq!(found["messages"], expected);
}

#[test]
fn reasoning_goes_back_to_whom_it_came_from() {
    let sent = |reasoning: Value| {
        let found = chat(
            Responses,
            &request(json!({"input": [{"role": "user", "content": "hi"}, reasoning,
            {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "1", "output": "one"}]})),
        );
        found["messages"][1].clone()
    };
    let packed = |text: &str| json!({"type": "reasoning", "id": "rs", "summary": [], "encrypted_content": text});
    assert_eq!(sent(packed("signalbox:reasoning:hm"))["reasoning"], json!("hm"));
    assert_eq!(sent(packed("gAAAAAB")).get("reasoning_content"), None);
    let open = json!({"type": "reasoning", "id": "rs", "summary": [],
        "content": [{"type": "reasoning_text", "text": "hm"}]});
    assert_eq!(sent(open)["reasoning_content"], json!("hm"));
    let summary = json!([{"type": "summary_text", "text": "hm"}]);
    for content in [json!(null), json!([])] {
        let summed_up =
            json!({"type": "reasoning", "id": "rs", "summary": summary, "content": content});
        assert_eq!(sent(summed_up)["reasoning_content"], json!("hm"));
    }
    assert_eq!(sent(json!({"type": "reasoning", "summary": []})).get("reasoning_content"), None);
}

#[test]
fn what_cannot_be_said() {
    refused(json!({"input": null}), "input: is missing");
    refused(json!({"input": 7}), "input: must be a list");
    refused(
        json!({"previous_response_id": "resp_1"}),
        "previous_response_id: answers are not stored here; send the whole conversation as `input`",
    );
    refused(json!({"conversation": "conv_1"}), "conversation: conversations are not stored here");
    refused(json!({"background": true}), "background: answers are not made in the background here");
    refused(json!({"prompt": {"id": "p"}}), "prompt: prompts are not stored here");
    refused(
        json!({"input": [{"type": "item_reference", "id": "i"}]}),
        "input.0: answers are not stored here; send the item itself",
    );
    refused(
        json!({"input": [{"type": "computer_call_output"}]}),
        "input.0: an item of type `computer_call_output`",
    );
    refused(
        json!({"input": [{"role": "user", "content": [{"type": "input_file", "file_id": "f"}]}]}),
        "input.0.content.0: files are not stored here",
    );
    let function = json!({"type": "function", "name": "f"});
    for kind in ["file_search", "code_interpreter", "mcp", "computer", "web_search"] {
        let tools = json!([{"type": kind}]);
        refused(json!({"tools": tools}), &format!("tools.0: the tool `{kind}` is OpenAI's own"));
        let choice = json!({"tools": [function], "tool_choice": {"type": kind}});
        refused(choice, &format!("tool_choice: the tool `{kind}` is OpenAI's own"));
    }
    refused(
        json!({"tools": [function, {"type": "file_search"}]}),
        "tools.1: the tool `file_search` is OpenAI's own",
    );
    refused(
        json!({"text": {"format": {"type": "grammar"}}}),
        "text.format: unknown type `grammar`",
    );
    refused(json!({"input": [{"role": "tool", "content": "x"}]}), "input.0: unknown role `tool`");
}
