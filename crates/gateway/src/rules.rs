//! What holds for whatever a provider streams and a caller asks. The fuzzer holds the modules to it, too.

use bytes::Bytes;
use serde_json::Value;

use crate::{
    dialect::Dialect,
    document::Document,
    findings::{Findings, Tokens},
    half_event::HalfEvent,
    position::Position,
    scan::{Found, Scanner},
};

/// Of what is longer the scanner may give up what it has begun, depending on how it comes.
const LONGEST: usize = 4_000;

/// However a stream comes, the same is found in it.
pub(crate) fn assert_same(whole: &[u8], chunks: &[&[u8]]) {
    if whole.len() > LONGEST {
        return;
    }
    for new in [|| Findings::of_event_stream(Dialect::Responses), Findings::of_document] {
        assert_eq!(found(new(), chunks), found(new(), &[whole]), "in {chunks:?}");
    }
    assert_eq!(position(chunks), position(&[whole]), "in {chunks:?}");
}

fn found(mut findings: Findings, chunks: &[&[u8]]) -> (Tokens, bool, bool, Option<String>) {
    chunks.iter().for_each(|chunk| findings.read(chunk));
    let error = findings.error().map(str::to_owned);
    (findings.tokens(), findings.is_over(), findings.is_finished(), error)
}

fn position(chunks: &[&[u8]]) -> Position {
    chunks.iter().fold(Position::BetweenEvents, |position, chunk| position.after(chunk))
}

/// What is told of a stream that breaks off.
const ERROR: &[u8] = br#"{"error":{"message":"cut"}}"#;
const EVENT: &[u8] = b"data: {\"error\":{\"message\":\"cut\"}}\n\n";

/// Wherever a stream breaks off, and however it came: if an error is put into it, that is the last event of a stream
/// whose lines and characters are whole.
pub(crate) fn assert_ended(whole: &[u8], chunks: &[&[u8]]) {
    if whole.len() > LONGEST {
        return;
    }
    let end = end_of(&[whole]);
    assert_eq!(end_of(chunks), end, "after {chunks:?}");
    let Some(end) = end else { return };
    let told = [whole, &end].concat();
    assert_eq!(position(&[&told]), Position::BetweenEvents, "after {chunks:?}");
    let is_text =
        std::str::from_utf8(whole).map_or_else(|error| error.error_len().is_none(), |_| true);
    let Ok(told) = std::str::from_utf8(&told) else { return assert!(!is_text, "after {chunks:?}") };
    let last: Value = serde_json::from_str(&last_event(told)).expect("JSON");
    assert_eq!(last["error"]["message"], "cut", "after {chunks:?}");
}

fn end_of(chunks: &[&[u8]]) -> Option<Vec<u8>> {
    let (mut position, mut half) = (Position::BetweenEvents, HalfEvent::default());
    for chunk in chunks {
        position = position.after(chunk);
        if position == Position::BetweenEvents { half.clear() } else { half.read(chunk) }
    }
    if position == Position::BetweenEvents { Some(EVENT.to_vec()) } else { half.end(ERROR, EVENT) }
}

/// The data of the last event that has some.
fn last_event(stream: &str) -> String {
    let (mut last, mut data) = (String::new(), Vec::new());
    for line in stream.replace("\r\n", "\n").replace('\r', "\n").lines() {
        match line.strip_prefix("data:") {
            Some(more) => data.push(more.to_owned()),
            None if line.is_empty() && !data.is_empty() => {
                last = std::mem::take(&mut data).join("\n")
            }
            None => {}
        }
    }
    last
}

/// In one JSON document, each member of such a name is found whose value is an object, and nothing else.
pub(crate) fn assert_members(bytes: &[u8]) {
    if bytes.len() > LONGEST {
        return;
    }
    let Ok(document) = serde_json::from_slice::<Value>(bytes) else { return };
    let mut expected = Vec::new();
    collect(&document, &mut expected);
    // A name may be written in another way, stand there twice, or be a text.
    let text = String::from_utf8_lossy(bytes);
    let written = ["\"usage\"", "\"timings\"", "\"error\""].map(|name| text.matches(name).count());
    if written.iter().sum::<usize>() != expected.len() {
        return;
    }
    expected.retain(Value::is_object);
    let mut found = Vec::new();
    Scanner::of_document().scan(bytes, |one| match one {
        Found::Usage(value) | Found::Timings(value) | Found::Error(value) => {
            found.push(serde_json::from_slice(value).unwrap_or(Value::Null));
        }
        Found::ErrorObject(_) | Found::ErrorEvent(_) => {}
        Found::Choices(_) | Found::Finished => {}
        Found::LastEvent | Found::LastLine | Found::EventNumber(_) => {}
    });
    assert_eq!(found, expected, "in {text}");
}

fn collect(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            if matches!(name.as_str(), "usage" | "timings" | "error") {
                found.push(value.clone());
            }
            collect(value, found);
        }),
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

/// A body that is taken is passed on as it came, but for its model.
pub(crate) fn assert_passed_on(body: &[u8]) {
    let Ok(document) = Document::parse(Bytes::copy_from_slice(body)) else { return };
    assert_eq!(document.bytes(None), body);
    let name = "new \"m\"";
    let renamed = document.bytes(Some(name));
    let again = Document::parse(renamed.clone()).expect("it is still a body");
    assert_eq!(again.model(), Some(name));
    assert_eq!(again.is_stream(), document.is_stream());
    // What is nested too deeply for this is not looked at any closer.
    let Ok(Value::Object(mut expected)) = serde_json::from_slice(body) else { return };
    expected.insert("model".to_owned(), Value::from(name));
    let found: Value = serde_json::from_slice(&renamed).expect("JSON");
    assert_eq!(found, Value::Object(expected));
}
