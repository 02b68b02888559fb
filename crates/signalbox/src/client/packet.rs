//! What the text frames of Socket.IO over WebSocket say.
//!
//! A text frame starts with the number of its Engine.IO packet: `0` open, `2` ping, `3` pong, `4` message. A message goes on with
//! that of its Socket.IO packet: `0` connect, `1` disconnect, `2` event, `3` acknowledgement, `4` refused.

use serde::Deserialize;
use serde_json::Value;

/// A line of a process that is followed.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Followed {
    pub(crate) process: String,
    #[serde(flatten)]
    pub(crate) line: api::LogLine,
}

/// What a text frame says, as far as it matters here.
#[derive(Debug, PartialEq)]
pub(super) enum Packet {
    Open,
    Ping,
    Connected,
    Refused(String),
    Disconnected,
    Event(String, Value),
    Acknowledged(u64, Value),
    Other,
}

/// Reads a text frame; what it cannot be read as says nothing.
pub(super) fn parse(text: &str) -> Packet {
    match text.as_bytes() {
        [b'0', ..] => Packet::Open,
        [b'1', ..] => Packet::Disconnected,
        [b'2', ..] => Packet::Ping,
        [b'4', b'0', ..] => Packet::Connected,
        [b'4', b'1', ..] => Packet::Disconnected,
        [b'4', b'2', ..] => event(&text[2..]),
        [b'4', b'3', ..] => acknowledgement(&text[2..]),
        [b'4', b'4', ..] => Packet::Refused(refusal(&text[2..])),
        _ => Packet::Other,
    }
}

fn event(text: &str) -> Packet {
    match serde_json::from_str::<(String, Value)>(text) {
        Ok((name, payload)) => Packet::Event(name, payload),
        Err(_) => Packet::Other,
    }
}

fn acknowledgement(text: &str) -> Packet {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (call, answer) = text.split_at(digits);
    match (call.parse(), serde_json::from_str::<(Value,)>(answer)) {
        (Ok(call), Ok((answer,))) => Packet::Acknowledged(call, answer),
        _ => Packet::Other,
    }
}

fn refusal(text: &str) -> String {
    let reason: Option<Value> = serde_json::from_str(text).ok();
    let message = reason.as_ref().and_then(|reason| reason["message"].as_str());
    message.unwrap_or("the server refuses the connection").to_owned()
}

/// The line that an event tells, if it tells one.
pub(super) fn log_line(name: &str, payload: Value) -> Option<Followed> {
    (name == "log:line").then(|| serde_json::from_value(payload).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::{Packet, log_line, parse};
    use serde_json::json;

    #[test]
    fn frames_are_read() {
        assert_eq!(parse("0{\"sid\":\"x\"}"), Packet::Open);
        assert_eq!(parse("2"), Packet::Ping);
        assert_eq!(parse("40{\"sid\":\"y\"}"), Packet::Connected);
        assert_eq!(parse("41"), Packet::Disconnected);
        assert_eq!(parse("42[\"a\",{\"b\":1}]"), Packet::Event("a".to_owned(), json!({ "b": 1 })));
        assert_eq!(parse("4312[{\"ok\":true}]"), Packet::Acknowledged(12, json!({ "ok": true })));
        assert_eq!(parse("44{\"message\":\"no\"}"), Packet::Refused("no".to_owned()));
        assert_eq!(parse("42nonsense"), Packet::Other);
        assert_eq!(parse(""), Packet::Other);
    }

    #[test]
    fn a_line_has_its_process() {
        let payload =
            json!({ "process": "a", "seq": 3, "time": 5, "stream": "stderr", "text": "boom" });
        let followed = log_line("log:line", payload).unwrap();
        assert_eq!((followed.process.as_str(), followed.line.seq), ("a", 3));
        assert_eq!(followed.line.text, "boom");
    }
}
