//! A configuration as a fault may show it: with nothing of what stands in an `env`, nor of what a key calls a secret.
//!
//! Faults go to terminals and into journals, and a file that is wrong may be wrong anywhere: what a parser makes of it
//! says too little. So the text itself is read as well, line by line, with no idea of what is right. What looks like an
//! `env`, or stands below one, keeps its keys, brackets and spaces; all else becomes stars. Where it is not clear any
//! more where an `env` ends, too much is hidden rather than too little. Every character keeps its place and its length.

use toml::de::{DeTable, DeValue};

use super::fault::Place;
use super::secret::is_secret;

/// What a file may show of itself.
pub(super) fn without_secrets(content: &str, table: &DeTable<'_>) -> String {
    let mut masked = String::with_capacity(content.len());
    let mut reader = Reader::default();
    content.split_inclusive('\n').for_each(|line| reader.read(line, &mut masked));
    let mut places = Vec::new();
    secret_places(table, false, &mut places);
    for place in places {
        let hidden: String = masked[place.clone()].chars().map(star).collect();
        masked.replace_range(place, &hidden);
    }
    masked
}

/// A star that takes as many bytes, so that all that follows stays where it is. Line ends stay line ends.
fn star(character: char) -> char {
    match character.len_utf8() {
        _ if character == '\n' => '\n',
        1 => '*',
        2 => '×',
        3 => '∗',
        _ => '🞶',
    }
}

/// The values, as the parser sees them, that are at or below an `env` or have a secret's name.
fn secret_places(table: &DeTable<'_>, within: bool, places: &mut Vec<Place>) {
    for (key, value) in table {
        let secret = within || is_environment(key.get_ref());
        match value.get_ref() {
            DeValue::Table(table) => secret_places(table, secret, places),
            DeValue::Array(array) if secret => {
                places.extend(array.iter().map(toml::Spanned::span));
            }
            _ if secret || is_secret(key.get_ref()) => places.push(value.span()),
            _ => {}
        }
    }
}

/// `env`, and what people write in its place.
fn is_environment(key: &str) -> bool {
    let key = key.to_lowercase();
    key.starts_with("env") && !matches!(key.as_str(), "env_file" | "env-file" | "envfile")
}

fn is_bare(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.')
}

/// A quote that waits for its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quote {
    /// Three of them, which go over lines.
    Long(char),
    /// One, which ends with the line and did not.
    Short(char),
}

impl Quote {
    /// The quote at the start of `text`, and how many bytes it takes.
    fn at(text: &str) -> Option<(Self, usize)> {
        let mark = text.chars().next().filter(|mark| matches!(mark, '"' | '\''))?;
        let long = text.chars().take_while(|next| *next == mark).count() >= 3;
        Some(if long { (Self::Long(mark), 3) } else { (Self::Short(mark), 1) })
    }

    /// Where the quoted text ends in `text`, the closing quote included.
    fn end(self, text: &str) -> Option<usize> {
        let (mark, length) = match self {
            Self::Long(mark) => (mark, 3),
            Self::Short(mark) => (mark, 1),
        };
        let mut escaped = false;
        for (at, character) in text.char_indices() {
            let rest = &text[at..];
            if !escaped && rest.chars().take(length).filter(|next| *next == mark).count() == length
            {
                return Some(at + length);
            }
            escaped = !escaped && character == '\\' && mark == '"';
        }
        None
    }
}

/// Reads lines, and knows what of an `env` is still open.
#[derive(Debug, Default)]
struct Reader {
    /// The section is an `env`, or below one.
    within: bool,
    quote: Option<Quote>,
    brackets: Vec<char>,
    /// The line ended where a value should begin.
    waits: bool,
}

impl Reader {
    fn read(&mut self, line: &str, masked: &mut String) {
        if matches!(self.quote, Some(Quote::Short(_))) && is_assignment(line) {
            self.quote = None;
        }
        if let Some(header) = self.header(line) {
            *self = Self { within: header.split('.').any(is_environment_part), ..Self::default() };
            masked.push_str(header);
            return self.hide(&line[header.len()..], masked, self.within);
        }
        let goes_on =
            self.within || self.quote.is_some() || !self.brackets.is_empty() || self.waits;
        if goes_on {
            return self.hide(line, masked, true);
        }
        match Start::find(line) {
            Some(Start::Environment(at)) => {
                masked.push_str(&line[..at]);
                self.hide(&line[at..], masked, true);
            }
            Some(Start::Secret(at)) => {
                masked.push_str(&line[..at]);
                Self::default().hide(&line[at..], masked, true);
            }
            None => masked.push_str(line),
        }
    }

