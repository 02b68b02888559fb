//! What an event stream may have put into it: where, and in which words.

use bytes::Bytes;
use serde_json::json;

use crate::Refusal;

/// Tells a caller that its stream still lives. It is a comment, which every client skips.
pub(crate) const PING: &[u8] = b": ping\n\n";

/// Where in an event stream its last byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Position {
    InLine,
    BetweenLines,
    BetweenEvents,
}

impl Position {
    /// The position after `data`, of which only the end matters: a blank line is 4 bytes at most.
    pub(crate) fn after(self, data: &[u8]) -> Self {
        let tail = data.last_chunk::<4>().map_or(data, |tail| tail.as_slice());
        let start = if tail.len() < data.len() { Self::InLine } else { self };
        tail.iter().fold(start, |position, byte| match (byte, position) {
            (b'\r', position) => position,
            (b'\n', Self::InLine) => Self::BetweenLines,
            (b'\n', Self::BetweenLines | Self::BetweenEvents) => Self::BetweenEvents,
            (_, _) => Self::InLine,
        })
    }
}

/// Which API's events a stream has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// OpenAI's chat completions, and all that is like them.
    Chat,
    /// OpenAI's responses.
    Responses,
    /// Anthropic's messages.
    Messages,
}

impl Dialect {
    /// That of the streams at `path`, which is what follows `/v1`.
    pub(crate) fn of(path: &str) -> Self {
        match path {
            "/responses" => Self::Responses,
            "/messages" => Self::Messages,
            _ => Self::Chat,
        }
    }

    /// The event that makes an SDK raise an error.
    pub(crate) fn error(self, refusal: &Refusal) -> Bytes {
        let (code, message) = (refusal.code(), refusal.message());
        let event = match self {
            Self::Chat => {
                let mut event = b"data: ".to_vec();
                event.extend_from_slice(&refusal.body());
                event.extend_from_slice(b"\n\n");
                return Bytes::from(event);
            }
            Self::Responses => {
                json!({ "type": "error", "code": code, "message": message, "param": null })
            }
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
    use super::Dialect;
    use super::Position::{self, BetweenEvents, BetweenLines, InLine};
    use crate::Refusal;
    use http::StatusCode;

    #[track_caller]
    fn check(chunks: &[&str], expected: Position) {
        let reached = chunks.iter().fold(BetweenEvents, |at, chunk| at.after(chunk.as_bytes()));
        assert_eq!(reached, expected, "{chunks:?}");
    }

    #[test]
    fn a_blank_line_ends_an_event_wherever_the_chunks_are_split() {
        check(&[], BetweenEvents);
        check(&["data: 1\n\n"], BetweenEvents);
        check(&["data: 1\r\n\r\n"], BetweenEvents);
        check(&["data: 1", "\n", "\n"], BetweenEvents);
        check(&["data: 1\r", "\n\r", "\n", ""], BetweenEvents);
        check(&["data: 1\n"], BetweenLines);
        check(&["data: 1", "\n"], BetweenLines);
        check(&["data: 1"], InLine);
        check(&["data: 1\n\nx"], InLine);
    }

    #[track_caller]
    fn told(path: &str, expected: &str) {
        let refusal =
            Refusal::upstream(StatusCode::BAD_GATEWAY, "upstream_cut", "up", "it \"broke\"");
        assert_eq!(Dialect::of(path).error(&refusal), expected);
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
             \"message\":\"it \\\"broke\\\"\",\"param\":null}\n\n",
        );
        told(
            "/messages",
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\
             \"message\":\"it \\\"broke\\\"\",\"code\":\"upstream_cut\"}}\n\n",
        );
    }
}
