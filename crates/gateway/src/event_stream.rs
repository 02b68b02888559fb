//! What an event stream says at once, and what may be put into it, in which words.

use bytes::Bytes;
use serde_json::json;

use crate::{Refusal, dialect::Dialect, half_event::HalfEvent, position::Position};

/// Tells a caller that its stream still lives. It is a comment, which every client skips.
pub(crate) const PING: &[u8] = b": ping\n\n";

/// Whether an answer that begins like this is an event stream, whatever its head calls it: simple
/// servers call it nothing, or text.
pub(crate) fn begins(data: &[u8]) -> bool {
    let data = data.trim_ascii_start();
    [&b"data:"[..], b"event:", b"id:", b"retry:", b":"].iter().any(|field| data.starts_with(field))
}

/// An event stream into which something may be put, as far as it has passed.
pub(crate) struct EventStream {
    dialect: Dialect,
    position: Position,
    half_event: HalfEvent,
}

impl EventStream {
    pub(crate) fn of(dialect: Dialect) -> Self {
        Self { dialect, position: Position::BetweenEvents, half_event: HalfEvent::default() }
    }

    pub(crate) const fn position(&self) -> Position {
        self.position
    }

    pub(crate) fn passed(&mut self, data: &[u8]) {
        self.position = self.position.after(data);
        if self.position == Position::BetweenEvents {
            self.half_event.clear();
        } else {
            self.half_event.read(data);
        }
    }

    /// What came last is not passed on after all; it came at this position.
    pub(crate) fn withheld(&mut self, position: Position) {
        self.position = position;
        self.half_event.clear();
        if position != Position::BetweenEvents {
            self.half_event.give_up();
        }
    }

    /// What tells the caller of this error, as the stream's `number`th event where events are counted.
    pub(crate) fn end(&self, refusal: &Refusal, number: u64) -> Option<Bytes> {
        let event = self.dialect.error(refusal, number);
        if self.position == Position::BetweenEvents {
            return Some(event);
        }
        self.half_event.end(&refusal.body(), &event).map(Bytes::from)
    }
}

impl Dialect {
    /// The event that makes an SDK raise an error, which is the stream's `number`th where events are
    /// counted.
    pub(crate) fn error(self, refusal: &Refusal, number: u64) -> Bytes {
        let (code, message) = (refusal.code(), refusal.message());
        let event = match self {
            Self::Chat => {
                let mut event = b"data: ".to_vec();
                event.extend_from_slice(&refusal.body());
                event.extend_from_slice(b"\n\n");
                return Bytes::from(event);
            }
            Self::Responses => json!({
                "type": "error", "code": code, "message": message, "param": null,
                "sequence_number": number,
            }),
            Self::Messages => {
                let error = json!({ "type": "api_error", "message": message, "code": code });
                json!({ "type": "error", "error": error })
            }
        };
        Bytes::from(format!("event: error\ndata: {event}\n\n"))
    }
}

#[cfg(test)]
mod tests {
    use crate::{Refusal, dialect::Dialect};
    use http::StatusCode;

    #[track_caller]
    fn told(path: &str, expected: &str) {
        let refusal =
            Refusal::upstream(StatusCode::BAD_GATEWAY, "upstream_cut", "up", "it \"broke\"");
        assert_eq!(Dialect::of(path).error(&refusal, 7), expected);
    }

    #[test]
    fn each_api_has_its_own_error_event() {
        told(
            "/chat/completions",
            "data: {\"error\":{\"message\":\"it \\\"broke\\\"\",\"type\":\"upstream_error\",\"param\":null,\
             \"code\":\"upstream_cut\",\"provider\":\"up\"}}\n\n",
        );
        told(
            "/responses",
            "event: error\ndata: {\"type\":\"error\",\"code\":\"upstream_cut\",\
             \"message\":\"it \\\"broke\\\"\",\"param\":null,\"sequence_number\":7}\n\n",
        );
        told(
            "/messages",
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\
             \"message\":\"it \\\"broke\\\"\",\"code\":\"upstream_cut\"}}\n\n",
        );
    }
}
