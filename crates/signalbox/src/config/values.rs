//! Single values of the configuration: what each may be, said in words where it is something else.

use std::net::SocketAddr;
use std::time::Duration;

use toml::Spanned;
use toml::de::DeValue;

use super::fault::Fault;

/// A value with its place.
pub(super) type Value<'d> = Spanned<DeValue<'d>>;

/// A value that was read, or all that is wrong with it.
pub(super) type Read<T> = Result<T, Vec<Fault>>;

/// One thing wrong.
pub(super) fn wrong<T>(fault: Fault) -> Read<T> {
    Err(vec![fault])
}

/// A value's type, in words.
pub(super) fn found(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a decimal number",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}

/// That something else was expected.
pub(super) fn mismatch(value: &Value<'_>, expected: &str) -> Fault {
    let title = format!("wrong type: expected {expected}, found {}", found(value.get_ref()));
    Fault::at(value.span(), title).maybe_help(spelling(value.get_ref(), expected))
}

/// How the value that was given would be written as what was expected.
fn spelling(value: &DeValue<'_>, expected: &str) -> Option<String> {
    let wants = |word: &str| expected.contains(word);
    match value {
        DeValue::Integer(number) if wants("duration") => Some(format!(
            "durations carry a unit: \"{}s\" or \"{}ms\"",
            number.as_str(),
            number.as_str()
        )),
        DeValue::Integer(number) if wants("string") => {
            Some(format!("write \"{}\"", number.as_str()))
        }
        DeValue::Boolean(value) if wants("string") => Some(format!("write \"{value}\"")),
        DeValue::String(text) if wants("array") && !wants("string or") => {
            Some(format!("write [{:?}]", text.as_ref()))
        }
        DeValue::String(text) if unquoted(text, expected) => {
            Some(format!("write {text} without quotes"))
        }
        _ => None,
    }
}

fn unquoted(text: &str, expected: &str) -> bool {
    (expected.contains("boolean") && matches!(text, "true" | "false"))
        || (expected.contains("integer") && text.parse::<u32>().is_ok())
}

/// A text. NUL ends texts for the operating system, so none may have one.
pub(super) fn text(value: &Value<'_>) -> Read<String> {
    let DeValue::String(text) = value.get_ref() else {
        return wrong(mismatch(value, "a string"));
    };
    if text.contains('\0') {
        return wrong(Fault::at(value.span(), "a text must not contain the character NUL"));
    }
    Ok(text.clone().into_owned())
}

/// A text that says something.
pub(super) fn filled_text(value: &Value<'_>) -> Read<String> {
    let text = text(value)?;
    if text.trim().is_empty() {
        return wrong(Fault::at(value.span(), "this must not be empty"));
    }
    Ok(text)
}

/// `true` or `false`.
pub(super) fn boolean(value: &Value<'_>) -> Read<bool> {
    match value.get_ref() {
        DeValue::Boolean(boolean) => Ok(*boolean),
        _ => wrong(mismatch(value, "a boolean (true or false)")),
    }
}

/// A whole number within `least..=most`.
pub(super) fn whole(value: &Value<'_>, least: u32, most: u32) -> Read<u32> {
    let DeValue::Integer(number) = value.get_ref() else {
        return wrong(mismatch(value, "an integer"));
    };
    let parsed = i64::from_str_radix(number.as_str(), number.radix()).ok();
    match parsed.and_then(|number| u32::try_from(number).ok()) {
        Some(number) if (least..=most).contains(&number) => Ok(number),
        _ => {
            let title = format!("out of range: {number}");
            wrong(Fault::at(value.span(), title).help(format!("from {least} to {most}")))
        }
    }
}

/// A TCP port that can be connected to.
pub(super) fn port(value: &Value<'_>) -> Read<u16> {
    let number = whole(value, 1, u32::from(u16::MAX)).map_err(|faults| {
        let help = "a port is a number from 1 to 65535; leave it out if the process serves none";
        faults.into_iter().map(|fault| fault.help(help)).collect::<Vec<_>>()
    })?;
    Ok(u16::try_from(number).unwrap_or(u16::MAX))
}

/// Clocks can be added to this, and nobody waits longer.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// A duration with its unit, such as `30s`, `200ms`, `1m30s`; longer than zero.
pub(super) fn duration(value: &Value<'_>) -> Read<Duration> {
    let DeValue::String(text) = value.get_ref() else {
        return wrong(mismatch(value, "a duration such as \"30s\""));
    };
    let fault = |title: String| {
        let help = "a number and its unit: \"200ms\", \"30s\", \"1m30s\"";
        wrong(Fault::at(value.span(), title).help(help))
    };
    match humantime::parse_duration(text) {
        Ok(duration) if duration.is_zero() => {
            fault("a duration must be longer than zero".to_owned())
        }
        Ok(duration) if duration > LONGEST => {
            fault(format!("the duration {:?} is longer than a year", text.as_ref()))
        }
        Ok(duration) => Ok(duration),
        Err(reason) => {
            fault(format!("bad duration {:?}: {}", text.as_ref(), lower(&reason.to_string())))
        }
    }
}

/// Each text of an array, with its place.
pub(super) fn texts(value: &Value<'_>) -> Read<Vec<Spanned<String>>> {
    let DeValue::Array(array) = value.get_ref() else {
        return wrong(mismatch(value, "an array of strings"));
    };
    let mut texts = Vec::new();
    let mut faults = Vec::new();
    for element in array.iter() {
        match text(element) {
            Ok(text) => texts.push(Spanned::new(element.span(), text)),
            Err(found) => faults.extend(found),
        }
    }
    if faults.is_empty() { Ok(texts) } else { Err(faults) }
}

/// One of a few words.
pub(super) fn word<T: Copy>(value: &Value<'_>, known: &[(&str, T)]) -> Read<T> {
    let given = text(value)?;
    if let Some((_, meaning)) = known.iter().find(|(word, _)| *word == given) {
        return Ok(*meaning);
    }
    let words: Vec<String> = known.iter().map(|(word, _)| format!("{word:?}")).collect();
    let help = match super::nearest::nearest(&given, known.iter().map(|(word, _)| *word)) {
        Some(near) => format!("did you mean {near:?}? Possible: {}", words.join(", ")),
        None => format!("possible: {}", words.join(", ")),
    };
    wrong(Fault::at(value.span(), format!("unknown value {given:?}")).help(help))
}

/// A path of a URL.
pub(super) fn url_path(value: &Value<'_>) -> Read<String> {
    let path = text(value)?;
    let fault = |title: &str, help: String| wrong(Fault::at(value.span(), title).help(help));
    if !path.starts_with('/') {
        let help = format!("write {:?}; its port is the process's own", format!("/{path}"));
        return fault("a path must start with `/`", help);
    }
    match path.parse::<http::uri::PathAndQuery>() {
        Ok(_) => Ok(path),
        Err(reason) => fault("this is not a path of a URL", reason.to_string()),
    }
}

/// An address to listen on.
pub(super) fn address(value: &Value<'_>) -> Read<SocketAddr> {
    let given = text(value)?;
    parse_address(&given)
        .map_err(|help| vec![Fault::at(value.span(), format!("bad address {given:?}")).help(help)])
}

/// `IP:PORT` or `localhost:PORT`; else what to write instead.
pub(crate) fn parse_address(given: &str) -> Result<SocketAddr, String> {
    let literal = given
        .strip_prefix("localhost:")
        .map_or_else(|| given.to_owned(), |port| format!("127.0.0.1:{port}"));
    literal
        .parse()
        .map_err(|_| "an IP address and a port, such as 127.0.0.1:3002 or [::1]:3002".to_owned())
}

/// The first letter small, as the rest of our messages have it.
pub(super) fn lower(message: &str) -> String {
    let mut characters = message.chars();
    characters
        .next()
        .map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}

/// The operating system's reason, without its number.
pub(crate) fn reason(error: &std::io::Error) -> String {
    let said = error.to_string();
    let without_number = said.split(" (os error").next().unwrap_or(&said);
    lower(without_number)
}
