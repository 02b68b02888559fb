//! The rules, on streams and bodies that look like real ones.

use proptest::prelude::*;

use crate::rules::{assert_ended, assert_members, assert_passed_on, assert_same};

/// What streams and bodies are made of.
const PARTS: [&str; 33] = [
    "data: ",
    "data:",
    ": ping",
    "event: error",
    "\n",
    "\r\n",
    "\r",
    "\n\n",
    "[DONE]",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    " ",
    "\"",
    "\\",
    "null",
    "1",
    "\"usage\"",
    "\"timings\"",
    "\"error\"",
    "\"message\"",
    "\"finish_reason\"",
    "\"stop\"",
    "\"message_stop\"",
    "\"model\"",
    "\"stream\"",
    "true",
    "\"prompt_tokens\":9",
    "\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2}",
    "ü",
];

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&PARTS[..]), 0..40).prop_map(|parts| parts.concat())
}

/// A JSON object with members of these names, in each other and beside each other.
fn object() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["usage", "timings", "error", "model", "stream", "a"]);
    let leaf =
        prop::sample::select(vec!["null", "true", "7", "\"usage\"", "\"}{\"", "[{}]", "{ }"]);
    let leaf = leaf.prop_map(str::to_owned);
    let value = leaf.prop_recursive(4, 24, 4, move |inner| {
        prop::collection::vec((name.clone(), inner), 0..4).prop_map(|members| {
            let members = members.iter().map(|(name, value)| format!("\"{name}\" : {value}"));
            format!("{{{}}}", members.collect::<Vec<_>>().join(",\n"))
        })
    });
    value.prop_filter("an object", |value| value.starts_with('{'))
}

/// The bytes in pieces that end at these places.
pub(crate) fn cut<'a>(bytes: &'a [u8], cuts: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    cuts.sort_unstable();
    let starts = std::iter::once(0).chain(cuts.iter().copied());
    let ends = cuts.iter().copied().chain([bytes.len()]);
    starts.zip(ends).map(|(start, end)| &bytes[start..end]).collect()
}

proptest! {
    #[test]
    fn however_a_stream_comes_the_same_is_found(
        text in text(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        assert_same(text.as_bytes(), &cut(text.as_bytes(), &cuts));
    }

    #[test]
    fn wherever_a_stream_breaks_off_it_can_be_read(
        text in prop_oneof![text(), object().prop_map(|object| format!("data: {object}"))],
        length in any::<prop::sample::Index>(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let bytes = &text.as_bytes()[..length.index(text.len() + 1)];
        assert_ended(bytes, &cut(bytes, &cuts));
    }

    #[test]
    fn every_member_is_found(object in object()) {
        assert_members(object.as_bytes());
    }

    #[test]
    fn a_body_is_passed_on_but_for_its_model(body in prop_oneof![object(), text()]) {
        assert_passed_on(body.as_bytes());
    }
}
