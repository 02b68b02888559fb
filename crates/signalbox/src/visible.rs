//! Text that others wrote, made harmless for a terminal.
//!
//! A terminal obeys what it is sent: a process could clear the screen, rename the window, write to the clipboard or
//! paint a line that says something else. So nothing of it goes to standard output or standard error as it came; it
//! is shown as `\u001b`, which JSON reads as the same text. Colours are the one thing that a process may send, where it
//! is its own output that is shown, on a terminal.

use std::borrow::Cow;
use std::fmt::Write;

/// Ends all colours.
const RESET: &str = "\u{1b}[0m";

/// What becomes of colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Colours {
    Keep,
    Drop,
    Show,
}

/// A name or a message: one line without anything that a terminal would obey.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    clean(text, Colours::Show, false)
}

/// A line of a process's output, with its colours if `colours` are wanted. They end with the line.
pub(crate) fn visible_output(text: &str, colours: bool) -> Cow<'_, str> {
    let cleaned = clean(text, if colours { Colours::Keep } else { Colours::Drop }, false);
    if colours && cleaned.contains('\u{1b}') {
        return Cow::Owned(format!("{cleaned}{RESET}"));
    }
    cleaned
}

/// What this program says, on one line or more, with no colours at all: whatever is in it, others may have chosen.
pub(crate) fn visible_text(text: &str) -> Cow<'_, str> {
    clean(text, Colours::Show, true)
}

/// What this program says, on one line or more, with colours of its own: the last look before it goes out. What others
/// have chosen was made harmless before it was put into it.
pub(crate) fn visible_lines(text: &str) -> Cow<'_, str> {
    clean(text, Colours::Keep, true)
}

/// A line of this program's log, with colours of its own if `colours` are wanted.
pub(crate) fn visible_line(text: &str, colours: bool) -> Cow<'_, str> {
    clean(text, if colours { Colours::Keep } else { Colours::Show }, false)
}

fn clean(text: &str, colours: Colours, lines: bool) -> Cow<'_, str> {
    let harmless = |character| !is_obeyed(character) || (lines && character == '\n');
    if text.chars().all(harmless) {
        return Cow::Borrowed(text);
    }
    let mut cleaned = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let colour = if colours == Colours::Show { None } else { colour(rest) };
        let (taken, after) = rest.split_at(colour.unwrap_or(character.len_utf8()));
        rest = after;
        if colour.is_some() {
            cleaned.push_str(if colours == Colours::Keep { taken } else { "" });
        } else if harmless(character) {
            cleaned.push(character);
        } else {
            // Writing to a text cannot fail.
            let _written = write!(cleaned, "\\u{:04x}", u32::from(character));
        }
    }
    Cow::Owned(cleaned)
}

/// Control characters but the tab, and those that turn the order of what follows them round.
fn is_obeyed(character: char) -> bool {
    (character.is_control() && character != '\t')
        || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// How long the sequence is that `text` begins with, if that is one that sets colours: `ESC [ 1 ; 31 m`.
fn colour(text: &str) -> Option<usize> {
    let parameters = text.strip_prefix("\u{1b}[")?;
    let end = parameters.find(|next: char| !matches!(next, '0'..='9' | ';' | ':'))?;
    parameters[end..].starts_with('m').then_some(text.len() - parameters.len() + end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: &str = "\u{1b}[31mred\u{1b}[0m";

    #[test]
    fn a_terminal_obeys_nothing_of_a_name() {
        for (text, shown) in [
            ("plain ä 漢\ttab", "plain ä 漢\ttab"),
            (RED, "\\u001b[31mred\\u001b[0m"),
            ("\u{1b}]0;title\u{7}", "\\u001b]0;title\\u0007"),
            ("\u{9b}2J\u{7f}\0", "\\u009b2J\\u007f\\u0000"),
            ("a\rb\nc\u{202e}d", "a\\u000db\\u000ac\\u202ed"),
        ] {
            assert_eq!(visible(text), shown);
        }
    }

    #[test]
    fn colours_of_output_are_kept_on_a_terminal_alone_and_nothing_else_is() {
        assert_eq!(visible_output(RED, true), format!("{RED}{RESET}"));
        assert_eq!(visible_output(RED, false), "red");
        assert_eq!(visible_output("\u{1b}[2J\u{1b}[1;5H", true), "\\u001b[2J\\u001b[1;5H");
        assert_eq!(visible_output("\u{1b}[38:2:1:2:3mx", false), "x");
        assert_eq!(visible_output("\u{1b}[31", true), "\\u001b[31");
        assert_eq!(visible_output("\u{1b}[?25l\u{1b}[m", false), "\\u001b[?25l");
    }

    #[test]
    fn what_this_program_says_has_lines_and_colours() {
        let table = format!("a {RED}\nb \u{1b}[2K");
        assert_eq!(visible_lines(&table), format!("a {RED}\nb \\u001b[2K"));
        assert_eq!(visible_text("a\n\tb \u{1b}[8m\u{85}"), "a\n\tb \\u001b[8m\\u0085");
        assert_eq!(visible_line("one\ntwo", true), "one\\u000atwo");
    }

    #[test]
    fn json_stays_the_same_text() {
        let text = "\u{1b}[31m\u{9b}\u{7f}\u{202e}\n";
        let json = serde_json::to_string(text).unwrap();
        let shown = visible_lines(&json);
        assert!(!shown.chars().any(is_obeyed), "{shown}");
        assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
    }
}
