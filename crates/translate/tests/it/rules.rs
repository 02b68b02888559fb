//! What holds for whatever a provider streams and a caller asks. The fuzzer holds the crate to it, too.

use serde_json::{Map, Value, json};
use translate::{Protocol, Translation, count_tokens};

/// Both of them.
pub(crate) const PROTOCOLS: [Protocol; 2] = [Protocol::Messages, Protocol::Responses];

/// However a stream comes, the same is told of it, in an order that clients can follow.
pub(crate) fn assert_told(protocol: Protocol, whole: &[u8], chunks: &[&[u8]]) {
    let (events, ended_well) = told(protocol, &[whole]);
    assert_eq!(told(protocol, chunks), (events.clone(), ended_well), "in {chunks:?}");
    match protocol {
        Protocol::Messages => assert_messages(&events),
        Protocol::Responses => assert_responses(&events),
    }
}

/// All that a caller is told, and whether that was all before the stream was given up.
fn told(protocol: Protocol, chunks: &[&[u8]]) -> (Vec<Value>, bool) {
    let request = match protocol {
        Protocol::Messages => {
            json!({"max_tokens": 9, "messages": [{"role": "user", "content": "hi"}], "thinking": {"type": "adaptive"}})
        }
        Protocol::Responses => json!({"input": "hi"}),
    };
    let request = request.as_object().expect("an object");
    let translation = Translation::try_new(protocol, request, "1".to_owned(), || 1);
    let mut stream = translation.expect("a request").stream();
    let mut bytes: Vec<u8> = chunks.iter().flat_map(|chunk| stream.feed(chunk)).collect();
    bytes.extend(stream.finish());
    let is_over = stream.is_over();
    bytes.extend(stream.fail(502, "it ended too soon"));
    assert!(stream.is_over());
    assert!(stream.feed(b"data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n").is_empty());
    (crate::support::events(&bytes), is_over)
}

/// One block is open at a time; the last event is the end, or says what went wrong.
fn assert_messages(events: &[Value]) {
    let mut open = None;
    for event in events {
        let index = event.get("index");
        match event["type"].as_str() {
            Some("content_block_start") => assert_eq!(open.replace(index), None, "{events:?}"),
            Some("content_block_delta") => assert_eq!(open, Some(index), "{events:?}"),
            Some("content_block_stop") => assert_eq!(open.take(), Some(index), "{events:?}"),
            _ => {}
        }
    }
    let first = events.first().map(|event| &event["type"]);
    match events.last().and_then(|event| event["type"].as_str()) {
        Some("error") => {}
        Some("message_stop") => {
            assert!(open.is_none() && first == Some(&json!("message_start")), "{events:?}");
        }
        _ => panic!("an answer without an end: {events:?}"),
    }
}

/// Events are numbered, items are open one after the other; the last event is one of three.
fn assert_responses(events: &[Value]) {
    for (number, event) in events.iter().enumerate() {
        assert_eq!(event["sequence_number"], number, "{events:?}");
    }
    let is = |event: &Value, name: &str| event["type"] == format!("response.output_item.{name}");
    let (mut added, mut done) = (0, 0);
    for event in events {
        added += usize::from(is(event, "added"));
        done += usize::from(is(event, "done"));
        assert!(added == done || added == done + 1, "{events:?}");
    }
    let last = events.last().and_then(|event| event["type"].as_str()).unwrap_or_default();
    let is_whole = matches!(last, "response.completed" | "response.incomplete");
    assert!(is_whole || matches!(last, "response.failed" | "error"), "{events:?}");
    assert!(!is_whole || added == done, "{events:?}");
}

/// A request that is taken becomes one for a chat completion; tokens are counted of what can be
/// asked, and need no limit of an answer.
pub(crate) fn assert_asked(body: &[u8]) {
    let Ok(Value::Object(request)) = serde_json::from_slice(body) else { return };
    let messages = PROTOCOLS.map(|protocol| is_taken(protocol, &request))[0];
    let has_limit = request.get("max_tokens").is_some_and(|limit| !limit.is_null());
    assert_eq!(count_tokens(&request).is_ok() && has_limit, messages);
}

fn is_taken(protocol: Protocol, request: &Map<String, Value>) -> bool {
    let Ok(translation) = Translation::try_new(protocol, request, "1".to_owned(), || 1) else {
        return false;
    };
    for chat in [translation.chat(), translation.chat_for_openai()] {
        let chat: Value = serde_json::from_str(&chat).expect("JSON");
        assert!(chat["messages"].is_array(), "{chat}");
        assert_eq!(chat["stream"] == Value::Bool(true), translation.wants_stream());
    }
    true
}
