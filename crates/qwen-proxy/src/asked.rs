//! What a caller's request says about streaming, and the same request as a stream.
//!
//! The values of a body are not looked into and travel on as they were written; only the two that
//! are about streaming are written anew.

use bytes::Bytes;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Map, Value, value::RawValue};
use std::{borrow::Cow, fmt};

/// What decides whether a model may refuse to answer in one piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Whether the caller wants a stream.
    pub(crate) stream: bool,
    /// Whether the model is to think, if the caller says.
    pub(crate) thinking: Option<bool>,
}

/// Reads a body; what is not readable asks for nothing.
pub(crate) fn asked(body: &[u8]) -> Asked {
    let members: Members<'_> = serde_json::from_slice(body).unwrap_or_default();
    let truth = |name: &str| members.get(name).and_then(|value| serde_json::from_str(value).ok());
    Asked { stream: truth("stream").unwrap_or(false), thinking: truth("enable_thinking") }
}

/// The same body, asking for a stream that counts its tokens at the end. None: it is not an object.
pub(crate) fn streamed(body: &[u8]) -> Option<Bytes> {
    let mut members: Members<'_> = serde_json::from_slice(body).ok()?;
    let options = members.get("stream_options").and_then(|value| serde_json::from_str(value).ok());
    let mut options: Map<String, Value> = options.unwrap_or_default();
    options.insert("include_usage".to_owned(), Value::Bool(true));
    members.set("stream", "true".to_owned());
    members.set("stream_options", Value::Object(options).to_string());
    Some(members.write(body.len() + 64))
}

/// An object's members, each value as it was written.
#[derive(Default)]
struct Members<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl Members<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| &**value)
    }

    fn set(&mut self, name: &'static str, value: String) {
        self.0.retain(|(found, _)| found != name);
        self.0.push((Cow::Borrowed(name), Cow::Owned(value)));
    }

    fn write(&self, about: usize) -> Bytes {
        let mut text = String::with_capacity(about);
        for (name, value) in &self.0 {
            text.push(if text.is_empty() { '{' } else { ',' });
            text.push_str(&Value::from(&**name).to_string());
            text.push(':');
            text.push_str(value);
        }
        text.push('}');
        Bytes::from(text)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor).map(Members)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Vec<(Cow<'de, str>, Cow<'de, str>)>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            let value: &'de RawValue = map.next_value()?;
            members.push((Cow::Owned(name), Cow::Borrowed(value.get())));
        }
        Ok(members)
    }
}

#[cfg(test)]
mod tests {
    use super::{Asked, asked, streamed};

    #[track_caller]
    fn asks(body: &str, stream: bool, thinking: Option<bool>) {
        assert_eq!(asked(body.as_bytes()), Asked { stream, thinking }, "{body}");
    }

    #[test]
    fn what_is_asked_for() {
        asks("{}", false, None);
        asks(r#"{"stream":true,"enable_thinking":false}"#, true, Some(false));
        asks(r#"{"stream":null,"enable_thinking":"yes"}"#, false, None);
        asks(r#"{"messages":[{"stream":true}],"enable_thinking":true}"#, false, Some(true));
        asks("[]", false, None);
    }

    #[track_caller]
    fn check(body: &str, expected: &str) {
        let written = streamed(body.as_bytes()).expect("an object");
        assert_eq!(String::from_utf8_lossy(&written), expected);
    }

    #[test]
    fn all_else_stays_as_it_was_written() {
        let ends = r#""stream":true,"stream_options":{"include_usage":true}}"#;
        check("{}", &format!("{{{ends}"));
        check(
            r#"{ "model": "m\u00e9", "temperature" :1.50, "seed":12345678901234567890123, "stream" : false, "n":[ 1 ]}"#,
            &format!(
                r#"{{"model":"m\u00e9","temperature":1.50,"seed":12345678901234567890123,"n":[ 1 ],{ends}"#
            ),
        );
        check(
            r#"{"stream_options":{"x":1,"include_usage":false},"a":{}}"#,
            r#"{"a":{},"stream":true,"stream_options":{"x":1,"include_usage":true}}"#,
        );
    }

    #[test]
    fn what_is_no_object_cannot_ask() {
        assert_eq!(streamed(b"[]"), None);
    }
}
