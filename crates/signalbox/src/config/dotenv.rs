//! `.env` files: `KEY=VALUE` lines, as shells and most tools write them.
//!
//! Comments start with `#` (in an unquoted value, after white space), `export` before a key is passed over, single
//! quotes keep everything as it is, double quotes know `\n`, `\r`, `\t`, `\"`, `\\` and `\$`. Nothing is expanded: a password with a
//! `$` in it stays what it is.

use std::ops::Range;

/// What is wrong in such a file, and where, in bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed {
    pub(super) place: Range<usize>,
    pub(super) reason: &'static str,
}

/// The pairs of the file in its order, or every line that is none.
pub(super) fn parse(content: &str) -> Result<Vec<(String, String)>, Vec<Malformed>> {
    let mut pairs = Vec::new();
    let mut malformed = Vec::new();
    let mut rest = content.strip_prefix('\u{feff}').unwrap_or(content);
    while !rest.is_empty() {
        let start = content.len() - rest.len();
        let line_end = rest.find('\n').map_or(rest.len(), |at| at + 1);
        match entry(rest) {
            Ok((pair, used)) => {
                malformed.extend(nul(pair.as_ref(), &rest[..used], start));
                pairs.extend(pair);
                rest = &rest[used..];
            }
            Err(reason) => {
                let line = rest[..line_end].trim_end();
                malformed.push(Malformed { place: start..start + line.len(), reason });
                rest = &rest[line_end..];
            }
        }
    }
    if malformed.is_empty() { Ok(pairs) } else { Err(malformed) }
}

/// The first NUL of a value, which ends texts for the operating system. `text` is the pair's own, from `start` of the file
/// on; in a comment after it, NUL does no harm.
fn nul(pair: Option<&(String, String)>, text: &str, start: usize) -> Option<Malformed> {
    let (_, value) = pair?;
    let at = value.contains('\0').then(|| text.find('\0')).flatten()?;
    let place = start + at..start + at + 1;
    Some(Malformed { place, reason: "a text must not contain the character NUL" })
}

type Entry = (Option<(String, String)>, usize);

/// The entry at the start of `text`, which may be blank or a comment, and how many bytes it takes with its line end.
fn entry(text: &str) -> Result<Entry, &'static str> {
    let line_end = text.find('\n').map_or(text.len(), |at| at + 1);
    let line = text[..line_end].trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok((None, line_end));
    }
    let equals = text[..line_end].find('=').ok_or("expected KEY=VALUE")?;
    let key = key(&text[..equals])?;
    let value_start = equals + 1 + blanks(&text[equals + 1..line_end]);
    let (value, used) = value(&text[value_start..], line_end - value_start)?;
    Ok((Some((key, value)), value_start + used))
}

fn key(text: &str) -> Result<String, &'static str> {
    let trimmed = text.trim();
    let key = trimmed.strip_prefix("export ").unwrap_or(trimmed).trim();
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    if key.is_empty() || !key.bytes().all(legal) {
        return Err("a name has letters, digits and `_` only");
    }
    Ok(key.to_owned())
}

fn blanks(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\t']).len()
}

/// The value at the start of `text`, and how many bytes it takes with its line end.
fn value(text: &str, line_end: usize) -> Result<(String, usize), &'static str> {
    match text.bytes().next() {
        Some(b'\'') => {
            let end = text[1..].find('\'').ok_or("the quote `'` is not closed")? + 1;
            after_quote(text, end + 1).map(|used| (text[1..end].to_owned(), used))
        }
        Some(b'"') => {
            let (value, end) = double_quoted(text)?;
            after_quote(text, end).map(|used| (value, used))
        }
        _ => {
            let line = &text[..line_end];
            Ok((without_comment(line).trim().to_owned(), line_end))
        }
    }
}

fn without_comment(line: &str) -> &str {
    let comment = line.char_indices().find(|(at, character)| {
        *character == '#' && (*at == 0 || line[..*at].ends_with([' ', '\t']))
    });
    comment.map_or(line, |(at, _)| &line[..at])
}

/// After a closing quote the line must end, save for a comment.
fn after_quote(text: &str, end: usize) -> Result<usize, &'static str> {
    let rest = &text[end..];
    let line_end = rest.find('\n').map_or(rest.len(), |at| at + 1);
    let trailing = rest[..line_end].trim();
    if trailing.is_empty() || trailing.starts_with('#') {
        Ok(end + line_end)
    } else {
        Err("something follows the closing quote")
    }
}

fn double_quoted(text: &str) -> Result<(String, usize), &'static str> {
    let mut value = String::new();
    let mut characters = text.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Ok((value, at + 1)),
            '\\' => match characters.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, 'r')) => value.push('\r'),
                Some((_, 't')) => value.push('\t'),
                Some((_, escaped @ ('"' | '\\' | '$'))) => value.push(escaped),
                Some((_, other)) => value.extend(['\\', other]),
                None => break,
            },
            other => value.push(other),
        }
    }
    Err("the quote `\"` is not closed")
}

#[cfg(test)]
mod tests {
    use super::{Malformed, parse};

    #[track_caller]
    fn check(content: &str, expected: &[(&str, &str)]) {
        let pairs: Vec<(String, String)> =
            expected.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        assert_eq!(parse(content), Ok(pairs), "{content:?}");
    }

    #[test]
    fn lines_are_read_as_other_tools_read_them() {
        check("A=1\nB=two words\n", &[("A", "1"), ("B", "two words")]);
        check("# comment\n\n export A = 1 # why\n", &[("A", "1")]);
        check("A=a#b\r\nB=\r\n", &[("A", "a#b"), ("B", "")]);
        check("A='$x \\n'  # kept\nB=\"a\\n\\\"b\\\"\"", &[("A", "$x \\n"), ("B", "a\n\"b\"")]);
        check("A=\"two\nlines\"\nB=pa$$word", &[("A", "two\nlines"), ("B", "pa$$word")]);
        check("\u{feff}A=#\nB= #x\nC=ü=ü", &[("A", ""), ("B", ""), ("C", "ü=ü")]);
        check("", &[]);
    }

    #[track_caller]
    fn refused(content: &str, place: std::ops::Range<usize>, reason: &'static str) {
        assert_eq!(parse(content), Err(vec![Malformed { place, reason }]), "{content:?}");
    }

    #[test]
    fn what_is_no_pair_is_refused_with_its_place() {
        refused("A=1\nnonsense\nB=2", 4..12, "expected KEY=VALUE");
        refused("A B=1", 0..5, "a name has letters, digits and `_` only");
        refused("A='x", 0..4, "the quote `'` is not closed");
        refused("A=\"x\" y\n", 0..7, "something follows the closing quote");
        refused("A=\"x\\", 0..5, "the quote `\"` is not closed");
        refused("A=\"x\ny\0\0\"\nB=2 # \0", 6..7, "a text must not contain the character NUL");
    }
}
