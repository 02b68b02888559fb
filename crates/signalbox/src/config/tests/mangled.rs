//! Whatever a file says, it is read or told what is wrong with it.

use proptest::prelude::*;

use super::read;
use super::rules::{assert_read, assert_variables};

const GOOD: &str = "\u{feff}# ä\r
[server]\r
listen = \"127.0.0.1:0\"\r
[process.a]\r
\tcommand = [\"x\", \"{port}\"]\r
port = 4_000\r
env = { API_KEY = \"sëcret\", B = '''\nx''' }\r
ready.stdout = \"\"\"on\\\r
   {port}\"\"\"\r
[process.\"b\"]
builtin = \"qwen-proxy\"
after = [\"a\"]
liveness = { http = \"/h\", failures = 0x3 }
";

/// What people and editors leave behind.
const PIECES: [&str; 16] = [
    "",
    "\n",
    "\r",
    "\t",
    "\"",
    "'''",
    "[",
    "]",
    "{",
    "}",
    "=",
    ".",
    ",",
    "ü",
    "\u{0}",
    "[process.a]\n",
];

/// Puts `piece` in the place of `length` characters from the one at `at`.
fn splice(text: &str, at: usize, length: usize, piece: &str) -> String {
    let kept: Vec<char> = text.chars().collect();
    let start = at % (kept.len() + 1);
    let end = (start + length).min(kept.len());
    kept[..start].iter().copied().chain(piece.chars()).chain(kept[end..].iter().copied()).collect()
}

proptest! {
    #[test]
    fn nothing_that_is_written_brings_the_reader_down(
        edits in prop::collection::vec((0usize..2_000, 0usize..12, 0usize..PIECES.len()), 1..6)
    ) {
        let mangled = edits.iter().fold(GOOD.to_owned(), |text, (at, length, piece)| {
            splice(&text, *at, *length, PIECES[*piece])
        });
        assert_read(&mangled);
    }

    #[test]
    fn whatever_stands_in_an_env_file_is_read_or_refused_with_its_place(
        parts in prop::collection::vec(
            prop::sample::select(&["KEY", "export ", "=", "'", "\"", "\\", "\\n", "#", " ", "\n", "\r\n", "$x", "ü", "\0", "a b"][..]),
            0..30,
        )
    ) {
        assert_variables(&parts.concat());
    }
}

#[test]
fn the_file_is_good_before_it_is_mangled() {
    assert!(read(GOOD).is_ok(), "{}", read(GOOD).unwrap_err());
    assert_read(GOOD);
}
