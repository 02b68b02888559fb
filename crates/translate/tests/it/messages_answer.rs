//! What Anthropic's clients get.

use serde_json::{Value, json};
use translate::Protocol::Messages;

use crate::{
    streams,
    support::{all, events, translation},
};

/// A request that does not want to see what the model thinks.
fn thoughtless() -> Value {
    let mut request = plain();
    request["thinking"] = json!({"type": "disabled"});
    request
}

fn plain() -> Value {
    json!({"model": "m", "max_tokens": 9, "stream": true, "stop_sequences": ["END"],
        "messages": [{"role": "user", "content": "hi"}]})
}

#[track_caller]
fn check(request: &Value, provider: &str, expected: &Value) {
    let mut stream = translation(Messages, request).stream();
    let found = all(&mut stream, provider);
    assert_eq!(json!(found), *expected, "{}", serde_json::to_string_pretty(&found).expect("JSON"));
    assert!(stream.is_over());
}

fn start(model: &str) -> Value {
    json!({"type": "message_start", "message": {"id": "msg_1", "type": "message", "role": "assistant",
        "model": model, "content": [], "stop_reason": null, "stop_sequence": null,
        "usage": {"input_tokens": 0, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
            "output_tokens": 0, "output_tokens_details": {"thinking_tokens": 0}}}})
}

fn begin(index: u64, block: Value) -> Value {
    json!({"type": "content_block_start", "index": index, "content_block": block})
}

fn delta(index: u64, delta: Value) -> Value {
    json!({"type": "content_block_delta", "index": index, "delta": delta})
}

fn text(index: u64, text: &str) -> Value {
    delta(index, json!({"type": "text_delta", "text": text}))
}

fn input(index: u64, text: &str) -> Value {
    delta(index, json!({"type": "input_json_delta", "partial_json": text}))
}

fn tool(index: u64, id: &str, name: &str) -> Value {
    begin(index, json!({"type": "tool_use", "id": id, "name": name, "input": {}}))
}

fn stop(index: u64) -> Value {
    json!({"type": "content_block_stop", "index": index})
}

fn end(reason: &str, input: u64, cached: u64, output: u64, thinking: u64) -> [Value; 2] {
    [
        json!({"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": null},
            "usage": {"input_tokens": input, "cache_creation_input_tokens": 0,
                "cache_read_input_tokens": cached, "output_tokens": output, "output_tokens_details": {"thinking_tokens": thinking}}}),
        json!({"type": "message_stop"}),
    ]
}

#[test]
fn a_text_and_two_tools() {
    let [last, over] = end("tool_use", 12, 8, 9, 0);
    check(
        &plain(),
        streams::OPENAI_TOOLS,
        &json!([
            start("gpt-4o-2024-08-06"),
            begin(0, json!({"type": "text", "text": ""})),
            text(0, "Let me "),
            text(0, "look."),
            stop(0),
            tool(1, "call_a", "weather"),
            input(1, "{\"city\":"),
            input(1, "\"Bern\"}"),
            stop(1),
            tool(2, "call_b", "time"),
            input(2, "{}"),
            stop(2),
            last,
            over
        ]),
    );
}

#[test]
fn thinking_is_shown_unless_it_is_not_wanted() {
    let [last, over] = end("end_turn", 7, 0, 5, 3);
    let thought = |text: &str| delta(0, json!({"type": "thinking_delta", "thinking": text}));
    let seal = json!({"type": "signature_delta", "signature": "signalbox:reasoning_content"});
    check(
        &plain(),
        streams::REASONING,
        &json!([
            start("deepseek-reasoner"),
            begin(0, json!({"type": "thinking", "thinking": "", "signature": ""})),
            thought("Hm"),
            thought("."),
            delta(0, seal),
            stop(0),
            begin(1, json!({"type": "text", "text": ""})),
            text(1, "Yes"),
            stop(1),
            last.clone(),
            over.clone()
        ]),
    );
    check(
        &thoughtless(),
        streams::REASONING,
        &json!([
            start("deepseek-reasoner"),
            begin(0, json!({"type": "text", "text": ""})),
            text(0, "Yes"),
            stop(0),
            last,
            over
        ]),
    );
}

#[test]
fn an_error_in_the_middle_ends_the_stream() {
    check(
        &plain(),
        streams::OPENROUTER_ERROR,
        &json!([start("org/m"), begin(0, json!({"type": "text", "text": ""})), text(0, "Par"),
            {"type": "error", "error": {"type": "api_error", "message": "Provider disconnected"}}]),
    );
}

#[test]
fn calls_without_ids_get_some() {
    let [last, over] = end("tool_use", 5, 0, 11, 0);
    check(
        &plain(),
        streams::GEMINI_CALLS,
        &json!([
            start("gemini-2.5-flash"),
            tool(0, "toolu_1_0", "weather"),
            input(0, "{\"city\":\"Bern\"}"),
            stop(0),
            tool(1, "toolu_1_1", "weather"),
            input(1, "{\"city\":\"Rome\"}"),
            stop(1),
            last,
            over
        ]),
    );
}

#[test]
fn what_is_cut_short_says_so() {
    let [last, over] = end("max_tokens", 0, 0, 0, 0);
    check(
        &plain(),
        streams::CUT_SHORT,
        &json!([start("m"), tool(0, "c", "f"), input(0, "{\"a\":"), stop(0), last, over]),
    );
}

