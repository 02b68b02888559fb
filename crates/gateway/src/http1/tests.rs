//! The rules, on answers that look like real ones.

use proptest::{collection::vec, prelude::*, sample::select};

use super::rules::{assert_accepted, assert_understood};

/// What answers are made of, and what they should not be made of.
const PARTS: [&str; 36] = [
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.0 200 OK\r\n",
    "HTTP/1.1 204 No Content\r\n",
    "HTTP/1.1 304\r\n",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 404 Not Found\r\n",
    "HTTP/2 200\r\n",
    "content-length: 5\r\n",
    "content-length: 5, 5\r\n",
    "content-length: 6\r\n",
    "content-length: +5\r\n",
    "content-length:\r\n",
    "Content-Length: 05\r\n",
    "transfer-encoding: chunked\r\n",
    "transfer-encoding: Chunked\r\n",
    "transfer-encoding: gzip\r\n",
    "transfer-encoding: chunked, gzip\r\n",
    "transfer-encoding: gzip, chunked\r\n",
    "connection: close\r\n",
    "connection: keep-alive\r\n",
    "x-own:\t a \r\n",
    " folded\r\n",
    "\r\n",
    "\n",
    "5\r\n",
    "hello",
    "\r\nhello\r\n",
    "5\r\nhello\r\n",
    "5;a=b\r\nhello\r\n",
    "5 \r\nhello\r\n",
    "05\r\nhello\r\n",
    "-5\r\nhello\r\n",
    "0\r\n\r\n",
    "0\r\n",
    "x-trailer: 1\r\n",
    "\0",
];

/// A head that is one, most often.
const HEADS: [&str; 3] = ["HTTP/1.1 200 OK\r\n", "HTTP/1.0 200 OK\r\n", "HTTP/1.1 500 No\r\n"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn answers_mean_the_same(
        head in select(&HEADS[..]),
        fields in vec(select(&PARTS[7..21]), 0..4),
        rest in vec(select(&PARTS[..]), 0..6),
        is_headed in prop::bool::weighted(0.9),
        size in 1..40_usize,
    ) {
        let head = if is_headed { format!("{head}{}\r\n", fields.concat()) } else { String::new() };
        let answer = format!("{head}{}", rest.concat());
        let arriving: Vec<&[u8]> = answer.as_bytes().chunks(size).collect();
        assert_understood(answer.as_bytes(), &arriving);
        assert_accepted(answer.as_bytes());
    }
}