    /// `[a.b]` at the start of the line, if it can be one where we are.
    fn header<'l>(&self, line: &'l str) -> Option<&'l str> {
        let text = line.trim_start();
        let name = text.strip_prefix('[')?.trim_start_matches('[').trim_start();
        let ours = ["process", "server"].iter().any(|known| name.starts_with(known));
        let in_text = matches!(self.quote, Some(Quote::Long(_)));
        if in_text || !(ours || (self.brackets.is_empty() && self.quote.is_none() && !self.waits)) {
            return None;
        }
        let end = name.find([']', '=', '{', '#', '\n']).unwrap_or(name.len());
        Some(&line[..line.len() - name.len() + end])
    }

    /// Writes `text` with stars in the place of all that is no key, bracket, mark or space, if it is `secret`.
    fn hide(&mut self, text: &str, masked: &mut String, secret: bool) {
        if !secret {
            masked.push_str(text);
            return;
        }
        let mut rest = text;
        let mut key_may_come = self.quote.is_none() && !self.waits;
        while let Some(character) = rest.chars().next() {
            let (length, shown) = match self.quote.take() {
                Some(quote) => (self.quoted(quote, rest), false),
                None => self.part(character, rest, key_may_come),
            };
            let (part, after) = rest.split_at(length);
            if shown {
                masked.push_str(part);
            } else {
                masked.extend(part.chars().map(star));
            }
            if !part.trim().is_empty() && (shown || character != '#') {
                key_may_come = shown && matches!(character, '{' | ',');
                self.waits = shown && matches!(character, '=' | ':');
            }
            rest = after;
        }
    }

    /// How long the quoted text is that `rest` begins within; what has no end there stays open.
    fn quoted(&mut self, quote: Quote, rest: &str) -> usize {
        quote.end(rest).unwrap_or_else(|| {
            self.quote = Some(quote);
            rest.trim_end_matches('\n').len().max(1)
        })
    }

    /// How long the part is that `rest` begins with, and whether it may be seen.
    fn part(&mut self, character: char, rest: &str, key_may_come: bool) -> (usize, bool) {
        if let Some((quote, length)) = Quote::at(rest) {
            return (length + self.quoted(quote, &rest[length..]).min(rest.len() - length), false);
        }
        match character {
            '#' => (rest.trim_end_matches('\n').len(), false),
            '{' | '[' => {
                self.brackets.push(character);
                (1, true)
            }
            '}' | ']' => {
                let opening = if character == '}' { '{' } else { '[' };
                self.brackets.pop_if(|open| *open == opening);
                (1, true)
            }
            ',' | '=' | ':' => (1, true),
            _ if character.is_whitespace() => (character.len_utf8(), true),
            _ => {
                let end = |next: char| next.is_whitespace() || "\"'#{}[],=:".contains(next);
                let length = rest.find(end).unwrap_or(rest.len());
                let (word, after) = rest.split_at(length);
                let is_key = key_may_come
                    && word.chars().all(is_bare)
                    && after.trim_start().starts_with(['=', ':']);
                (length, is_key)
            }
        }
    }
}

fn is_environment_part(part: &str) -> bool {
    is_environment(part.trim().trim_matches(['[', '"', '\'']))
}

/// `KEY = "value"`: where a quote was left open above, it is not within it.
fn is_assignment(line: &str) -> bool {
    line.split_once('=').is_some_and(|(key, value)| {
        let value = value.trim();
        let quoted = |mark| value.len() > 1 && value.starts_with(mark) && value.ends_with(mark);
        !key.trim().is_empty() && key.trim().chars().all(is_bare) && (quoted('"') || quoted('\''))
    })
}

/// From where on a line that belongs to no `env` has to be hidden.
enum Start {
    /// An `env` begins, which may go on below.
    Environment(usize),
    /// A name of a secret, whose value is on this line as far as can be seen.
    Secret(usize),
}

impl Start {
    fn find(line: &str) -> Option<Self> {
        let mut from = 0;
        while let Some(at) = line[from..].find(is_word).map(|at| from + at) {
            let length = line[at..].find(|next: char| !is_word(next)).unwrap_or(line.len() - at);
            let (word, after) = line[at..].split_at(length);
            let after = after.trim_start_matches(['"', '\'']).trim_start();
            let before = line[..at].trim_end_matches(['"', '\'']).trim_end();
            let at_key = before.is_empty() || before.ends_with(['{', ',', '.']);
            let assigned = after.starts_with(['=', ':']);
            let opened = at_key && after.starts_with(['.', '{', '[', '"', '\'']);
            if is_environment(word) && (assigned || opened) {
                return Some(Self::Environment(at));
            }
            if is_secret(word) && assigned {
                return Some(Self::Secret(at));
            }
            from = at + length;
        }
        None
    }
}

fn is_word(character: char) -> bool {
    is_bare(character) && character != '.'
}
