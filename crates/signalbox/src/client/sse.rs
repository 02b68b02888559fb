//! Server-sent events, as they come in pieces.

use std::collections::VecDeque;

use http_body_util::BodyExt;
use hyper::body::Incoming;

/// One event of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Message {
    /// Its name; empty where none was given.
    pub(crate) event: String,
    /// Its data, lines joined.
    pub(crate) data: String,
}

/// A stream of events.
#[derive(Debug)]
pub(crate) struct EventStream {
    body: Incoming,
    parser: Parser,
}

impl EventStream {
    /// Reads events from a body.
    pub(super) fn new(body: Incoming) -> Self {
        Self { body, parser: Parser::default() }
    }

    /// The next event; none when the stream is over, in order or not. May be called again after it was cancelled.
    pub(crate) async fn next(&mut self) -> Option<Message> {
        loop {
            if let Some(message) = self.parser.complete.pop_front() {
                return Some(message);
            }
            let frame = self.body.frame().await?.ok()?;
            if let Some(bytes) = frame.data_ref() {
                self.parser.push(bytes);
            }
        }
    }
}

/// Bytes to events.
#[derive(Debug, Default)]
struct Parser {
    line: Vec<u8>,
    message: Message,
    complete: VecDeque<Message>,
}

impl Parser {
    fn push(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if *byte == b'\n' {
                let line = std::mem::take(&mut self.line);
                self.take_line(String::from_utf8_lossy(&line).trim_end_matches('\r'));
            } else {
                self.line.push(*byte);
            }
        }
    }

    fn take_line(&mut self, line: &str) {
        if line.is_empty() {
            self.dispatch();
            return;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.message.event),
            "data" => {
                self.message.data.push_str(value);
                self.message.data.push('\n');
            }
            // Comments keep the connection alive; ids and retry times are not needed here.
            _ => {}
        }
    }

    fn dispatch(&mut self) {
        let mut message = std::mem::take(&mut self.message);
        if message.data.pop().is_some() {
            self.complete.push_back(message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Message, Parser};

    #[test]
    fn events_are_the_same_however_they_are_cut() {
        let stream = ": hello\n\nid: 7\r\nevent: lifecycle:update\r\ndata: {\"ä\": 1}\r\n\r\ndata:a\ndata: b\nretry: 5\n\nevent: empty\n\ndata: cut";
        let expected = [
            Message { event: "lifecycle:update".to_owned(), data: "{\"ä\": 1}".to_owned() },
            Message { event: String::new(), data: "a\nb".to_owned() },
        ];
        for size in 1..stream.len() {
            let mut parser = Parser::default();
            stream.as_bytes().chunks(size).for_each(|chunk| parser.push(chunk));
            assert_eq!(parser.complete, expected, "in pieces of {size}");
        }
    }
}
