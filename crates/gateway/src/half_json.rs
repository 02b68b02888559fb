//! Finishes a JSON object that breaks off in its middle, in as few bytes as will do. Its cases are
//! tested with the events that they are in (`half_event`).

use serde::de::IgnoredAny;

/// Where in an object or a list its text ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Where a name or the end of an object may come.
    Start,
    /// Behind the name of a member.
    Name,
    /// Where a value has to come.
    Before,
    /// In a number or a word that begins here.
    Word(usize),
    Behind,
}

/// What finishes an object that was begun, with the member of this `error`.
pub(crate) fn finished(json: &[u8], error: &[u8]) -> Option<Vec<u8>> {
    if json.trim_ascii().is_empty() {
        return Some(error.to_vec());
    }
    let mut end = Half::read(json).closing(json)?;
    end.extend_from_slice(error.strip_prefix(b"{")?);
    let whole = [json, &end].concat();
    // Of what is no JSON to begin with, nothing can be made.
    is_json(&whole).then_some(end)
}

pub(crate) fn is_json(text: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(text).is_ok()
}

/// An object or a list that breaks off, as far as that matters for closing it.
struct Half {
    /// The brackets that are open, the outermost first.
    open: Vec<u8>,
    place: Place,
    /// What ends the string that it breaks off in; empty where it is in none.
    end: Vec<u8>,
}

impl Half {
    fn read(json: &[u8]) -> Self {
        let mut half = Self { open: Vec::new(), place: Place::Before, end: Vec::new() };
        let mut at = 0;
        while let Some(&byte) = json.get(at) {
            at += 1;
            if byte == b'"' {
                let rest = &json[at..];
                let length = string(rest);
                at += length.unwrap_or(rest.len());
                half.end = if length.is_none() { string_end(rest) } else { Vec::new() };
            }
            half.passed(byte, at - 1);
        }
        half
    }

    /// A byte at this place in the text has passed; of a string, its first one.
    fn passed(&mut self, byte: u8, at: usize) {
        let is_in_object = self.open.last() == Some(&b'{');
        self.place = match byte {
            b'"' if is_in_object && self.place == Place::Start => Place::Name,
            b'"' => Place::Behind,
            b'{' => {
                self.open.push(byte);
                Place::Start
            }
            b'[' => {
                self.open.push(byte);
                Place::Behind
            }
            b'}' | b']' => {
                self.open.pop();
                Place::Behind
            }
            b',' if is_in_object => Place::Start,
            b',' | b':' => Place::Before,
            byte if byte.is_ascii_whitespace() => match self.place {
                Place::Word(_) => Place::Behind,
                place => place,
            },
            _ => match self.place {
                Place::Word(start) => Place::Word(start),
                _ => Place::Word(at),
            },
        };
    }

    /// What closes all but the outermost object, and makes room for a member of that; `json` is what
    /// was read. None where it is no object: only those can have an error.
    fn closing(self, json: &[u8]) -> Option<Vec<u8>> {
        let Self { open, place, mut end } = self;
        let (outermost, inner) = open.split_first()?;
        if *outermost != b'{' {
            return None;
        }
        let needs_name = json.trim_ascii_end().ends_with(b",") && open.last() == Some(&b'{');
        match place {
            Place::Name => end.extend_from_slice(b":null"),
            Place::Before => end.extend_from_slice(b"null"),
            Place::Word(start) => end.extend_from_slice(word_end(&json[start..])),
            Place::Start if needs_name && !inner.is_empty() => end.extend_from_slice(b"\"\":null"),
            Place::Start | Place::Behind => {}
        }
        end.extend(inner.iter().rev().map(|byte| if *byte == b'{' { b'}' } else { b']' }));
        if !inner.is_empty() || place != Place::Start {
            end.push(b',');
        }
        Some(end)
    }
}

/// How many bytes the rest of a string has, with its quote.
fn string(rest: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match rest.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// What ends a string, of which this is all that there is.
fn string_end(rest: &[u8]) -> Vec<u8> {
    // Of two escapes that are one character, the first one has passed.
    let mut awaits_second = false;
    let mut at = 0;
    while let Some(&byte) = rest.get(at) {
        if byte != b'\\' {
            awaits_second = false;
            at += 1;
            continue;
        }
        let second = if awaits_second { &b"dc00"[..] } else { b"0000" };
        match &rest[at + 1..] {
            [] if awaits_second => return b"udc00\"".to_vec(),
            [] => return b"\\\"".to_vec(),
            [b'u', digits @ ..] => {
                let digits = &digits[..digits.len().min(4)];
                let missing = &second[digits.len()..];
                let code = [digits, missing].concat();
                awaits_second = !awaits_second && is_first_of_two(&code);
                if !missing.is_empty() {
                    let other = if awaits_second { &b"\\udc00"[..] } else { b"" };
                    return [missing, other, b"\""].concat();
                }
                at += 6;
            }
            [_, ..] => {
                awaits_second = false;
                at += 2;
            }
        }
    }
    let other = if awaits_second { &b"\\udc00"[..] } else { b"" };
    [character_end(rest), other, b"\""].concat()
}

/// Whether an escape has these digits that another one has to follow: a high surrogate.
fn is_first_of_two(code: &[u8]) -> bool {
    matches!(code, [b'd' | b'D', b'8' | b'9' | b'a' | b'b' | b'A' | b'B', ..])
}

/// What is missing of the character that this text breaks off in.
pub(crate) fn character_end(text: &[u8]) -> &'static [u8] {
    let Err(error) = std::str::from_utf8(text) else { return b"" };
    // What is wrong before the end cannot be mended.
    if error.error_len().is_some() {
        return b"";
    }
    match &text[error.valid_up_to()..] {
        // Not every second byte may follow these.
        [0xe0] => &[0xa0, 0x80],
        [0xf0] => &[0x90, 0x80, 0x80],
        [0xc0..=0xdf] => &[0x80],
        [0xe1..=0xef] | [0xf1..=0xf4, _] => &[0x80, 0x80],
        [0xf1..=0xf4] => &[0x80, 0x80, 0x80],
        [0xf0, _] => &[0x80, 0x80],
        _ => &[0x80],
    }
}

/// What is missing of a word or a number.
fn word_end(word: &[u8]) -> &'static [u8] {
    for whole in [&b"true"[..], b"false", b"null"] {
        if whole.starts_with(word) {
            return &whole[word.len()..];
        }
    }
    if word.last().is_some_and(u8::is_ascii_digit) { b"" } else { b"0" }
}
