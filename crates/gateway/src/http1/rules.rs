//! What holds for whatever an upstream answers. The fuzzer holds the reading to it, too.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use super::{
    decoder::Decoder,
    framing::{Framing, framing, stays_open},
    head::take_final_head,
};

/// How many headers and trailers hyper takes: ours are bounded in other ways.
const MANY: usize = 4096;

/// What was read of a body.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Body {
    pub(crate) pieces: Vec<Bytes>,
    /// What came behind it.
    pub(crate) rest: Bytes,
    /// Whether it was whole before the connection ended, and then.
    pub(crate) is_ended: bool,
    pub(crate) is_whole: bool,
}

/// What is read of a body that arrives in these pieces, and then the end of the connection; none if
/// it is malformed.
pub(crate) fn read_body<'a>(
    framing: Framing,
    arriving: impl IntoIterator<Item = &'a [u8]>,
) -> Option<Body> {
    let (mut decoder, mut here, mut pieces) = (Decoder::new(framing), BytesMut::new(), Vec::new());
    for piece in arriving {
        here.extend_from_slice(piece);
        while let Some(data) = decoder.next(&mut here).ok()? {
            assert!(!data.is_empty(), "nothing was read");
            pieces.push(data);
        }
        // Nothing stays behind but what belongs to the next answer.
        assert!(here.is_empty() || decoder.is_ended(), "{here:?}");
    }
    let is_ended = decoder.is_ended();
    Some(Body { pieces, rest: here.freeze(), is_ended, is_whole: decoder.end() })
}

/// Status and headers of an answer, and its body in one piece.
type Answer = (u16, Vec<(String, Vec<u8>)>, Vec<u8>);

/// What was read of an answer: itself and its body, and whether another request may follow.
type Understood = (Answer, Body, bool);

/// What we understand of an answer in these pieces; none if it is malformed, or its head is not
/// whole.
fn ours(arriving: &[&[u8]]) -> Option<Understood> {
    let mut here = BytesMut::new();
    let mut arriving = arriving.iter().copied();
    let head = loop {
        here.extend_from_slice(arriving.next()?);
        if let Some(head) = take_final_head(&mut here).ok()? {
            break head;
        }
    };
    let framing = framing(&Method::GET, &head).ok()?;
    let mut body = read_body(framing, std::iter::once(&here[..]).chain(arriving))?;
    let data = std::mem::take(&mut body.pieces).concat();
    if let Framing::Length(length) = framing {
        assert_eq!(data.len() as u64 == length, body.is_whole);
    }
    Some(((head.status.as_u16(), pairs(&head.headers), data), body, stays_open(&head)))
}

/// What hyper understands; none if it is malformed or not whole.
fn theirs(answer: &[u8]) -> Option<Answer> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let (client, upstream) = tokio::io::duplex(1024 * 1024);
        let mut theirs = Builder::new();
        let (sender, connection) =
            theirs.max_headers(MANY).handshake(TokioIo::new(client)).await.ok()?;
        tokio::join!(ask(sender), tell(upstream, answer), connection).0
    })
}

async fn ask(mut upstream: SendRequest<Empty<Bytes>>) -> Option<Answer> {
    let request = Request::get("/").body(Empty::new()).expect("a request");
    let (head, body) = upstream.send_request(request).await.ok()?.into_parts();
    let body = body.collect().await.ok()?.to_bytes().to_vec();
    Some((head.status.as_u16(), pairs(&head.headers), body))
}

/// Answers, and goes away.
async fn tell(mut caller: DuplexStream, answer: &[u8]) {
    caller.read_buf(&mut BytesMut::with_capacity(1024)).await.expect("a request");
    caller.write_all(answer).await.expect("room");
}

fn pairs(headers: &HeaderMap) -> Vec<(String, Vec<u8>)> {
    headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect()
}

/// However an answer comes, the same is understood of it; what is whole, another client understands
/// in the same way.
pub(crate) fn assert_understood(whole: &[u8], arriving: &[&[u8]]) {
    let understood = ours(&[whole]);
    assert_eq!(ours(arriving), understood, "in {arriving:?}");
    if let Some(answer) = answer_of(understood) {
        assert_eq!(theirs(whole), Some(answer), "{}", whole.escape_ascii());
    }
}

/// What another client understands is not refused. That does not hold of everything: it is laxer
/// where two could read something in two ways.
pub(crate) fn assert_accepted(whole: &[u8]) {
    if let Some(answer) = theirs(whole) {
        assert_eq!(answer_of(ours(&[whole])), Some(answer), "{}", whole.escape_ascii());
    }
}

fn answer_of(understood: Option<Understood>) -> Option<Answer> {
    understood.filter(|(_, body, _)| body.is_whole).map(|(answer, ..)| answer)
}
