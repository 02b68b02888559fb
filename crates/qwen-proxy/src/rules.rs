//! What holds for whatever Model Studio streams. The fuzzer holds the reading to it, too.

use translate::EventReader;

use super::assemble::{Assembled, Assembly};

/// However a stream comes, the same is put together of it.
pub(crate) fn assert_assembled(whole: &[u8], chunks: &[&[u8]]) {
    assert_eq!(assembled(chunks), assembled(&[whole]), "in {chunks:?}");
}

fn assembled(chunks: &[&[u8]]) -> Assembled {
    let (mut events, mut assembly) = (EventReader::default(), Assembly::default());
    chunks.iter().for_each(|chunk| events.feed(chunk, |data| assembly.take(data)));
    events.finish(|data| assembly.take(data));
    assembly.finish()
}

#[cfg(test)]
mod tests {
    use super::assert_assembled;
    use proptest::prelude::*;

    const PARTS: [&str; 13] = [
        "data: ",
        "data:",
        "\n",
        "\r",
        "\r\n\r\n",
        "\n\n",
        ": ping",
        "[DONE]",
        "{\"choices\":[{\"delta\":{\"content\":\"a\"}}]}",
        "{\"choices\":[{\"index\":1,\"delta\":{\"tool_calls\":[{\"index\":3,\"id\":\"x\"}]}}]}",
        "{\"choices\":[{\"finish_reason\":\"stop\"}]}",
        "{\"error\":{}}",
        "ü",
    ];

    proptest! {
        #[test]
        fn however_a_stream_comes_the_same_is_put_together(
            parts in prop::collection::vec(prop::sample::select(&PARTS[..]), 0..30),
            size in 1usize..9,
        ) {
            let stream = parts.concat();
            let chunks: Vec<&[u8]> = stream.as_bytes().chunks(size).collect();
            assert_assembled(stream.as_bytes(), &chunks);
        }
    }
}
