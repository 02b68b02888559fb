//! One HTTP/1.1 message after another, read as its bytes come: the bench's own reader, which is to
//! take as little of the machine as it can, for it shares that with what is measured.
use memchr::memmem;

use crate::failure::{Outcome, broken};

/// What ends a head.
const BLANK: &[u8] = b"\r\n\r\n";

/// A message of which some bytes may have come.
#[derive(Default)]
pub(crate) struct Message {
    head: Vec<u8>,
    body: Body,
    /// Of a body in chunks: what came of a chunk that is not whole.
    part: Vec<u8>,
}

#[derive(Default)]
enum Body {
    /// The head is not whole.
    #[default]
    Unknown,
    /// So many bytes are to come.
    Length(usize),
    Chunked,
}

impl Message {
    /// Takes bytes and gives the body's to `each`, a chunk at a time where it comes in chunks; says
    /// whether the message is whole. Then the next one may begin.
    pub(crate) fn feed(&mut self, bytes: &[u8], each: &mut dyn FnMut(&[u8])) -> Outcome<bool> {
        let Some(rest) = self.after_head(bytes)? else { return Ok(false) };
        let whole = match &mut self.body {
            Body::Unknown => false,
            Body::Length(left) => {
                each(rest);
                *left = left.saturating_sub(rest.len());
                *left == 0
            }
            Body::Chunked => {
                self.part.extend_from_slice(rest);
                let (taken, whole) = chunks(&self.part, each)?;
                self.part.drain(..taken);
                whole
            }
        };
        if whole {
            self.body = Body::Unknown;
        }
        Ok(whole)
    }

    /// The head of the message that came last, or is under way.
    pub(crate) fn head(&self) -> &[u8] {
        &self.head
    }

    /// Whether anything of a message came that is not whole.
    pub(crate) fn has_head(&self) -> bool {
        !matches!(self.body, Body::Unknown)
    }

    /// What of `bytes` is behind the head, once that is whole.
    fn after_head<'a>(&mut self, bytes: &'a [u8]) -> Outcome<Option<&'a [u8]>> {
        if self.has_head() {
            return Ok(Some(bytes));
        }
        if self.head.ends_with(BLANK) {
            self.head.clear();
        }
        let before = self.head.len();
        self.head.extend_from_slice(bytes);
        let from = before.saturating_sub(BLANK.len() - 1);
        let Some(end) = memmem::find(&self.head[from..], BLANK) else { return Ok(None) };
        let end = from + end + BLANK.len();
        self.head.truncate(end);
        self.body = body(&self.head)?;
        Ok(Some(&bytes[end - before..]))
    }
}

/// How long the head says that the body is; what says nothing has none.
fn body(head: &[u8]) -> Outcome<Body> {
    let Ok(text) = std::str::from_utf8(head) else { return broken("a head that is no text") };
    let fields = text.lines().filter_map(|line| line.split_once(':'));
    let mut length = Body::Length(0);
    for (name, value) in fields {
        if name.eq_ignore_ascii_case("transfer-encoding") {
            return Ok(Body::Chunked);
        }
        if name.eq_ignore_ascii_case("content-length") {
            length = Body::Length(value.trim().parse().unwrap_or(0));
        }
    }
    Ok(length)
}

/// Goes through the whole chunks of `bytes`; says how many bytes they take, and whether the last
/// chunk was among them. Nobody here sends trailers or extensions.
fn chunks(bytes: &[u8], each: &mut dyn FnMut(&[u8])) -> Outcome<(usize, bool)> {
    let mut taken = 0;
    loop {
        let rest = &bytes[taken..];
        let Some(line) = memmem::find(rest, b"\r\n") else { return Ok((taken, false)) };
        let size = std::str::from_utf8(&rest[..line]).ok();
        let size = size.and_then(|size| usize::from_str_radix(size.trim(), 16).ok());
        let Some(size) = size else { return broken("a chunk without a size") };
        let start = line + 2;
        if rest.len() < start + size + 2 {
            return Ok((taken, false));
        }
        taken += start + size + 2;
        if size == 0 {
            return Ok((taken, true));
        }
        each(&rest[start..start + size]);
    }
}

#[cfg(test)]
mod tests {
    use super::Message;

    /// Feeds the bytes in pieces of this size; gives the body's chunks and how many messages there were.
    fn read(bytes: &[u8], size: usize) -> (Vec<String>, u32) {
        let (mut message, mut had, mut whole) = (Message::default(), Vec::new(), 0);
        for piece in bytes.chunks(size) {
            let mut each = |chunk: &[u8]| had.push(String::from_utf8_lossy(chunk).into_owned());
            whole += u32::from(message.feed(piece, &mut each).unwrap());
        }
        (had, whole)
    }

    #[test]
    fn a_chunk_is_one_however_it_comes() {
        let bytes = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n";
        for size in 1..=bytes.len() {
            assert_eq!(read(bytes, size), (vec!["abc".to_owned(), "0123456789".to_owned()], 1));
        }
    }

    #[test]
    fn one_message_after_another() {
        let bytes = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nab";
        for size in [1, 5, bytes.len()] {
            let (had, whole) = [read(bytes, size), read(bytes, size)].concat_bodies();
            assert_eq!((had.as_str(), whole), ("abab", 2));
        }
        let mut message = Message::default();
        for _ in 0..2 {
            assert!(message.feed(bytes, &mut |_| ()).unwrap());
        }
        assert!(message.head().starts_with(b"HTTP/1.1 200"));
    }

    trait ConcatBodies {
        fn concat_bodies(self) -> (String, u32);
    }

    impl ConcatBodies for [(Vec<String>, u32); 2] {
        fn concat_bodies(self) -> (String, u32) {
            self.into_iter().fold((String::new(), 0), |(text, sum), (had, whole)| {
                (text + &had.concat(), sum + whole)
            })
        }
    }
}
