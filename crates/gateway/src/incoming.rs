//! A caller's body: read whole, within a limit, and parsed.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use std::time::Duration;
use tokio::time::timeout;

use crate::{
    Refusal,
    document::{Document, malformed},
};

/// The largest body that is taken, in bytes.
pub const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// How much more than the limit is read, in bytes, only to be thrown away: most clients look at the
/// answer only when all is sent, and would otherwise see a broken connection in place of the 413.
const DISCARD_LIMIT: usize = 3 * BODY_LIMIT;

/// How long such a body may take to arrive.
const DISCARD_TIME: Duration = Duration::from_secs(10);

/// Above this size, in bytes, a body is parsed on a blocking thread: JSON is read at some hundred
/// megabytes a second, and nobody's chunks should wait for that.
const PARSE_ELSEWHERE: usize = 256 * 1024;

/// Reads the body and refuses what is too large or not a JSON object.
pub(crate) async fn read_json(
    headers: &HeaderMap,
    mut body: Incoming,
) -> Result<Document, Refusal> {
    if headers.get(header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
        return Err(compressed());
    }
    let bytes = read(headers, &mut body).await?;
    parsed(bytes.len(), move || Document::parse(bytes)).await
}

async fn read(headers: &HeaderMap, body: &mut Incoming) -> Result<Bytes, Refusal> {
    let declared = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if declared > BODY_LIMIT {
        // Who expects a 100 has sent nothing yet, and need not.
        if !headers.contains_key(header::EXPECT) {
            discard(body).await;
        }
        return Err(too_large());
    }
    let mut bytes = BytesMut::with_capacity(declared);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| cut())?.into_data() else { continue };
        if bytes.len() + data.len() > BODY_LIMIT {
            drop(bytes);
            discard(body).await;
            return Err(too_large());
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes.freeze())
}

async fn discard(body: &mut Incoming) {
    let mut left = DISCARD_LIMIT;
    let read_on = async {
        while let Some(Ok(frame)) = body.frame().await {
            let read = frame.data_ref().map_or(0, Bytes::len);
            match left.checked_sub(read) {
                Some(rest) => left = rest,
                None => return,
            }
        }
    };
    // Too slow or too much: the refusal is sent all the same, and the connection closed.
    let _ = timeout(DISCARD_TIME, read_on).await;
}

/// What `parse` makes of a body of this size, in bytes.
pub(crate) async fn parsed<T: Send + 'static>(
    size: usize,
    parse: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    if size <= PARSE_ELSEWHERE {
        return parse();
    }
    let parsed = tokio::task::spawn_blocking(parse);
    parsed.await.unwrap_or_else(|_| Err(malformed("it could not be read")))
}

fn cut() -> Refusal {
    Refusal::invalid(StatusCode::BAD_REQUEST, "incomplete_body", "the body ended too soon")
}

fn compressed() -> Refusal {
    let message = "send the body as it is, without Content-Encoding";
    Refusal::invalid(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_encoding", message)
}

fn too_large() -> Refusal {
    let message = format!("the body is larger than {} MiB", BODY_LIMIT / (1024 * 1024));
    Refusal::invalid(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", message)
}
