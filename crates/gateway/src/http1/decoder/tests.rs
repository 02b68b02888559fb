//! What was sent is what is read, in whatever pieces it arrives.

use bytes::{Bytes, BytesMut};
use proptest::{collection::vec, prelude::*, sample::Index};

use super::{Decoder, EXTRA_LIMIT};
use crate::http1::{framing::Framing, rules::read_body};
use crate::properties::cut;

/// What is read of a body, and whether it is whole.
fn read<'a>(
    framing: Framing,
    arriving: impl IntoIterator<Item = &'a [u8]>,
) -> Option<(Vec<Bytes>, bool)> {
    read_body(framing, arriving).map(|body| (body.pieces, body.is_ended))
}

/// A chunk as some servers write it: with any number of zeros, of any case, with extensions.
fn encoded(chunk: &[u8], style: u8) -> Vec<u8> {
    let size = match style % 4 {
        0 => format!("{:x}", chunk.len()),
        1 => format!("{:04X}", chunk.len()),
        2 => format!("{:x} ; a=\"b\"", chunk.len()),
        _ => format!("{:x};", chunk.len()),
    };
    [size.as_bytes(), b"\r\n", chunk, b"\r\n"].concat()
}

proptest! {
    #[test]
    fn chunks_are_read_as_they_were_written(
        chunks in vec((vec(any::<u8>(), 1..300), any::<u8>()), 0..12),
        trailers in 0..3_usize,
        places in vec(any::<Index>(), 0..40),
    ) {
        let mut whole: Vec<u8> = chunks.iter().flat_map(|(chunk, style)| encoded(chunk, *style)).collect();
        whole.extend_from_slice(b"0\r\n");
        whole.extend("x-trailer: 1\r\n".repeat(trailers).bytes());
        whole.extend_from_slice(b"\r\n");
        let data: Vec<Bytes> = chunks.into_iter().map(|(chunk, _)| Bytes::from(chunk)).collect();
        // All at once: each chunk by itself.
        prop_assert_eq!(read(Framing::Chunked, [whole.as_slice()]), Some((data.clone(), true)));
        // In pieces: the same bytes.
        let (found, is_whole) = read(Framing::Chunked, cut(&whole, &places)).expect("well-formed");
        prop_assert_eq!(found.concat(), data.concat());
        prop_assert!(is_whole);
        // Cut off anywhere, it is never taken for whole.
        for end in 0..whole.len() {
            let (_, is_whole) = read(Framing::Chunked, [&whole[..end]]).expect("well-formed");
            prop_assert!(!is_whole);
        }
    }

    #[test]
    fn a_length_is_kept_to(data in vec(any::<u8>(), 0..300), more in vec(any::<u8>(), 0..9), places in vec(any::<Index>(), 0..9)) {
        let framing = Framing::Length(data.len() as u64);
        let (found, is_whole) = read(framing, cut(&data, &places)).expect("well-formed");
        prop_assert_eq!(found.concat(), data.as_slice());
        prop_assert!(is_whole);
        let mut here = BytesMut::from([data.as_slice(), &more].concat().as_slice());
        let mut decoder = Decoder::new(framing);
        let taken = decoder.next(&mut here).expect("well-formed").unwrap_or_default();
        prop_assert_eq!((taken.as_ref(), here.as_ref()), (data.as_slice(), more.as_slice()));
    }

    #[test]
    fn nothing_that_comes_is_too_much_for_it(pieces in vec(vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'1'), Just(b'0'), any::<u8>()], 0..20), 0..20)) {
        let (mut decoder, mut here) = (Decoder::new(Framing::Chunked), BytesMut::new());
        for piece in pieces {
            here.extend_from_slice(&piece);
            while let Ok(Some(data)) = decoder.next(&mut here) {
                prop_assert!(!data.is_empty());
            }
        }
    }
}

#[track_caller]
fn refused(body: &str) {
    assert_eq!(read(Framing::Chunked, [body.as_bytes()]), None, "{body:?}");
}

#[test]
fn what_can_be_read_in_two_ways_is_refused() {
    refused("\r\n");
    refused("-1\r\n");
    refused("+1\r\na\r\n");
    refused("0x1\r\na\r\n");
    refused(" 1\r\na\r\n");
    refused("1\na\r\n");
    refused("1;x\na\r\n");
    refused("1 x\r\na\r\n");
    refused("1\r\nab\r\n");
    refused("1\r\na\n0\r\n\r\n\n");
    refused("0\r\n\rx");
    refused("0\r\nno name\r\n\r\n");
    refused("0\r\n: no name\r\n\r\n");
    refused("0\r\nx: 1\n\r\n");
    refused("0\r\nx: 1\ry: 2\r\n\r\n");
    refused("0\r\nx: \0\r\n\r\n");
    refused("00000000000000001\r\na\r\n");
}

#[test]
fn what_is_left_out_is_bounded() {
    let much = "x".repeat(EXTRA_LIMIT + 1);
    refused(&format!("1;{much}\r\na\r\n"));
    refused(&format!("0\r\nx: {much}\r\n"));
    let (data, _) =
        read(Framing::Chunked, ["1\r\na\r\n".repeat(EXTRA_LIMIT).as_bytes()]).expect("well-formed");
    assert_eq!(data.len(), EXTRA_LIMIT);
}

#[test]
fn the_end_is_known_with_the_last_data() {
    let (mut decoder, mut here) =
        (Decoder::new(Framing::Chunked), BytesMut::from("1\r\na\r\n0\r\n\r\n"));
    assert_eq!(decoder.next(&mut here).expect("well-formed").as_deref(), Some(&b"a"[..]));
    assert!(decoder.is_ended());
}

#[test]
fn only_the_end_of_the_connection_ends_what_has_no_length() {
    let mut decoder = Decoder::new(Framing::Close);
    let taken = decoder.next(&mut BytesMut::from("a")).expect("well-formed");
    assert_eq!(taken.as_deref(), Some(&b"a"[..]));
    assert!(!decoder.is_ended() && decoder.end());
    assert!(!Decoder::new(Framing::Length(1)).end());
    assert!(!Decoder::new(Framing::Chunked).end());
}
