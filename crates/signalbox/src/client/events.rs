//! Server-sent events from bytes, as they come in pieces.

use std::collections::VecDeque;

/// One event of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Message {
    /// Its name; empty where none was given.
    pub(crate) event: String,
    /// Its data, lines joined.
    pub(crate) data: String,
}

/// The longest event, in bytes. The whole state of a thousand processes has one.
const LONGEST: usize = 16 << 20;

/// Bytes to events.
#[derive(Debug, Default)]
pub(super) struct Parser {
    line: Vec<u8>,
    message: Message,
    /// What is whole, and was not taken yet.
    pub(super) complete: VecDeque<Message>,
    /// An event was longer than one may be: nothing more is read.
    pub(super) is_overfull: bool,
}

impl Parser {
    /// Takes the next bytes.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if self.is_overfull {
                return;
            }
            if *byte == b'\n' {
                let line = std::mem::take(&mut self.line);
                self.take_line(String::from_utf8_lossy(&line).trim_end_matches('\r'));
            } else {
                self.keep(*byte);
            }
        }
    }

    /// What sends an event without an end is no server of ours, and must not cost all memory.
    fn keep(&mut self, byte: u8) {
        self.line.push(byte);
        if self.line.len() + self.message.data.len() > LONGEST {
            let complete = std::mem::take(&mut self.complete);
            *self = Self { complete, is_overfull: true, ..Self::default() };
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
    use super::{LONGEST, Message, Parser};

    #[test]
    fn an_event_without_an_end_does_not_take_all_memory() {
        let text = "x".repeat(100_000);
        for piece in [text.clone(), format!("data: {text}\n")] {
            let mut parser = Parser::default();
            parser.push(b"data: 1\n\n");
            for _ in 0..LONGEST / piece.len() {
                parser.push(piece.as_bytes());
            }
            assert!(!parser.is_overfull, "all of it may still become one");
            for _ in 0..20 {
                parser.push(piece.as_bytes());
            }
            let kept = parser.line.capacity() + parser.message.data.capacity();
            assert!(parser.is_overfull && kept == 0, "{kept} bytes are kept");
            assert_eq!(parser.complete.len(), 1, "what came before is not lost");
        }
    }

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
