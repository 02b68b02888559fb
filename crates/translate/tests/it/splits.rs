//! However a provider's bytes are split, the same is told.

use proptest::prelude::*;
use serde_json::{Value, json};
use translate::Protocol;

use crate::{
    streams,
    support::{events, translation},
};

fn request(protocol: Protocol) -> Value {
    let mut request = json!({"model": "m", "stream": true, "thinking": {"type": "adaptive"}});
    match protocol {
        Protocol::Messages => request["messages"] = json!([{"role": "user", "content": "hi"}]),
        Protocol::Responses => request["input"] = json!("hi"),
    }
    request
}

fn tell<'a>(protocol: Protocol, chunks: impl Iterator<Item = &'a [u8]>) -> Vec<Value> {
    let mut stream = translation(protocol, &request(protocol)).stream();
    let mut bytes: Vec<u8> = chunks.flat_map(|chunk| stream.feed(chunk)).collect();
    bytes.extend(stream.finish());
    assert!(stream.is_over());
    events(&bytes)
}

proptest! {
    #[test]
    fn any_split_tells_the_same(
        stream in 0..streams::ALL.len(),
        messages in any::<bool>(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
    ) {
        let protocol = if messages { Protocol::Messages } else { Protocol::Responses };
        let bytes = streams::ALL[stream].as_bytes();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len())).collect();
        cuts.sort_unstable();
        let starts = std::iter::once(0).chain(cuts.iter().copied());
        let ends = cuts.iter().copied().chain([bytes.len()]);
        let chunks = starts.zip(ends).map(|(start, end)| &bytes[start..end]);
        prop_assert_eq!(tell(protocol, chunks), tell(protocol, std::iter::once(bytes)));
    }
}

#[test]
fn byte_by_byte() {
    for protocol in [Protocol::Messages, Protocol::Responses] {
        for stream in streams::ALL {
            let bytes = stream.as_bytes();
            assert_eq!(tell(protocol, bytes.chunks(1)), tell(protocol, std::iter::once(bytes)));
        }
    }
}
