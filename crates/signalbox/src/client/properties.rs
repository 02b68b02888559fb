//! The rules, on what looks like a server's words.

use proptest::prelude::*;

use super::rules::{assert_events, assert_frame, assert_harmless};

const PARTS: [&str; 16] = [
    "data",
    "event",
    "id",
    ":",
    " ",
    "\n",
    "\r",
    "\n\n",
    "\r\n",
    "{\"a\":1}",
    "ü",
    "42",
    "43",
    "7",
    "[\"log:line\",{}]",
    "[1]",
];

fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        8 => prop::sample::select(&PARTS[..]).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    prop::collection::vec(part, 0..30).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn events_are_the_same_however_they_come(text in text(), size in 1usize..9) {
        let chunks: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
        assert_events(text.as_bytes(), &chunks);
    }

    #[test]
    fn frames_are_read_as_what_they_are(text in text(), kind in "[0-4]{0,3}") {
        assert_frame(&format!("{kind}{text}"));
    }

    #[test]
    fn a_terminal_obeys_nothing(parts in prop::collection::vec("\\PC{0,3}|\\x1b\\[[0-9;:]{0,4}[mJ]?|[\x00-\x1f\x7f-\u{9f}]", 0..9)) {
        assert_harmless(&parts.concat());
    }
}
