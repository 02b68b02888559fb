//! Reads a document from an upstream before it is anybody's answer.
//!
//! What is half a document, or followed by something else, would be taken for a success by whoever
//! looks at the status alone, so its end has to be seen before its head is sent on. That is so up to a
//! size, and for a time: what is larger, or takes longer, is passed on as it comes.

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Body;
use serde::de::IgnoredAny;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

use crate::{Refusal, incoming, silence::PING};

/// The largest document that is read whole, in bytes. An answer in words has some thousands; what is
/// larger is mostly a list of embeddings.
const WHOLE_LIMIT: usize = 1024 * 1024;

/// Why there is no document.
#[derive(Debug)]
pub(crate) enum Lack {
    /// The connection broke off.
    Cut,
    /// Nothing came in time.
    Silent,
    /// It is something else, which begins with this.
    NotJson(Bytes),
    /// It begins like one, with this, but is not one as a whole: why.
    NotWhole(Bytes, serde_json::Error),
    /// It could not be looked at.
    Unread(Refusal),
}

/// What was read of a document.
#[derive(Debug)]
pub(crate) struct Read {
    /// Its chunks as they came: all of them, or, of what is large or slow, the first ones.
    pub(crate) chunks: Vec<Bytes>,
    /// All of it, if it was read to its end.
    pub(crate) whole: Option<Bytes>,
}

/// Reads a document.
/// Some servers keep a connection alive with white space while they make an answer, so that no more is
/// waited for than a caller is left without a word.
pub(crate) async fn read<B>(body: &mut B, idle_limit: Duration) -> Result<Read, Lack>
where
    B: Body<Data = Bytes> + Unpin,
{
    let is_large = body.size_hint().lower() > WHOLE_LIMIT as u64;
    let (mut chunks, mut length, mut is_text) = (Vec::new(), 0, false);
    let mut held_until = None;
    loop {
        let idle_until = Instant::now() + idle_limit;
        let until = held_until.map_or(idle_until, |held| idle_until.min(held));
        let Ok(frame) = timeout_at(until, body.frame()).await else {
            let is_held = held_until == Some(until);
            return if is_held { Ok(Read { chunks, whole: None }) } else { Err(Lack::Silent) };
        };
        let Some(frame) = frame else { break };
        let Ok(data) = frame.map_err(|_| Lack::Cut)?.into_data() else { continue };
        if !is_text && !may_be_json(&data) {
            return Err(Lack::NotJson(data));
        }
        is_text |= !data.trim_ascii_start().is_empty();
        length += data.len();
        chunks.push(data);
        if is_text && is_large || length > WHOLE_LIMIT {
            return Ok(Read { chunks, whole: None });
        }
        held_until.get_or_insert_with(|| Instant::now() + PING);
    }
    if !is_text {
        return Err(Lack::NotJson(Bytes::new()));
    }
    let document = joined(&chunks);
    let whole = document.clone();
    // Nothing is built of it.
    let check = move || Ok(serde_json::from_slice::<IgnoredAny>(&document));
    match incoming::parsed(length, check).await.map_err(Lack::Unread)? {
        Ok(IgnoredAny) => Ok(Read { chunks, whole: Some(whole) }),
        Err(error) => Err(Lack::NotWhole(whole, error)),
    }
}

fn joined(chunks: &[Bytes]) -> Bytes {
    match chunks {
        [one] => one.clone(),
        several => several.concat().into(),
    }
}

/// Some servers keep a connection alive with white space before the answer, so that says nothing.
fn may_be_json(data: &[u8]) -> bool {
    matches!(data.trim_ascii_start().first(), None | Some(b'{' | b'['))
}

#[cfg(test)]
mod tests {
    use super::{Lack, PING, Read, WHOLE_LIMIT, may_be_json, read};
    use bytes::Bytes;
    use futures_util::{Stream, StreamExt, stream};
    use http_body_util::StreamBody;
    use hyper::body::Frame;
    use std::{io, time::Duration};
    use tokio::time::{Instant, sleep};

    const IDLE: Duration = Duration::from_secs(300);

    async fn read_of(frames: impl Stream<Item = io::Result<Bytes>> + Unpin) -> Result<usize, Lack> {
        let frames = frames.map(|data| data.map(Frame::data));
        let Read { chunks, whole } = read(&mut StreamBody::new(frames), IDLE).await?;
        if let Some(whole) = whole {
            assert_eq!(chunks.concat(), whole);
        }
        Ok(chunks.iter().map(Bytes::len).sum())
    }

    fn chunks(texts: &[&'static str]) -> impl Stream<Item = io::Result<Bytes>> + Unpin + use<> {
        let chunks: Vec<_> =
            texts.iter().map(|text| Ok(Bytes::from_static(text.as_bytes()))).collect();
        stream::iter(chunks)
    }

    #[tokio::test]
    async fn a_document_is_read_to_its_end() {
        for texts in [&["{}"][..], &[" \n", "{\"a\":", "[1e400]", "}\n"], &["[]"]] {
            let length = texts.concat().len();
            assert_eq!(read_of(chunks(texts)).await.expect("a document"), length, "{texts:?}");
        }
        for texts in [&[][..], &[" \n", ""], &["<html>"], &[" ", "Not Found"], &["\"text\""]] {
            let lack = read_of(chunks(texts)).await.expect_err("no document");
            assert!(matches!(lack, Lack::NotJson(_)), "{texts:?}: {lack:?}");
        }
        for texts in
            [&["{\"a\":\"b"][..], &["{", "}", "{}"], &["{} x"], &["{\"a\":tru}"], &["[1", "2"]]
        {
            let lack = read_of(chunks(texts)).await.expect_err("no document");
            assert!(matches!(lack, Lack::NotWhole(..)), "{texts:?}: {lack:?}");
        }
        let cut = chunks(&["{\"a\":"]).chain(stream::iter([Err(io::ErrorKind::Other.into())]));
        assert!(matches!(read_of(cut).await, Err(Lack::Cut)));
    }

    #[tokio::test]
    async fn of_what_is_large_no_more_is_read_than_the_limit() {
        const CHUNK: usize = 64 * 1024;
        let endless = stream::repeat_with(|| Ok(Bytes::from_static(&[b'['; CHUNK])));
        let read = read_of(endless).await.expect("the beginning");
        assert!(read <= WHOLE_LIMIT + CHUNK, "{read}");
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_long_is_not_waited_for() {
        let begun = Instant::now();
        let slow = stream::unfold((), |()| async {
            sleep(Duration::from_secs(4)).await;
            Some((Ok(Bytes::from_static(b"\n")), ()))
        });
        assert_eq!(read_of(Box::pin(slow)).await.expect("the beginning"), 4);
        assert_eq!(begun.elapsed(), Duration::from_secs(4) + PING);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_at_all_is_waited_for_as_long_as_it_may_take() {
        let begun = Instant::now();
        assert!(matches!(read_of(stream::pending()).await, Err(Lack::Silent)));
        assert_eq!(begun.elapsed(), IDLE);
    }

    #[test]
    fn the_first_chunk_shows_what_cannot_be_json() {
        for data in ["{", "[", " \n{\"id\"", " ", "\r\n\r\n"] {
            assert!(may_be_json(data.as_bytes()), "{data:?}");
        }
        for data in ["<html>", "Not Found", "data: {}", " \"text\"", "\u{feff}{"] {
            assert!(!may_be_json(data.as_bytes()), "{data:?}");
        }
    }
}
