//! Output bytes into lines, in bounded memory, whatever the chunks they come in.
//!
//! A line ends with `\n` or `\r\n`. One that is longer than the limit is cut into pieces, each a
//! line of its own, never within a UTF-8 character. Bytes that are no UTF-8 become U+FFFD.

use std::borrow::Cow;

/// What a line's buffer may keep of its memory once it is empty: a process that once wrote a long
/// line should not hold that memory for ever.
const KEPT_CAPACITY: usize = 1024;

/// Collects bytes and gives lines.
#[derive(Debug)]
pub struct Lines {
    max_line: usize,
    partial: Vec<u8>,
    /// The beginning of the present line was given out already, as a piece.
    cut: bool,
}

impl Lines {
    /// Lines of at most `max_line` bytes (at least 4, so that any character fits).
    pub const fn new(max_line: usize) -> Self {
        let max_line = if max_line < 4 { 4 } else { max_line };
        Self { max_line, partial: Vec::new(), cut: false }
    }

    /// Takes the next bytes and hands each line that they complete to `each`.
    pub fn push(&mut self, bytes: &[u8], mut each: impl FnMut(String)) {
        let mut rest = bytes;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            self.complete(&rest[..end], &mut each);
            rest = &rest[end + 1..];
        }
        self.take(rest, &mut each);
    }

    /// The unfinished line, as far as it is known; `None` if there is none. A character of which
    /// only the first bytes have come is left out.
    pub fn partial(&self) -> Option<Cow<'_, str>> {
        let whole = without_unfinished_character(&self.partial);
        if whole.is_empty() { None } else { Some(String::from_utf8_lossy(whole)) }
    }

    /// At the end of the output: the last line, if it had no line end.
    pub fn finish(&mut self) -> Option<String> {
        let rest = std::mem::take(&mut self.partial);
        self.cut = false;
        if rest.is_empty() { None } else { Some(text(without_return(&rest))) }
    }

    /// The rest of a line has come, without its `\n`.
    fn complete(&mut self, bytes: &[u8], each: &mut impl FnMut(String)) {
        if self.partial.is_empty() && bytes.len() <= self.max_line {
            self.give_last(bytes, each);
        } else {
            self.take(bytes, each);
            let line = std::mem::take(&mut self.partial);
            self.give_last(&line, each);
            self.keep_little(line);
        }
        self.cut = false;
    }

    /// A cut line whose pieces were all given out already does not end in an empty one.
    fn give_last(&self, line: &[u8], each: &mut impl FnMut(String)) {
        let line = without_return(line);
        if !(line.is_empty() && self.cut) {
            each(text(line));
        }
    }

    /// Appends to the unfinished line and gives out pieces while it is too long.
    fn take(&mut self, mut bytes: &[u8], each: &mut impl FnMut(String)) {
        while self.partial.len() + bytes.len() > self.max_line {
            let (fitting, rest) = bytes.split_at(self.max_line - self.partial.len());
            self.partial.extend_from_slice(fitting);
            bytes = rest;
            // A character of which only the first bytes have come is the beginning of the next piece.
            let at = without_unfinished_character(&self.partial).len();
            each(text(&self.partial[..at]));
            self.partial.drain(..at);
            self.cut = true;
        }
        self.partial.extend_from_slice(bytes);
    }

    fn keep_little(&mut self, mut buffer: Vec<u8>) {
        buffer.clear();
        buffer.shrink_to(KEPT_CAPACITY);
        self.partial = buffer;
    }
}

fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn without_unfinished_character(bytes: &[u8]) -> &[u8] {
    match bytes.utf8_chunks().last() {
        Some(chunk) if is_beginning_of_character(chunk.invalid()) => {
            &bytes[..bytes.len() - chunk.invalid().len()]
        }
        _ => bytes,
    }
}

/// Whether these invalid bytes at the end may yet become a character.
fn is_beginning_of_character(invalid: &[u8]) -> bool {
    let Some(first) = invalid.first() else { return false };
    let wanted = match first {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => return false,
    };
    invalid.len() < wanted
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
