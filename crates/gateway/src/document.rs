//! A caller's JSON object: its bytes as they came, where its model stands in them, and whether it
//! asks for a stream.
//!
//! The bytes are what travels on. Where the upstream calls the model something else, that one
//! value is replaced in them; everything around it stays as the caller wrote it.

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, Visitor},
};
use serde_json::{Value, value::RawValue};
use std::{fmt, ops::Range};

use crate::Refusal;

/// The member that names the model.
const MODEL: &str = "model";

/// The member that asks for a stream.
const STREAM: &str = "stream";

#[derive(Debug)]
pub(crate) struct Document {
    bytes: Bytes,
    /// Where the model's value stands, if there is one.
    span: Option<Range<usize>>,
    model: Option<String>,
    is_stream: bool,
    is_empty: bool,
}

impl Document {
    /// Refuses what is not a JSON object, or leaves open which model it means.
    pub(crate) fn parse(bytes: Bytes) -> Result<Self, Refusal> {
        let text = std::str::from_utf8(&bytes).map_err(|error| malformed(&error.to_string()))?;
        if text.trim_start().is_empty() {
            return Err(malformed("it is empty"));
        }
        let members: Members<'_> =
            serde_json::from_str(text).map_err(|error| malformed(&error.to_string()))?;
        let span = members.model.map(|value| span(text, value.get()));
        let model = members.model.map(name).transpose()?.flatten();
        let (is_stream, is_empty) = (members.is_stream, members.count == 0);
        Ok(Self { span, model, is_stream, is_empty, bytes })
    }

    /// The model that is asked for. What is null or an empty text asks for none.
    pub(crate) fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// Whether a stream is asked for. What is not `true` asks for none, or is for the upstream to
    /// refuse.
    pub(crate) fn is_stream(&self) -> bool {
        self.is_stream
    }

    /// The bytes as they came; with `model`, that one is in place of what is asked for.
    pub(crate) fn bytes(&self, model: Option<&str>) -> Bytes {
        model.map_or_else(|| self.bytes.clone(), |model| self.with_model(model))
    }

    fn with_model(&self, model: &str) -> Bytes {
        let value = Value::from(model).to_string();
        let (at, value) = match self.span.clone() {
            Some(span) => (span, value),
            None => {
                let comma = if self.is_empty { "" } else { "," };
                let first = self.bytes.iter().position(|byte| *byte == b'{').map_or(0, |at| at + 1);
                (first..first, format!("\"{MODEL}\":{value}{comma}"))
            }
        };
        let mut bytes = BytesMut::with_capacity(self.bytes.len() + value.len());
        bytes.extend_from_slice(&self.bytes[..at.start]);
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(&self.bytes[at.end..]);
        bytes.freeze()
    }
}

/// Where `part`, a piece of `text`, stands in it.
fn span(text: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr() as usize - text.as_ptr() as usize;
    start..start + part.len()
}

fn name(value: &RawValue) -> Result<Option<String>, Refusal> {
    let name: Option<String> = serde_json::from_str(value.get()).map_err(|_| {
        let message = "`model` must be a text: the id of a model";
        Refusal::invalid(StatusCode::BAD_REQUEST, "invalid_model", message).with_param(MODEL)
    })?;
    Ok(name.filter(|name| !name.is_empty()))
}

pub(crate) fn malformed(reason: &str) -> Refusal {
    let message = format!("the body must be a JSON object: {reason}");
    Refusal::invalid(StatusCode::BAD_REQUEST, "invalid_json", message)
}

/// What is looked at in an object. The values of all other members are only checked to be JSON.
struct Members<'de> {
    count: usize,
    model: Option<&'de RawValue>,
    is_stream: bool,
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let mut members = Members { count: 0, model: None, is_stream: false };
        while let Some(key) = map.next_key()? {
            members.count += 1;
            match key {
                Key::Model => {
                    if members.model.replace(map.next_value()?).is_some() {
                        // Parsers do not agree which of the two counts.
                        return Err(A::Error::custom("it names its `model` twice"));
                    }
                }
                Key::Stream => members.is_stream = map.next_value::<&RawValue>()?.get() == "true",
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(members)
    }
}

