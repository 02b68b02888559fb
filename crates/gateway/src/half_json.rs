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
    let slashes = rest.iter().rev().take_while(|byte| **byte == b'\\').count();
    if slashes % 2 == 1 {
        return b"\\\"".to_vec();
    }
    // In the middle of `\u0041`, perhaps.
    let digits = rest.iter().rev().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let before = &rest[..rest.len() - digits];
    let escapes = before.strip_suffix(b"u").is_some_and(|before| {
        before.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
    });
    let missing = if escapes { 4_usize.saturating_sub(digits) } else { 0 };
    let mut end = vec![b'0'; missing];
    end.push(b'"');
    end
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
