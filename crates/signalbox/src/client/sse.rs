//! A stream of server-sent events.

use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::events::{Message, Parser};

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
            if self.parser.is_overfull {
                return None;
            }
            let frame = self.body.frame().await?.ok()?;
            if let Some(bytes) = frame.data_ref() {
                self.parser.push(bytes);
            }
        }
    }
}
