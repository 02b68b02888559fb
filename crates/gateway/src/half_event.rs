//! Makes an error of an event that broke off in its middle.
//!
//! What has passed of it cannot be taken back, and no client can read half an object: SDKs raise
//! an error of their own about it, without a word of what happened. So the object is finished
//! instead, in as few bytes as will do, with one more member that OpenAI's SDKs raise: `error`.

use memchr::memrchr2_iter;

use crate::half_json::{character_end, finished, is_json};

/// How much of an event is kept, in bytes. One that is longer stays as it broke off.
const LONGEST: usize = 64 * 1024;

/// An event of which only the beginning has passed.
#[derive(Debug, Default)]
pub(crate) struct HalfEvent {
    /// From its first line on; empty where nothing was begun.
    text: Vec<u8>,
    is_given_up: bool,
}

impl HalfEvent {
    /// An event has ended with the last bytes.
    pub(crate) fn clear(&mut self) {
        if self.is_given_up || !self.text.is_empty() {
            *self = Self::default();
        }
    }

    /// Takes in what came next, with which an event was begun or went on.
    pub(crate) fn read(&mut self, data: &[u8]) {
        self.text.extend_from_slice(data);
        if let Some(start) = last_start(&self.text) {
            self.text.drain(..start);
            self.is_given_up = false;
        }
        if self.is_given_up || self.text.len() > LONGEST {
            self.give_up();
        }
    }

    /// What this event has said is not known from here on, but for the line ends that it may end with.
    pub(crate) fn give_up(&mut self) {
        self.is_given_up = true;
        let ends = self.text.iter().rev().take(2).take_while(|byte| ends_line(**byte)).count();
        self.text.drain(..self.text.len() - ends);
        self.text.shrink_to(0);
    }

    /// What makes an error of it, of which `error` is the document, `{"error":…}`, and `event` the
    /// event. None where that cannot be done.
    pub(crate) fn end(&self, error: &[u8], event: &[u8]) -> Option<Vec<u8>> {
        if self.is_given_up {
            return None;
        }
        let text = self.text.as_slice();
        let mut lines: Vec<&[u8]> = text.split(|byte| ends_line(*byte)).collect();
        let line = lines.pop().unwrap_or_default();
        let mut data = lines.into_iter().filter_map(data_of).collect::<Vec<_>>().join(&b'\n');
        if let Some(last) = data_of(line) {
            if !data.is_empty() {
                data.push(b'\n');
            }
            data.extend_from_slice(last);
            let end = if is_json(&data) { Vec::new() } else { finished(&data, error)? };
            return Some([&end, &b"\n\n"[..], event].concat());
        }
        // A comment, or a name: that line is ended as well as it can be.
        let mut end = character_end(line).to_vec();
        if !line.is_empty() || text.ends_with(b"\r") {
            // The LF of this might be taken for one that belongs to the CR.
            end.push(b'\n');
        }
        if !data.is_empty() {
            if let Some(rest) = finished(&data, error).filter(|_| !is_json(&data)) {
                end.extend_from_slice(b"data:");
                end.extend_from_slice(&rest);
                end.push(b'\n');
            }
            end.push(b'\n');
        }
        end.extend_from_slice(event);
        Some(end)
    }
}

/// Where the event begins that is the last one of these, if one ends there before it.
fn last_start(text: &[u8]) -> Option<usize> {
    let blank = memrchr2_iter(b'\n', b'\r', text)
        .find(|end| *end > 0 && ends_line(text[end - 1]) && text[end - 1..=*end] != *b"\r\n")?;
    let is_crlf = text[blank] == b'\r' && text.get(blank + 1) == Some(&b'\n');
    Some(blank + if is_crlf { 2 } else { 1 })
}

