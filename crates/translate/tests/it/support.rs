//! What the tests share.

use serde_json::{Map, Value};
use translate::{Protocol, Stream, Translation};

pub(crate) fn object(value: &Value) -> &Map<String, Value> {
    value.as_object().expect("an object")
}

pub(crate) fn translation(protocol: Protocol, request: &Value) -> Translation {
    Translation::try_new(protocol, object(request), "1".to_owned(), || 1_700_000_000)
        .unwrap_or_else(|fault| panic!("{fault}: {request}"))
}

/// The request for a chat completion.
pub(crate) fn chat(protocol: Protocol, request: &Value) -> Value {
    serde_json::from_str(&translation(protocol, request).chat()).expect("JSON")
}

/// Why a request is refused.
pub(crate) fn fault(protocol: Protocol, request: &Value) -> String {
    match Translation::try_new(protocol, object(request), String::new(), || 0) {
        Ok(_) => panic!("{request} was accepted"),
        Err(fault) => fault.to_string(),
    }
}

/// The data of each event, whose name is the data's type.
pub(crate) fn events(bytes: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(bytes).expect("text");
    let events = text.split_terminator("\n\n").filter(|event| !event.starts_with(':'));
    let data = events.map(|event| {
        let (name, data) = event.split_once('\n').expect("two lines");
        let data: Value =
            serde_json::from_str(data.strip_prefix("data: ").expect("data")).expect("JSON");
        assert_eq!(name.strip_prefix("event: "), data["type"].as_str(), "{event}");
        data
    });
    data.collect()
}

/// All that a stream tells of a provider's, up to its proper end.
pub(crate) fn all(stream: &mut Stream, provider: &str) -> Vec<Value> {
    let mut bytes = stream.feed(provider.as_bytes());
    bytes.extend(stream.finish());
    events(&bytes)
}
