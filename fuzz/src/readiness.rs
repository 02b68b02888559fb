//! The pattern of `ready.stdout`, from the configuration to the line that makes a process ready.

use regex::Regex;
use serde_json::json;

use crate::configuration::read;
use crate::pieces::pieces;
use crate::supervision::ready_rules::assert_search;

/// The first line is a pattern, what follows is the output.
pub fn ready(data: &[u8]) {
    let Some(end) = data.iter().position(|byte| *byte == b'\n') else { return };
    let Ok(pattern) = std::str::from_utf8(&data[..end]) else { return };
    let Some(pattern) = accepted(pattern) else { return };
    if let Some((output, chunks)) = pieces(&data[end + 1..]) {
        assert_search(&pattern, output, &chunks);
    }
}

/// The pattern as the configuration has it, which takes whatever is one.
fn accepted(pattern: &str) -> Option<Regex> {
    // A text of JSON is one of TOML, but for DEL, which TOML wants to be escaped.
    let text = json!(pattern).to_string().replace('\u{7f}', "\\u007f");
    let file = format!("[process.a]\ncommand = [\"x\"]\nport = 4000\nready.stdout = {text}\n");
    let expected = Regex::new(&pattern.replace("{port}", "4000")).ok();
    let says_something = !pattern.trim().is_empty() && !pattern.contains('\0');
    let config = read(&file).ok();
    assert_eq!(config.is_some(), says_something && expected.is_some(), "{pattern:?}");
    let regex = config?.processes.first()?.ready.stdout.clone();
    assert_eq!(regex.as_ref().map(Regex::as_str), expected.as_ref().map(Regex::as_str));
    regex
}
