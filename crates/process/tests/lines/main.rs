//! Output becomes lines, whatever the chunks.

mod rules;

use process::Lines;
use proptest::prelude::*;

use rules::{assert_whole, cut, lines_of, plain};

#[track_caller]
fn check(max: usize, chunks: &[&[u8]], expected: &[&str]) {
    assert_eq!(lines_of(max, chunks.iter().copied()), expected);
}

#[test]
fn lines_end_with_either_ending_or_the_end() {
    check(100, &[b"a\nb\r\nc"], &["a", "b", "c"]);
    check(100, &[b"a\r", b"\nb"], &["a", "b"]);
    check(100, &[b"\n\r\n\n"], &["", "", ""]);
    check(100, &[b"a\rb\n"], &["a\rb"]);
    check(100, &[b"a\r"], &["a"]);
    check(100, &[], &[]);
    check(100, &[b"", b"a", b"", b"\n"], &["a"]);
}

#[test]
fn a_character_in_two_chunks_is_one() {
    check(100, &[b"\xe2\x9c", b"\x93 ok\n"], &["✓ ok"]);
    check(100, &[b"\xf0", b"\x9f", b"\x9a", b"\xa6"], &["🚦"]);
    check(100, &[b"a\xffb\xe2\n"], &["a\u{fffd}b\u{fffd}"]);
}

#[test]
fn a_long_line_comes_in_pieces() {
    check(4, &[b"abcd\n"], &["abcd"]);
    check(4, &[b"abcde\n"], &["abcd", "e"]);
    check(4, &[b"abcdefgh\n"], &["abcd", "efgh"]);
    check(4, &[b"abcd\r\nx"], &["abcd", "x"]);
    check(4, &[b"abcdefgh\r\n\n"], &["abcd", "efgh", ""]);
    check(4, &["abc✓d\n".as_bytes()], &["abc", "✓d"]);
    // What is no character is cut anywhere, not before the one in front of it.
    check(4, &[b"$$$\x9a\xa6x"], &["$$$\u{fffd}", "\u{fffd}x"]);
    check(4, &[b"ab\xe0\x80\x80x"], &["ab\u{fffd}\u{fffd}", "\u{fffd}x"]);
    check(4, &[&[0x80; 9]], &["\u{fffd}".repeat(4).as_str(), &"\u{fffd}".repeat(4), "\u{fffd}"]);
}

#[test]
fn a_hundred_megabytes_without_an_end_take_little_memory() {
    let mut lines = Lines::new(64 * 1024);
    let (mut pieces, mut bytes) = (0, 0);
    for _ in 0..1600 {
        lines.push(&[b'x'; 65536], |piece| {
            assert!(piece.len() <= 65536);
            pieces += 1;
            bytes += piece.len();
        });
        assert!(lines.partial().unwrap().len() <= 65536);
    }
    bytes += lines.finish().unwrap().len();
    assert_eq!((pieces, bytes), (1599, 1600 * 65536));
}

#[test]
fn the_unfinished_line_can_be_seen() {
    let mut lines = Lines::new(100);
    assert_eq!(lines.partial(), None);
    lines.push(b"done\nlisten \xe2\x9c", |line| assert_eq!(line, "done"));
    assert_eq!(lines.partial().as_deref(), Some("listen "));
    lines.push(b"\x93", |_| panic!("not yet"));
    assert_eq!(lines.partial().as_deref(), Some("listen ✓"));
    assert_eq!(lines.finish().as_deref(), Some("listen ✓"));
    assert_eq!(lines.partial(), None);
    assert_eq!(lines.finish(), None);
}

/// Bytes in which line ends and pieces of characters are frequent.
fn output() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        3 => Just(b'\n'),
        2 => Just(b'\r'),
        4 => any::<u8>(),
        4 => b'a'..=b'z',
    ];
    let part = prop_oneof![
        prop::collection::vec(byte, 0..20),
        any::<String>().prop_map(String::into_bytes),
    ];
    prop::collection::vec(part, 0..10).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn chunks_make_no_difference(
        bytes in output(),
        sizes in prop::collection::vec(0usize..9, 0..40),
        max in 4usize..40,
    ) {
        let whole = lines_of(max, [&bytes[..]]);
        assert_whole(max, &bytes, &whole);
        prop_assert_eq!(lines_of(max, cut(&bytes, sizes)), whole);
    }

    #[test]
    fn lines_are_those_of_the_whole_text(bytes in output()) {
        prop_assert_eq!(lines_of(1 << 20, [&bytes[..]]), plain(&bytes));
    }

    #[test]
    fn pieces_are_short_and_lose_nothing(bytes in "[a-z✓🚦\n]{0,200}", max in 4usize..20) {
        let pieces = lines_of(max, [bytes.as_bytes()]);
        prop_assert!(pieces.iter().all(|piece| piece.len() <= max));
        prop_assert_eq!(pieces.concat(), bytes.replace('\n', ""));
        prop_assert!(!pieces.concat().contains(char::REPLACEMENT_CHARACTER));
    }
}
