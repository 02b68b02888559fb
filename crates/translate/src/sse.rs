//! An event stream, taken apart: the data of each event as soon as its last byte is there.
//!
//! Chunks may be split anywhere. Lines end with LF, CRLF or CR; an event of several `data` lines is
//! joined with LF; comments, names and ids are of no interest in a stream of chat completions.

use memchr::memchr2;

/// The longest event that is put together, in bytes: no whole answer that is translated is longer either.
const LONGEST: usize = 64 * 1024 * 1024;

/// Takes an event stream apart, and keeps what has come of an event that is not whole yet. After one of
/// more than 64 MiB it reads nothing more.
#[derive(Debug, Default)]
pub struct EventReader {
    /// The line that is not whole yet.
    line: Vec<u8>,
    /// The data lines of the event so far.
    data: Option<Vec<u8>>,
    /// The last byte was a CR that ended a line, so that a LF now ends none.
    after_return: bool,
    /// An event was longer than one may be: nothing more is read.
    is_overfull: bool,
}

impl EventReader {
    /// Takes more of the stream, and gives the data of every event that this completes.
    pub fn feed(&mut self, mut bytes: &[u8], mut on_data: impl FnMut(&[u8])) {
        while !bytes.is_empty() && !self.is_overfull {
            if std::mem::take(&mut self.after_return) && bytes[0] == b'\n' {
                bytes = &bytes[1..];
                continue;
            }
            let Some(end) = memchr2(b'\n', b'\r', bytes) else {
                return self.keep(bytes);
            };
            self.after_return = bytes[end] == b'\r';
            self.keep(&bytes[..end]);
            self.end_line(&mut on_data);
            bytes = &bytes[end + 1..];
        }
    }

    /// Whether an event was longer than one may be. What followed it is lost.
    pub(crate) fn is_overfull(&self) -> bool {
        self.is_overfull
    }

    /// The stream is over: what lacks only its blank line counts, since some servers save that.
    pub fn finish(&mut self, mut on_data: impl FnMut(&[u8])) {
        self.end_line(&mut on_data);
        if let Some(data) = self.data.take() {
            on_data(&data);
        }
    }

    /// Keeps more of a line. Who sends one without an end must not cost all memory.
    fn keep(&mut self, bytes: &[u8]) {
        let kept = self.line.len() + self.data.as_ref().map_or(0, Vec::len);
        if kept + bytes.len() > LONGEST {
            *self = Self { is_overfull: true, ..Self::default() };
        } else {
            self.line.extend_from_slice(bytes);
        }
    }

    fn end_line(&mut self, on_data: &mut impl FnMut(&[u8])) {
        if self.line.is_empty() {
            if let Some(data) = self.data.take() {
                on_data(&data);
            }
            return;
        }
        if let Some(value) = data_of(&self.line) {
            match &mut self.data {
                Some(data) => {
                    data.push(b'\n');
                    data.extend_from_slice(value);
                }
                none => *none = Some(value.to_vec()),
            }
        }
        self.line.clear();
    }
}

/// The value of a `data` line.
fn data_of(line: &[u8]) -> Option<&[u8]> {
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
    let value = line.strip_prefix(b"data")?;
    match value {
        [] => Some(value),
        [b':', b' ', value @ ..] | [b':', value @ ..] => Some(value),
        _ => None,
    }
}

/// Appends an event with a name, as both protocols write theirs.
pub(crate) fn write_event(out: &mut Vec<u8>, name: &str, data: &serde_json::Value) {
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\ndata: ");
    out.extend_from_slice(data.to_string().as_bytes());
    out.extend_from_slice(b"\n\n");
}

#[cfg(test)]
mod tests {
    use super::{EventReader, LONGEST};

    #[track_caller]
    fn check(chunks: &[&str], expected: &[&str]) {
        let mut reader = EventReader::default();
        let mut found = Vec::new();
        let text = |data: &[u8]| String::from_utf8_lossy(data).into_owned();
        for chunk in chunks {
            reader.feed(chunk.as_bytes(), |data| found.push(text(data)));
        }
        reader.finish(|data| found.push(text(data)));
        assert_eq!(found, expected, "{chunks:?}");
    }

    #[test]
    fn the_data_of_each_event() {
        check(&["data: 1\n\ndata:2\n\n"], &["1", "2"]);
        check(&["data: 1\r\n\r\ndata: 2\r\rdata: 3\n\r\n"], &["1", "2", "3"]);
        check(&["data: a\ndata: b\n\n"], &["a\nb"]);
        check(&["event: x\nid: 7\ndata: 1\nretry: 5\n\n"], &["1"]);
        check(&[": ping\n\n", ": ping\n\ndata: 1\n\n"], &["1"]);
        check(&["data\n\n", "database: 1\n\n"], &[""]);
        check(&["\u{feff}data: 1\n\n"], &["1"]);
        check(&["data: 1\n\ndata: [DONE]"], &["1", "[DONE]"]);
        check(&[""], &[]);
    }

    #[test]
    fn an_event_without_an_end_does_not_take_all_memory() {
        let text = "x".repeat(100_000);
        for piece in [text.clone(), format!("data: {text}\n")] {
            let mut reader = EventReader::default();
            for _ in 0..LONGEST / piece.len() {
                reader.feed(piece.as_bytes(), |_| panic!("there is no event"));
            }
            assert!(!reader.is_overfull(), "all of it may still become one");
            for _ in 0..20 {
                reader.feed(piece.as_bytes(), |_| panic!("there is no event"));
            }
            let kept = reader.line.capacity() + reader.data.as_ref().map_or(0, Vec::capacity);
            assert!(reader.is_overfull() && kept == 0, "{kept} bytes are kept");
            reader.feed(b"\n\ndata: 1\n\n", |_| panic!("nothing more is read"));
            reader.finish(|_| panic!("nothing is left"));
        }
    }

    #[test]
    fn wherever_it_is_split() {
        let stream = "data: {\"é\":1}\r\n\r\n: c\n\ndata: a\r\ndata: b\r\n\r\ndata: [DONE]\n\n";
        for at in (0..=stream.len()).filter(|at| stream.is_char_boundary(*at)) {
            check(&[&stream[..at], &stream[at..]], &["{\"é\":1}", "a\nb", "[DONE]"]);
        }
    }
}
