//! What holds for whatever a server sends. The fuzzer holds the readers to it, too.

use super::events::{Message, Parser};
use super::packet::{Packet, log_line, parse};
use crate::visible::{visible, visible_lines, visible_output, visible_text};

/// Events are the same however they come, and what is written as one is read as it.
pub(crate) fn assert_events(whole: &[u8], chunks: &[&[u8]]) {
    let events = events_of(&[whole]);
    assert_eq!(events_of(chunks), events, "in {chunks:?}");
    let written: String = events.iter().map(write).collect();
    assert_eq!(events_of(&[written.as_bytes()]), events, "{written:?}");
}

fn events_of(chunks: &[&[u8]]) -> Vec<Message> {
    let mut parser = Parser::default();
    chunks.iter().for_each(|chunk| parser.push(chunk));
    parser.complete.into()
}

fn write(message: &Message) -> String {
    let data: String = message.data.split('\n').map(|line| format!("data: {line}\n")).collect();
    format!("event: {}\n{data}\n", message.event)
}

/// A frame is read as the packet that it begins like, or as none. Numbers with very many digits may change a little.
pub(crate) fn assert_frame(text: &str) {
    match parse(text) {
        Packet::Event(name, payload) => {
            let again = format!("42{}", serde_json::json!([name, payload]));
            assert!(matches!(parse(&again), Packet::Event(same, _) if same == name), "{again}");
            if let Some(followed) = log_line(&name, payload) {
                assert_eq!(name, "log:line", "{followed:?}");
            }
        }
        Packet::Acknowledged(call, answer) => {
            let again = format!("43{call}[{answer}]");
            assert!(
                matches!(parse(&again), Packet::Acknowledged(same, _) if same == call),
                "{again}"
            );
        }
        Packet::Refused(_) => assert!(text.starts_with("44")),
        Packet::Connected => assert!(text.starts_with("40")),
        Packet::Open | Packet::Ping | Packet::Disconnected | Packet::Other => {}
    }
}

/// A terminal obeys nothing of a text, save for colours where they may be shown.
pub(crate) fn assert_harmless(text: &str) {
    let obeyed =
        |text: &str| text.chars().any(|one| one.is_control() && one != '\t' && one != '\n');
    for shown in [visible(text), visible_output(text, false)] {
        assert!(!obeyed(&shown) && !shown.contains('\n'), "{shown:?}");
    }
    assert!(!obeyed(&visible_text(text)), "{text:?}");
    for shown in [visible_output(text, true), visible_lines(text)] {
        assert!(!obeyed(&without_colours(&shown)), "{shown:?}");
    }
}

/// The text without the sequences that set colours, which begin with `ESC [` and end in `m`.
fn without_colours(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |kept, part| {
        let rest = part.trim_start_matches(|one: char| matches!(one, '0'..='9' | ';' | ':'));
        let rest = rest.strip_prefix('m').expect("a sequence that sets a colour");
        kept + rest
    })
}
