//! What clients of responses get.

use serde_json::{Value, json};
use translate::Protocol::Responses;

use crate::{
    streams,
    support::{all, events, translation},
};

fn plain() -> Value {
    json!({"model": "m", "input": "hi", "stream": true})
}

/// An event as `type` without `response.`, and what it carries, without where that belongs.
fn told(event: &Value) -> String {
    let kind = event["type"].as_str().expect("a type").trim_start_matches("response.");
    let carried = ["delta", "text", "arguments", "input", "refusal"]
        .into_iter()
        .find_map(|name| event.get(name));
    let carried =
        carried.or_else(|| event.pointer("/item/type")).or_else(|| event.pointer("/part/type"));
    carried.map_or_else(
        || kind.to_owned(),
        |carried| format!("{kind} {}", carried.as_str().expect("a text")),
    )
}

#[track_caller]
fn check(request: &Value, provider: &str, expected: &[&str]) -> Vec<Value> {
    let mut stream = translation(Responses, request).stream();
    let events = all(&mut stream, provider);
    let found: Vec<String> = events.iter().map(told).collect();
    assert_eq!(found, expected);
    for (number, event) in events.iter().enumerate() {
        assert_eq!(event["sequence_number"], json!(number), "{event}");
    }
    assert!(stream.is_over());
    events
}

