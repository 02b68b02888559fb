//! Reads the value that follows a mark.

use memchr::memchr2;
use std::borrow::Cow;

use super::Mark;

/// What follows a mark.
pub(super) enum Value<'a> {
    Is(Cow<'a, [u8]>),
    IsNot,
    IsUnfinished,
}

/// Reads what follows a mark, over the ends of an event's lines if need be.
pub(super) fn read(mark: Mark, data: &[u8], has_lines: bool) -> Value<'_> {
    if matches!(mark, Mark::LastEvent | Mark::LastLine) {
        return Value::Is(Cow::Borrowed(&[]));
    }
    let end = if has_lines { memchr2(b'\n', b'\r', data) } else { None };
    let Some(end) = end else { return read_json(mark, data) };
    match read_json(mark, &data[..end]) {
        Value::IsUnfinished => {}
        other => return other,
    }
    let (text, is_whole) = unfolded(data);
    match read_json(mark, &text) {
        Value::Is(value) => Value::Is(Cow::Owned(value.into_owned())),
        Value::IsUnfinished if is_whole => Value::IsNot,
        Value::IsUnfinished => Value::IsUnfinished,
        Value::IsNot => Value::IsNot,
    }
}

/// The text of the `data` lines, of which the first one was begun before, and whether the event
/// ends with them.
fn unfolded(data: &[u8]) -> (Vec<u8>, bool) {
    let (first, mut rest) = split_line(data);
    let mut text = first.to_vec();
    while let Some(lines) = rest {
        let (line, more) = split_line(lines);
        match line.strip_prefix(b"data:") {
            Some(value) => text.extend_from_slice(value),
            None if line.is_empty() && more.is_some() => return (text, true),
            None => {}
        }
        rest = more;
    }
    (text, false)
}

/// The first line, and what follows its end, if that is there.
fn split_line(data: &[u8]) -> (&[u8], Option<&[u8]>) {
    let Some(end) = memchr2(b'\n', b'\r', data) else { return (data, None) };
    let rest = &data[end + 1..];
    let rest = if data[end] == b'\r' { rest.strip_prefix(b"\n").unwrap_or(rest) } else { rest };
    (&data[..end], Some(rest))
}

/// Reads `: {…}`, or, after a reason, the beginning of a text, or all of a number, or, after what an
/// object is, what else it says.
fn read_json(mark: Mark, data: &[u8]) -> Value<'_> {
    if matches!(mark, Mark::ErrorObject | Mark::ErrorEvent) {
        return rest_of_object(data);
    }
    let Some((colon, rest)) = data.trim_ascii_start().split_first() else {
        return Value::IsUnfinished;
    };
    if *colon != b':' {
        return Value::IsNot;
    }
    let value = rest.trim_ascii_start();
    match (value.first(), mark) {
        (None, _) => Value::IsUnfinished,
        (Some(b'['), Mark::Choices) => match value[1..].trim_ascii_start() {
            [] => Value::IsUnfinished,
            [first, ..] => Value::Is(Cow::Borrowed(if *first == b']' { b"" } else { b"{" })),
        },
        (Some(b'"'), Mark::FinishReason) => Value::Is(Cow::Borrowed(&[])),
        (Some(b'{'), Mark::Usage | Mark::Timings | Mark::Error) => {
            object(value).map_or(Value::IsUnfinished, |object| Value::Is(Cow::Borrowed(object)))
        }
        (Some(b'0'..=b'9'), Mark::EventNumber) => {
            let end = value.iter().position(|byte| !byte.is_ascii_digit());
            end.map_or(Value::IsUnfinished, |end| Value::Is(Cow::Borrowed(&value[..end])))
        }
        (Some(_), _) => Value::IsNot,
    }
}

/// The members that follow, as an object of their own.
fn rest_of_object(data: &[u8]) -> Value<'_> {
    match data.trim_ascii_start().split_first() {
        None => Value::IsUnfinished,
        Some((b',', members)) => {
            let opened = [b"{", members].concat();
            object(&opened).map_or(Value::IsUnfinished, |whole| Value::Is(whole.to_vec().into()))
        }
        Some(_) => Value::IsNot,
    }
}

/// The object that the data begins with, if its end is there.
fn object(data: &[u8]) -> Option<&[u8]> {
    let (mut depth, mut is_in_text, mut is_escaped) = (0_usize, false, false);
    for (index, byte) in data.iter().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_in_text => is_escaped = true,
            b'"' => is_in_text = !is_in_text,
            b'{' if !is_in_text => depth += 1,
            b'}' if !is_in_text => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(&data[..=index]);
                }
            }
            _ => {}
        }
    }
    None
}