#[test]
fn a_stream_that_breaks_off_ends_in_an_error() {
    let mut stream = translation(Messages, &plain()).stream();
    let half = &streams::REASONING[..streams::REASONING.len() - 400];
    assert_eq!(all(&mut stream, half).len(), 4);
    assert!(!stream.is_over());
    let error = json!([{"type": "error", "error": {"type": "api_error", "message": "cut"}}]);
    assert_eq!(json!(events(&stream.fail(502, "cut"))), error);
    assert!(stream.is_over() && stream.has_failed());
    assert!(stream.fail(502, "again").is_empty());
}

#[test]
fn a_refusal_is_why_a_stream_stopped() {
    let chunk = |delta: Value, finish: Value| {
        format!("data: {}\n\n", json!({"choices": [{"delta": delta, "finish_reason": finish}]}))
    };
    let provider = [
        chunk(json!({"refusal": "I can"}), Value::Null),
        chunk(json!({"refusal": "not."}), Value::Null),
        chunk(json!({}), json!("stop")),
        "data: [DONE]\n\n".to_owned(),
    ];
    let [last, over] = end("refusal", 0, 0, 0, 0);
    let begun = begin(0, json!({"type": "text", "text": ""}));
    let told = [start("m"), begun, text(0, "I can"), text(0, "not."), stop(0), last, over];
    check(&plain(), &provider.concat(), &json!(told));
}

#[test]
fn each_chunk_is_told_at_once() {
    let mut stream = translation(Messages, &plain()).stream();
    let told = streams::OPENAI_TOOLS.split_inclusive("\n\n").map(|chunk| {
        let told = events(&stream.feed(chunk.as_bytes()));
        told.len()
    });
    assert_eq!(told.collect::<Vec<_>>(), [1, 2, 1, 2, 1, 1, 2, 1, 1, 0, 2]);
}

#[test]
fn pings_are_events() {
    let stream = translation(Messages, &plain()).stream();
    assert_eq!(events(stream.ping()), [json!({"type": "ping"})]);
}

#[track_caller]
fn whole(request: &Value, choice: &Value, content: &Value, reason: &str) {
    let chat = json!({"id": "c", "model": "up", "choices": [choice],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}});
    let message = translation(Messages, request).answer(&chat).expect("an answer");
    let stop_sequence = if reason == "stop_sequence" { json!("END") } else { Value::Null };
    let expected = json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "up",
        "content": content, "stop_reason": reason, "stop_sequence": stop_sequence,
        "usage": {"input_tokens": 3, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
            "output_tokens": 2, "output_tokens_details": {"thinking_tokens": 0}}});
    assert_eq!(message, expected);
}

#[test]
fn whole_answers() {
    let says = |message: Value, finish: &str| json!({"message": message, "finish_reason": finish});
    let hi = json!([{"type": "text", "text": "hi"}]);
    whole(&plain(), &says(json!({"content": "hi"}), "stop"), &hi, "end_turn");
    whole(&plain(), &says(json!({"content": "hi"}), "length"), &hi, "max_tokens");
    whole(&plain(), &says(json!({"content": "hi"}), "content_filter"), &hi, "refusal");
    whole(&plain(), &says(json!({"refusal": "hi"}), "stop"), &hi, "refusal");
    whole(&plain(), &says(json!({"content": ""}), "stop"), &json!([]), "end_turn");
    whole(&plain(), &says(json!({"content": "hi"}), "refusal"), &hi, "refusal");
    whole(&plain(), &says(json!({"refusal": "hi"}), "length"), &hi, "max_tokens");
    let stopped =
        json!({"message": {"content": "hi"}, "finish_reason": "stop", "stop_reason": "END"});
    whole(&plain(), &stopped, &hi, "stop_sequence");
    let thought = json!({"content": "hi", "reasoning": "hm"});
    whole(&thoughtless(), &says(thought.clone(), "stop"), &hi, "end_turn");
    whole(
        &plain(),
        &says(thought, "stop"),
        &json!([{"type": "thinking", "thinking": "hm", "signature": "signalbox:reasoning"},
            {"type": "text", "text": "hi"}]),
        "end_turn",
    );
    let call = |arguments: &str| {
        json!({"content": null, "tool_calls": [{"id": "c", "type": "function",
            "function": {"name": "f", "arguments": arguments}}]})
    };
    let used = |input: Value| json!([{"type": "tool_use", "id": "c", "name": "f", "input": input}]);
    whole(&plain(), &says(call("{\"a\":1}"), "tool_calls"), &used(json!({"a": 1})), "tool_use");
    whole(&plain(), &says(call("{}"), "stop"), &used(json!({})), "tool_use");
    whole(&plain(), &says(call(""), "stop"), &used(json!({})), "tool_use");
    let broken = used(json!({"INVALID_JSON": "{\"a\":"}));
    whole(&plain(), &says(call("{\"a\":"), "length"), &broken, "max_tokens");
}

#[test]
fn an_error_in_place_of_an_answer() {
    let answer = json!({"error": {"message": "no", "code": 429}});
    let failure = translation(Messages, &plain()).answer(&answer).expect_err("a failure");
    assert_eq!((failure.message.as_str(), failure.status), ("no", Some(429)));
}

#[test]
fn a_stream_that_nobody_asked_for() {
    let translation = translation(Messages, &plain());
    let message =
        translation.answer_to_stream(streams::OPENAI_TOOLS.as_bytes()).expect("an answer");
    let names: Vec<&Value> =
        [0, 1, 2].iter().map(|place: &usize| &message["content"][*place]["type"]).collect();
    assert_eq!(names, ["text", "tool_use", "tool_use"]);
    let half = &streams::REASONING.as_bytes()[..400];
    let failure = translation.answer_to_stream(half).expect_err("a failure");
    assert_eq!(failure.message, "the answer lacks its end");
}
