//! What another client understands, this one does, in the same way.

use bytes::{Bytes, BytesMut};
use http::{Method, Request};
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;
use proptest::{collection::vec, prelude::*, sample::select};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{
    decoder::Decoder,
    framing::framing,
    head::{Head, take_head},
};

/// Status, headers and body of an answer; none if it is malformed or not whole.
type Understood = Option<(u16, Vec<(String, Vec<u8>)>, Vec<u8>)>;

fn ours(answer: &[u8]) -> Understood {
    let mut read = BytesMut::from(answer);
    let head: Head = loop {
        let head = take_head(&mut read).ok()??;
        if !head.status.is_informational() {
            break head;
        }
    };
    let mut decoder = Decoder::new(framing(&Method::GET, &head).ok()?);
    let mut body = Vec::new();
    while let Some(data) = decoder.next(&mut read).ok()? {
        body.extend_from_slice(&data);
    }
    decoder.end().then(|| (head.status.as_u16(), pairs(&head.headers), body))
}

fn pairs(headers: &http::HeaderMap) -> Vec<(String, Vec<u8>)> {
    headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect()
}

/// What hyper understands.
async fn theirs(answer: &[u8]) -> Understood {
    let (client, mut upstream) = tokio::io::duplex(1024 * 1024);
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(client)).await.ok()?;
    let asked = async move {
        let request = Request::get("/").body(Empty::<Bytes>::new()).expect("a request");
        let (head, body) = sender.send_request(request).await.ok()?.into_parts();
        let body = body.collect().await.ok()?.to_bytes().to_vec();
        Some((head.status.as_u16(), pairs(&head.headers), body))
    };
    let spoken = async {
        upstream.read_buf(&mut BytesMut::with_capacity(1024)).await.expect("a request");
        upstream.write_all(answer).await.expect("room");
        drop(upstream);
    };
    let (understood, (), _) = tokio::join!(asked, spoken, connection);
    understood
}

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
    ) {
        let head = if is_headed { format!("{head}{}\r\n", fields.concat()) } else { String::new() };
        let answer = format!("{head}{}", rest.concat());
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let theirs = runtime.block_on(theirs(answer.as_bytes()));
        prop_assert_eq!(ours(answer.as_bytes()), theirs, "{:?}", answer);
    }
}