#[test]
fn a_text_and_two_tools() {
    let events = check(
        &plain(),
        streams::OPENAI_TOOLS,
        &[
            "created",
            "in_progress",
            "output_item.added message",
            "content_part.added output_text",
            "output_text.delta Let me ",
            "output_text.delta look.",
            "output_text.done Let me look.",
            "content_part.done output_text",
            "output_item.done message",
            "output_item.added function_call",
            "function_call_arguments.delta {\"city\":",
            "function_call_arguments.delta \"Bern\"}",
            "function_call_arguments.done {\"city\":\"Bern\"}",
            "output_item.done function_call",
            "output_item.added function_call",
            "function_call_arguments.delta {}",
            "function_call_arguments.done {}",
            "output_item.done function_call",
            "completed",
        ],
    );
    assert_eq!(
        events[4],
        json!({"type": "response.output_text.delta", "sequence_number": 4,
        "item_id": "msg_1_0", "output_index": 0, "content_index": 0, "delta": "Let me ", "logprobs": []})
    );
    assert_eq!(
        events[9],
        json!({"type": "response.output_item.added", "sequence_number": 9, "output_index": 1,
        "item": {"id": "fc_1_1", "type": "function_call", "status": "in_progress", "call_id": "call_a",
            "name": "weather", "arguments": ""}})
    );
    let response = &events[18]["response"];
    assert_eq!(response["status"], "completed");
    assert_eq!(response["model"], "gpt-4o-2024-08-06");
    assert_eq!(
        response["usage"],
        json!({"input_tokens": 20, "input_tokens_details": {"cached_tokens": 8, "cache_write_tokens": 0},
        "output_tokens": 9, "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 29})
    );
    let items: Vec<&Value> =
        [8, 13, 17].iter().map(|place: &usize| &events[*place]["item"]).collect();
    assert_eq!(response["output"], json!(items));
}

#[test]
fn reasoning_is_an_item_of_its_own() {
    let expected = [
        "created",
        "in_progress",
        "output_item.added reasoning",
        "content_part.added reasoning_text",
        "reasoning_text.delta Hm",
        "reasoning_text.delta .",
        "reasoning_text.done Hm.",
        "content_part.done reasoning_text",
        "output_item.done reasoning",
        "output_item.added message",
        "content_part.added output_text",
        "output_text.delta Yes",
        "output_text.done Yes",
        "content_part.done output_text",
        "output_item.done message",
        "completed",
    ];
    let events = check(&plain(), streams::REASONING, &expected);
    let item = json!({"id": "rs_1_0", "type": "reasoning", "status": "completed", "summary": [],
        "content": [{"type": "reasoning_text", "text": "Hm."}]});
    assert_eq!(events[8]["item"], item);
    let mut request = plain();
    request["include"] = json!(["reasoning.encrypted_content"]);
    let events = check(&request, streams::REASONING, &expected);
    assert_eq!(events[8]["item"]["encrypted_content"], "signalbox:reasoning_content:Hm.");
}

#[test]
fn reasoning_is_its_own_summary_for_who_asks_for_one() {
    for asked in [json!({"summary": "auto"}), json!({"generate_summary": "concise"})] {
        let mut request = plain();
        request["reasoning"] = asked;
        let expected = [
            "created",
            "in_progress",
            "output_item.added reasoning",
            "reasoning_summary_part.added summary_text",
            "reasoning_summary_text.delta Hm",
            "reasoning_summary_text.delta .",
            "reasoning_summary_text.done Hm.",
            "reasoning_summary_part.done summary_text",
            "output_item.done reasoning",
        ];
        let mut stream = translation(Responses, &request).stream();
        let mut events = all(&mut stream, streams::REASONING);
        events.truncate(expected.len());
        assert_eq!(events.iter().map(told).collect::<Vec<_>>(), expected);
        for event in &events[3..8] {
            assert_eq!((&event["item_id"], &event["summary_index"]), (&json!("rs_1_0"), &json!(0)));
            assert_eq!(event.get("content_index"), None, "{event}");
        }
        let item = json!({"id": "rs_1_0", "type": "reasoning", "status": "completed",
            "summary": [{"type": "summary_text", "text": "Hm."}]});
        assert_eq!(events[8]["item"], item);
        request["include"] = json!(["reasoning.encrypted_content"]);
        let chat = json!({"choices": [{"message": {"content": "hi", "reasoning": "hm"}}]});
        let response = translation(Responses, &request).answer(&chat).expect("an answer");
        let item = &response["output"][0];
        assert_eq!(item["summary"], json!([{"type": "summary_text", "text": "hm"}]));
        assert_eq!(item["encrypted_content"], "signalbox:reasoning:hm");
    }
}

#[test]
fn a_custom_tool_gets_its_input() {
    let mut request = plain();
    request["tools"] = json!([{"type": "custom", "name": "f"}]);
    let stream = streams::CUT_SHORT
        .replace(r#""arguments":"{\"a\":""#, r#""arguments":"{\"input\":\"a b\"}""#)
        .replace("\"length\"", "\"tool_calls\"");
    let events = check(
        &request,
        &stream,
        &[
            "created",
            "in_progress",
            "output_item.added custom_tool_call",
            "custom_tool_call_input.delta a b",
            "custom_tool_call_input.done a b",
            "output_item.done custom_tool_call",
            "completed",
        ],
    );
    assert_eq!(
        events[5]["item"],
        json!({"id": "ctc_1_0", "type": "custom_tool_call", "status": "completed",
        "call_id": "c", "name": "f", "input": "a b"})
    );
}

#[test]
fn a_function_of_a_namespace_is_called_by_its_own_name() {
    let request = json!({"model": "m", "input": "hi", "tools": [{"type": "namespace", "name": "agents",
        "tools": [{"type": "function", "name": "spawn"}]}]});
    let call = json!({"id": "c", "type": "function", "function": {"name": "agents__spawn", "arguments": "{}"}});
    let chat = json!({"choices": [{"message": {"content": null, "tool_calls": [call]}}]});
    let response = translation(Responses, &request).answer(&chat).expect("an answer");
    assert_eq!(
        response["output"],
        json!([{"id": "fc_1_0", "type": "function_call", "status": "completed",
        "call_id": "c", "name": "spawn", "arguments": "{}", "namespace": "agents"}])
    );
}

#[test]
fn what_is_cut_short_is_incomplete() {
    let events = check(
        &plain(),
        streams::CUT_SHORT,
        &[
            "created",
            "in_progress",
            "output_item.added function_call",
            "function_call_arguments.delta {\"a\":",
            "function_call_arguments.done {\"a\":",
            "output_item.done function_call",
            "incomplete",
        ],
    );
    assert_eq!(events[5]["item"]["status"], "incomplete");
    assert_eq!(events[6]["response"]["incomplete_details"], json!({"reason": "max_output_tokens"}));
}

#[test]
fn an_error_in_the_middle_is_a_failure() {
    let events = check(
        &plain(),
        streams::OPENROUTER_ERROR,
        &[
            "created",
            "in_progress",
            "output_item.added message",
            "content_part.added output_text",
            "output_text.delta Par",
            "failed",
        ],
    );
    let error = json!({"message": "Provider disconnected", "type": null, "param": null,
        "code": "server_error"});
    assert_eq!(events[5]["response"]["error"], error);
    assert_eq!(events[5]["response"]["status"], "failed");
}

#[test]
fn a_stream_that_breaks_off_fails_even_before_it_began() {
    let mut stream = translation(Responses, &plain()).stream();
    assert!(all(&mut stream, ": wait\n\n").is_empty());
    let events = events(&stream.fail(504, "too slow"));
    assert_eq!(events.iter().map(told).collect::<Vec<_>>(), ["created", "in_progress", "failed"]);
    assert_eq!(events[2]["response"]["error"]["message"], "too slow");
    assert!(stream.has_failed());
}

#[test]
fn a_whole_answer() {
    let request = json!({"model": "m", "input": "hi", "instructions": "be kind", "metadata": {"a": "b"},
        "max_output_tokens": 9});
    let chat = json!({"id": "c", "model": "up", "choices": [{"finish_reason": "stop", "message":
        {"role": "assistant", "content": "hi", "reasoning": "hm", "tool_calls": []}}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}});
    let response = translation(Responses, &request).answer(&chat).expect("an answer");
    let expected = json!({"id": "resp_1", "object": "response", "created_at": 1_700_000_000,
        "completed_at": 1_700_000_000, "status": "completed",
        "background": false, "error": null, "incomplete_details": null, "model": "up",
        "output": [
            {"id": "rs_1_0", "type": "reasoning", "status": "completed", "summary": [],
                "content": [{"type": "reasoning_text", "text": "hm"}]},
            {"id": "msg_1_1", "type": "message", "status": "completed", "role": "assistant",
                "content": [{"type": "output_text", "text": "hi", "annotations": [], "logprobs": []}]}],
        "previous_response_id": null, "service_tier": "default", "store": false, "truncation": "disabled",
        "usage": {"input_tokens": 3, "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0}, "output_tokens": 2,
            "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 5},
        "frequency_penalty": 0.0, "presence_penalty": 0.0, "top_logprobs": 0, "user": null,
        "instructions": "be kind", "max_output_tokens": 9, "max_tool_calls": null, "metadata": {"a": "b"},
        "parallel_tool_calls": true, "prompt_cache_key": null, "reasoning": {"effort": null, "summary": null},
        "safety_identifier": null, "temperature": 1.0, "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "tool_choice": "auto", "tools": [], "top_p": 1.0});
    assert_eq!(response, expected);
}
