//! A caller's body: read whole, within a limit, and parsed.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming};
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};

use crate::{
    Refusal,
    document::{Document, malformed},
};

/// For how long nothing of a body may come, and how long it may take besides what its size allows.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many bytes of a body have to come in a second, on average, once `PATIENCE` is used up: less
/// than the slowest link has, and too much for whoever only wants to hold a connection.
const SLOWEST: u32 = 1024;

/// How much memory is taken, in bytes, for what is only declared, which is a mere claim. From there on
/// it doubles with what has come.
const FIRST_ROOM: usize = 256 * 1024;

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

async fn read<B>(headers: &HeaderMap, body: &mut B) -> Result<Bytes, Refusal>
where
    B: Body<Data = Bytes> + Unpin,
{
    let declared = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if declared > BODY_LIMIT {
        // Who expects a 100 has sent nothing yet, and need not.
        if !headers.contains_key(header::EXPECT) {
            discard(body).await;
        }
        return Err(too_large());
    }
    let begun = Instant::now();
    let mut bytes = BytesMut::with_capacity(declared.min(FIRST_ROOM));
    while let Some(frame) = next(body, begun, bytes.len()).await? {
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > BODY_LIMIT {
            drop(bytes);
            discard(body).await;
            return Err(too_large());
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes.freeze())
}

/// What comes next of a body that began to come then, and of which this many bytes are there.
async fn next<B>(
    body: &mut B,
    begun: Instant,
    there: usize,
) -> Result<Option<Frame<Bytes>>, Refusal>
where
    B: Body<Data = Bytes> + Unpin,
{
    let earned = Duration::from_secs(there as u64) / SLOWEST;
    let until = (begun + PATIENCE + earned).min(Instant::now() + PATIENCE);
    let frame = timeout_at(until, body.frame()).await.map_err(|_| too_slow())?;
    frame.transpose().map_err(|_| cut())
}

async fn discard(body: &mut (impl Body<Data = Bytes> + Unpin)) {
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

fn too_slow() -> Refusal {
    let message = format!(
        "the body did not come: nothing within {} s, or less than {} KiB a second",
        PATIENCE.as_secs(),
        SLOWEST / 1024
    );
    Refusal::invalid(StatusCode::REQUEST_TIMEOUT, "body_too_slow", message)
}

fn compressed() -> Refusal {
    let message = "send the body as it is, without Content-Encoding";
    Refusal::invalid(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_encoding", message)
}

fn too_large() -> Refusal {
    let message = format!("the body is larger than {} MiB", BODY_LIMIT / (1024 * 1024));
    Refusal::invalid(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", message)
}

#[cfg(test)]
mod tests {
    use super::{BODY_LIMIT, FIRST_ROOM, PATIENCE, read};
    use crate::Refusal;
    use bytes::Bytes;
    use futures_util::{Stream, StreamExt, stream};
    use http::HeaderMap;
    use http_body_util::StreamBody;
    use hyper::body::{Body, Frame, SizeHint};
    use std::{
        convert::Infallible,
        pin::Pin,
        task::{Context, Poll},
        time::Duration,
    };
    use tokio::time::{Instant, sleep};

    /// A body that says how long it is.
    struct Declared<B>(u64, B);

    impl<B: Body<Data = Bytes> + Unpin> Body for Declared<B> {
        type Data = Bytes;
        type Error = B::Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
            Pin::new(&mut self.1).poll_frame(context)
        }

        fn size_hint(&self) -> SizeHint {
            SizeHint::with_exact(self.0)
        }
    }

    /// So many pieces of this size, one each so often.
    fn pieces(count: usize, size: usize, each: Duration) -> impl Stream<Item = Bytes> {
        stream::iter(0..count).then(move |_| async move {
            sleep(each).await;
            Bytes::from(vec![b' '; size])
        })
    }

    async fn read_of(declared: usize, pieces: impl Stream<Item = Bytes>) -> Result<Bytes, Refusal> {
        let frames = Box::pin(pieces.map(|data| Ok::<_, Infallible>(Frame::data(data))));
        read(&HeaderMap::new(), &mut Declared(declared as u64, StreamBody::new(frames))).await
    }

    #[track_caller]
    fn is_too_slow(read: Result<Bytes, Refusal>) {
        let refusal = read.expect_err("it did not come");
        assert_eq!((refusal.status().as_u16(), refusal.code()), (408, "body_too_slow"));
    }

    #[tokio::test(start_paused = true)]
    async fn what_stops_coming_is_not_waited_for_any_longer() {
        let begun = Instant::now();
        let some = pieces(100, 64 * 1024, Duration::ZERO).chain(stream::pending());
        is_too_slow(read_of(BODY_LIMIT, some).await);
        let waited = begun.elapsed();
        assert!((PATIENCE..PATIENCE + Duration::from_secs(1)).contains(&waited), "{waited:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_drips_is_not_waited_for_to_its_end() {
        let begun = Instant::now();
        is_too_slow(read_of(1000, pieces(1000, 1, Duration::from_secs(10))).await);
        assert!(begun.elapsed() < 2 * PATIENCE);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_slow_and_moves_is_taken() {
        let size = 16 * 1024;
        let count = BODY_LIMIT / size;
        let slow = pieces(count, size, Duration::from_secs(1));
        let read = read_of(BODY_LIMIT, slow).await.expect("it comes");
        assert_eq!(read.len(), BODY_LIMIT);
    }

    #[tokio::test]
    async fn no_memory_is_taken_for_what_is_only_declared() {
        for (count, most) in [(1, FIRST_ROOM), (40, 2 * FIRST_ROOM)] {
            let some = pieces(count, 8 * 1024, Duration::ZERO);
            let read = read_of(BODY_LIMIT, some).await.expect("it comes");
            let room = read.try_into_mut().expect("nobody else has it").capacity();
            assert!(room <= most, "{room} for {count} pieces");
        }
    }
}
