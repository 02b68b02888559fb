//! However a provider's bytes are split, and whatever becomes of them on the way, the same is told.

use proptest::prelude::*;

use crate::rules::{PROTOCOLS, assert_asked, assert_told};
use crate::streams;

/// What a careless provider puts into a stream.
const PIECES: [&str; 20] = [
    "",
    "\n",
    "\r",
    "\n\n",
    "data: ",
    "data: [DONE]\n\n",
    ": ping\n\n",
    "data: {}\n\n",
    "{",
    "}",
    "null",
    "0",
    "7",
    "\"\"",
    "[]",
    "\"finish_reason\":\"stop\"",
    "\"content\":\"x\"",
    "\"reasoning_content\":\"x\"",
    "\"tool_calls\":[{\"function\":{\"name\":\"f\"}}]",
    "\"error\":{\"message\":\"no\"},",
];

fn cut<'a>(bytes: &'a [u8], cuts: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    cuts.sort_unstable();
    let starts = std::iter::once(0).chain(cuts.iter().copied());
    let ends = cuts.iter().copied().chain([bytes.len()]);
    starts.zip(ends).map(|(start, end)| &bytes[start..end]).collect()
}

/// A stream in which pieces stand in the place of some of its bytes.
fn mangled() -> impl Strategy<Value = Vec<u8>> {
    let edit = (any::<prop::sample::Index>(), 0usize..30, prop::sample::select(&PIECES[..]));
    (prop::sample::select(&streams::ALL[..]), prop::collection::vec(edit, 0..6)).prop_map(
        |(stream, edits)| {
            edits.into_iter().fold(stream.as_bytes().to_vec(), |mut bytes, (at, length, piece)| {
                let start = at.index(bytes.len() + 1);
                let end = (start + length).min(bytes.len());
                bytes.splice(start..end, piece.bytes());
                bytes
            })
        },
    )
}

proptest! {
    #[test]
    fn any_split_tells_the_same(
        stream in mangled(),
        protocol in prop::sample::select(&PROTOCOLS[..]),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
    ) {
        assert_told(protocol, &stream, &cut(&stream, &cuts));
    }

    #[test]
    fn a_request_is_told_or_refused(
        parts in prop::collection::vec(prop::sample::select(&[
            "\"model\":\"m\"", "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]", "\"input\":\"hi\"",
            "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}]", "\"stream\":true",
            "\"input\":[{\"type\":\"message\",\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"x\"}]}]",
            "\"max_tokens\":9", "\"tools\":[]", "\"tool_choice\":{\"type\":\"auto\"}", "\"system\":\"s\"",
            "\"instructions\":7", "\"thinking\":null", "\"metadata\":{}", "\"stop_sequences\":[\"a\"]",
        ][..]), 0..8),
    ) {
        assert_asked(format!("{{{}}}", parts.join(",")).as_bytes());
    }
}

#[test]
fn byte_by_byte() {
    for protocol in PROTOCOLS {
        for stream in streams::ALL {
            let bytes: Vec<&[u8]> = stream.as_bytes().chunks(1).collect();
            assert_told(protocol, stream.as_bytes(), &bytes);
        }
    }
}
