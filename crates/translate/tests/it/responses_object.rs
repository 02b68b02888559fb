//! What a response says of itself and repeats of its request, whole or within an event.

use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};
use translate::{Protocol::Responses, Translation};

use crate::{
    streams,
    support::{all, object, translation},
};

fn asking(members: Value) -> Value {
    let mut request = json!({"model": "m", "input": "hi", "stream": true});
    let fields = request.as_object_mut().expect("an object");
    fields.extend(object(&members).clone());
    request
}

/// The response that is told to a whole answer.
fn response(members: Value) -> Value {
    let chat = json!({"choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}]});
    translation(Responses, &asking(members)).answer(&chat).expect("an answer")
}

#[track_caller]
fn repeats(asked: Value, name: &str, expected: &Value) {
    assert_eq!(response(asked)[name], *expected);
}

#[test]
fn what_was_asked_is_repeated_with_what_it_leaves_open() {
    let chosen = json!({"presence_penalty": 0.5, "frequency_penalty": -0.5, "user": "u"});
    for (name, value) in object(&chosen) {
        repeats(chosen.clone(), name, value);
    }
    repeats(
        json!({"reasoning": {"effort": "low", "summary": null}}),
        "reasoning",
        &json!({"effort": "low", "summary": null}),
    );
    repeats(
        json!({"text": {"verbosity": "low"}}),
        "text",
        &json!({"format": {"type": "text"}, "verbosity": "low"}),
    );
}

#[test]
fn functions_are_repeated_with_all_that_can_be_said_of_them() {
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}});
    let whole = json!({"type": "function", "name": "f", "description": "d", "parameters": schema,
        "strict": true});
    let custom = json!({"type": "custom", "name": "c", "format": {"type": "text"}});
    repeats(
        json!({"tools": [whole, {"type": "function", "name": "g", "strict": null}, custom]}),
        "tools",
        &json!([whole, {"type": "function", "name": "g", "description": null, "parameters": null,
            "strict": false}, custom]),
    );
}

#[test]
fn every_response_in_a_stream_has_all_its_members() {
    let whole = response(json!({}));
    let names: Vec<&String> = object(&whole).keys().collect();
    let mut ends = Vec::new();
    for stream in streams::ALL {
        let events = all(&mut translation(Responses, &asking(json!({}))).stream(), stream);
        for event in events.iter().filter(|event| event.get("response").is_some()) {
            let response = object(&event["response"]);
            assert_eq!(response.keys().collect::<Vec<_>>(), names, "{event}");
            let is_completed = event["type"] == "response.completed";
            assert_eq!(response["completed_at"].is_u64(), is_completed, "{event}");
        }
        ends.extend(events.last().map(|event| event["type"].clone()));
    }
    for end in ["completed", "incomplete", "failed"] {
        assert!(ends.contains(&json!(format!("response.{end}"))), "{end} of {ends:?}");
    }
}

#[test]
fn it_is_completed_when_its_end_has_come() {
    static NOW: AtomicU64 = AtomicU64::new(100);
    let request = asking(json!({}));
    let clock = || NOW.load(Ordering::Relaxed);
    let asked = Translation::try_new(Responses, object(&request), "1".to_owned(), clock);
    let mut stream = asked.expect("a request").stream();
    NOW.store(107, Ordering::Relaxed);
    let events = all(&mut stream, streams::OPENAI_TOOLS);
    let last = &events.last().expect("an event")["response"];
    assert_eq!((&last["created_at"], &last["completed_at"]), (&json!(100), &json!(107)));
}