enum Key {
    Model,
    Stream,
    Other,
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_identifier(KeyVisitor)
    }
}

struct KeyVisitor;

impl Visitor<'_> for KeyVisitor {
    type Value = Key;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Key, E> {
        Ok(match name {
            MODEL => Key::Model,
            STREAM => Key::Stream,
            _ => Key::Other,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Document;
    use bytes::Bytes;

    fn parse(body: &str) -> Document {
        Document::parse(Bytes::copy_from_slice(body.as_bytes())).expect(body)
    }

    #[track_caller]
    fn refused(body: &[u8], code: &str) {
        let refusal = Document::parse(Bytes::copy_from_slice(body)).expect_err("a refusal");
        assert_eq!(refusal.code(), code, "{}", String::from_utf8_lossy(body));
    }

    #[test]
    fn only_a_json_object_is_a_body() {
        parse(" {\"model\":\"m\",\"n\":1e400} ");
        parse("{}");
        for body in ["", "[]", "\"text\"", "{\"model\":", "{} {}", "{\"model\":\"a\"x}"] {
            refused(body.as_bytes(), "invalid_json");
        }
        refused(b"{\"a\":\"\xff\"}", "invalid_json");
    }

    #[test]
    fn depth_is_no_danger() {
        let (open, close) = ("[".repeat(1_000_000), "]".repeat(1_000_000));
        parse(&format!("{{\"a\":{open}{close}}}"));
        refused(format!("{{\"model\":{open}{close}}}").as_bytes(), "invalid_model");
    }

    #[track_caller]
    fn model(body: &str, expected: Option<&str>) {
        assert_eq!(parse(body).model(), expected, "{body}");
    }

    #[test]
    fn the_model_is_the_objects_own() {
        model(r#"{"messages":[{"model":"no"}],"model" : "org/m:8b"}"#, Some("org/m:8b"));
        model(r#"{"m\u006fdel":"\u00e9"}"#, Some("é"));
        model(r#"{"Model":"no","metadata":{"model":"no"}}"#, None);
        model(r#"{"model":null}"#, None);
        model(r#"{"model":""}"#, None);
        for body in [r#"{"model":7}"#, r#"{"model":["m"]}"#, r#"{"model":"\ud800"}"#] {
            refused(body.as_bytes(), "invalid_model");
        }
        refused(br#"{"model":"a","x":1,"model":"b"}"#, "invalid_json");
    }

    #[test]
    fn who_asks_for_a_stream() {
        for body in [r#"{"stream":true}"#, r#"{"stream" : true ,"model":"m"}"#] {
            assert!(parse(body).is_stream(), "{body}");
        }
        for body in [r#"{"stream":false}"#, r#"{"a":{"stream":true}}"#, r#"{"stream":["true"]}"#] {
            assert!(!parse(body).is_stream(), "{body}");
        }
    }

    #[track_caller]
    fn renamed(body: &str, expected: &str) {
        let bytes = parse(body).bytes(Some("new \"m\""));
        assert_eq!(String::from_utf8_lossy(&bytes), expected);
    }

    #[test]
    fn only_the_models_value_changes() {
        renamed(
            "\n{ \"a\" : 1.50 , \"model\"\t:\n\"a\\u0062\" , \"model \":\"m\", \"z\":[ ]}\n",
            "\n{ \"a\" : 1.50 , \"model\"\t:\n\"new \\\"m\\\"\" , \"model \":\"m\", \"z\":[ ]}\n",
        );
        renamed(r#"{"model":null}"#, r#"{"model":"new \"m\""}"#);
        renamed(r#" { "x":1}"#, r#" {"model":"new \"m\"", "x":1}"#);
        renamed("{ }", r#"{"model":"new \"m\"" }"#);
    }
}