fn ends_line(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

fn data_of(line: &[u8]) -> Option<&[u8]> {
    line.strip_prefix(b"data:")
}

#[cfg(test)]
mod tests {
    use super::{HalfEvent, LONGEST};
    use serde_json::Value;

    const ERROR: &[u8] = br#"{"error":{"message":"cut"}}"#;
    const EVENT: &[u8] = b"data: {\"error\":{\"message\":\"cut\"}}\n\n";

    /// What a client is told of a stream that breaks off here: the data of its events.
    fn told(text: &[u8]) -> Option<Vec<String>> {
        let mut half = HalfEvent::default();
        half.read(text);
        let whole = [text, &half.end(ERROR, EVENT)?].concat();
        let whole = String::from_utf8(whole).expect("whole characters");
        let whole = whole.replace("\r\n", "\n").replace('\r', "\n");
        assert!(whole.ends_with("\n\n"), "{whole:?}");
        let events = whole.split("\n\n").filter(|event| event.contains("data:"));
        let data = |event: &str| {
            let lines = event.lines().filter_map(|line| line.strip_prefix("data:"));
            lines.collect::<Vec<_>>().join("\n")
        };
        Some(events.map(data).collect())
    }

    /// Wherever the event breaks off, all that is told can be read, and the last of it is the error.
    #[track_caller]
    fn wherever(event: &str) {
        for at in 0..event.len() {
            let text = &event.as_bytes()[..at];
            let Some(told) = told(text) else { panic!("{:?}", String::from_utf8_lossy(text)) };
            for data in &told {
                let read: Value = serde_json::from_str(data)
                    .unwrap_or_else(|error| panic!("{error}: {data} of {at} of {event}"));
                let is_whole = event.replace("data:", "").ends_with(&format!("{data}\n\n"));
                assert!(is_whole || read["error"]["message"] == "cut", "{data} of {event}");
            }
            let last: Value = serde_json::from_str(told.last().expect("an event")).expect("JSON");
            assert_eq!(last["error"]["message"], "cut");
        }
    }

    #[test]
    fn an_event_becomes_an_error_wherever_it_breaks_off() {
        wherever(
            "data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hel\"}}]}\n\n",
        );
        wherever(
            "data:{\"a\":[1,-2.5e+3,[],{},[[{}]],null,true,false],\"b\" : { \"c\" : [ 1 , 2 ] } , \"d\":\"\"}\n\n",
        );
        wherever(
            "data: {\"a\\\"\\\\\":\"\\u00e9\\n\\\\\",\"{\":\"}]\",\"\\u0041\":{\"x\":{\"y\":\"\\\\u00\"}}}\n\n",
        );
        wherever("event: response.output_text.delta\ndata: {\"type\":\"x\",\"delta\":\"y\"}\n\n");
        wherever("id: 7\n: comment\nretry: 3\ndata: {}\n\n");
        wherever(
            ": 为什么\nevent: é\ndata: {\"为\":\"ü 你好 🚀\u{10ffff}\u{800}\u{d7ff}\u{40000}\"}\n\n",
        );
        wherever(
            "data: {\"a\":\"\\ud83d\\ude80 \\uD83D\\uDE80\\\\ \\ud800\\udfff\",\"\\uDBFF\\uDC00\":1}\n\n",
        );
        wherever("data: {\"b\":\ndata: [1,\ndata: {\"c\":\"d\"\ndata:}]\ndata:}\n\n");
    }

    #[test]
    fn lines_may_end_in_any_way() {
        for end in ["\r\n", "\r"] {
            let text = "data: {\"a\":1}\n\nevent: x\ndata: {\"b\":\ndata: [2".replace('\n', end);
            let told = told(text.as_bytes()).expect("an error");
            assert_eq!(told.len(), 3, "{told:?}");
            assert!(told[1].ends_with("[2],\"error\":{\"message\":\"cut\"}}"), "{told:?}");
            let text = "event: x\ndata: {\"a\":1}\n".replace('\n', end);
            assert_eq!(self::told(text.as_bytes()).expect("an error").len(), 2);
        }
    }

    #[test]
    fn what_is_no_object_stays_as_it_is() {
        for text in ["data: [DO", "data: hello", "data: \"x", "data: {\"a\" 1", "data: {]"] {
            assert_eq!(told(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn only_the_last_event_is_kept_in_whatever_pieces_it_comes() {
        let text = b"data: 1\r\n\r\nevent: y\ndata: {\"a\":1}\n\nevent: x\ndata: {\"b\":[";
        for size in 1..text.len() {
            let mut half = HalfEvent::default();
            text.chunks(size).for_each(|piece| half.read(piece));
            assert_eq!(half.text, b"event: x\ndata: {\"b\":[", "{size}");
        }
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut half = HalfEvent::default();
        half.read(b"data: {\"a\":\"");
        for _ in 0..1_000 {
            half.read(&[b'x'; 1_000]);
            assert!(half.text.len() <= LONGEST);
        }
        assert_eq!(half.end(ERROR, EVENT), None);
        half.read(b"\"}\n\ndata: {");
        assert!(half.end(ERROR, EVENT).is_some(), "the next one");
        half.clear();
        assert_eq!(half.end(ERROR, EVENT).as_deref(), Some(EVENT));
        for pieces in [["\"}\n", "\ndata: {"], ["\"}\r\n\r", "\ndata: {"], ["\"}\r", "\rdata: {"]] {
            half.read(b"data: {\"a\":\"");
            half.read(&[b'x'; LONGEST]);
            assert_eq!(half.end(ERROR, EVENT), None);
            pieces.iter().for_each(|piece| half.read(piece.as_bytes()));
            assert!(half.end(ERROR, EVENT).is_some(), "the one after {pieces:?}");
            half.clear();
        }
    }
}
