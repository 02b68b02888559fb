//! The body that passes an upstream's chunks on, one by one, and tells the truth about its end.
//!
//! A body ends in one of these ways, and its [`Ending`] is logged:
//! - complete: the upstream ended it properly, and so does the relay;
//! - cut: the upstream broke off; the caller's connection is broken off too;
//! - stalled: nothing came for the idle limit; likewise;
//! - dropped: the caller went away (or was cut off by a shutdown) before the end. Dropping the
//!   relay drops the upstream's body, which closes the upstream's connection.

use bytes::Bytes;
use http::StatusCode;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Instant, Sleep, sleep};

use crate::Refusal;

/// Why the caller's connection is broken off in the middle of an answer.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The upstream broke off.
    #[error("the upstream ended the answer too soon")]
    Cut,
    /// Nothing came for this long.
    #[error("the upstream sent nothing for {} s", .0.as_secs_f64())]
    Stalled(Duration),
}

impl RelayError {
    fn ending(&self) -> Ending {
        match self {
            Self::Cut => Ending::Cut,
            Self::Stalled(_) => Ending::Stalled,
        }
    }

    fn event(&self, provider: &str) -> Bytes {
        let (status, code) = match self {
            Self::Cut => (StatusCode::BAD_GATEWAY, "upstream_cut"),
            Self::Stalled(_) => (StatusCode::GATEWAY_TIMEOUT, "upstream_timeout"),
        };
        let refusal = Refusal::upstream(status, code, provider, format!("{provider}: {self}"));
        let mut event = b"data: ".to_vec();
        event.extend_from_slice(&refusal.body());
        event.extend_from_slice(b"\n\n");
        Bytes::from(event)
    }
}

/// How a body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Complete,
    Cut,
    Stalled,
    Dropped,
}

/// What the relay does next.
enum Phase {
    /// Passes chunks on, the one that was looked at already first.
    Relaying(Option<Frame<Bytes>>),
    /// Has put an error event into the stream, which is to be written before the end.
    Flushing(RelayError),
    /// Breaks off.
    Failing(RelayError),
    Done,
}

/// A body that passes an upstream's chunks on.
pub struct RelayBody {
    phase: Phase,
    rest: Incoming,
    idle: IdleTimer,
    /// For an event stream: where its last bytes left off.
    position: Option<Position>,
    provider: String,
    began: Instant,
    ending: Ending,
}

impl RelayBody {
    /// Passes on `first`, if a chunk was read already, and then `rest`. An event stream that
    /// breaks off between two events gets an error event.
    pub(crate) fn new(
        first: Option<Frame<Bytes>>,
        rest: Incoming,
        idle_limit: Duration,
        is_event_stream: bool,
        provider: &str,
    ) -> Self {
        Self {
            phase: Phase::Relaying(first),
            rest,
            idle: IdleTimer::new(idle_limit),
            position: is_event_stream.then_some(Position::BetweenEvents),
            provider: provider.to_owned(),
            began: Instant::now(),
            ending: Ending::Dropped,
        }
    }

    fn poll_upstream(&mut self, context: &mut Context<'_>) -> Poll<Option<Frame<Bytes>>> {
        match Pin::new(&mut self.rest).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => Poll::Ready(Some(self.passed(frame))),
            Poll::Ready(Some(Err(_))) => Poll::Ready(self.broke_off(RelayError::Cut)),
            Poll::Ready(None) => {
                self.ending = Ending::Complete;
                self.phase = Phase::Done;
                Poll::Ready(None)
            }
            Poll::Pending if self.idle.poll_over(context).is_ready() => {
                let stalled = RelayError::Stalled(self.idle.limit);
                Poll::Ready(self.broke_off(stalled))
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn passed(&mut self, frame: Frame<Bytes>) -> Frame<Bytes> {
        self.idle.restart();
        if let (Some(position), Some(data)) = (self.position.as_mut(), frame.data_ref()) {
            *position = position.after(data);
        }
        frame
    }

    /// An error event where one can be told apart from what came before, else nothing.
    fn broke_off(&mut self, error: RelayError) -> Option<Frame<Bytes>> {
        self.ending = error.ending();
        tracing::warn!(provider = self.provider, reason = %error, "an answer was broken off");
        if self.position == Some(Position::BetweenEvents) {
            let event = error.event(&self.provider);
            self.phase = Phase::Flushing(error);
            return Some(Frame::data(event));
        }
        self.phase = Phase::Failing(error);
        None
    }
}

/// Where in an event stream the relay is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Position {
    InLine,
    BetweenLines,
    BetweenEvents,
}

impl Position {
    /// The position after `data`, of which only the end matters: a blank line is 4 bytes at most.
    fn after(self, data: &[u8]) -> Self {
        let tail = data.last_chunk::<4>().map_or(data, |tail| tail.as_slice());
        let start = if tail.len() < data.len() { Self::InLine } else { self };
        tail.iter().fold(start, |position, byte| match (byte, position) {
            (b'\r', position) => position,
            (b'\n', Self::InLine) => Self::BetweenLines,
            (b'\n', Self::BetweenLines | Self::BetweenEvents) => Self::BetweenEvents,
            (_, _) => Self::InLine,
        })
    }
}

impl Body for RelayBody {
    type Data = Bytes;
    type Error = RelayError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, RelayError>>> {
        let this = self.get_mut();
        match std::mem::replace(&mut this.phase, Phase::Done) {
            Phase::Relaying(Some(frame)) => {
                this.phase = Phase::Relaying(None);
                Poll::Ready(Some(Ok(this.passed(frame))))
            }
            Phase::Relaying(None) => {
                this.phase = Phase::Relaying(None);
                match this.poll_upstream(context) {
                    Poll::Ready(None) if matches!(this.phase, Phase::Failing(_)) => {
                        Pin::new(this).poll_frame(context)
                    }
                    Poll::Ready(frame) => Poll::Ready(frame.map(Ok)),
                    Poll::Pending => Poll::Pending,
                }
            }
            Phase::Flushing(error) => {
                // The server writes what it has once the body has nothing more at the moment.
                this.phase = Phase::Failing(error);
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Phase::Failing(error) => Poll::Ready(Some(Err(error))),
            Phase::Done => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self.phase {
            Phase::Relaying(None) => self.rest.is_end_stream(),
            Phase::Relaying(Some(_)) | Phase::Flushing(_) | Phase::Failing(_) => false,
            Phase::Done => true,
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

impl Drop for RelayBody {
    fn drop(&mut self) {
        if self.ending == Ending::Dropped && self.rest.is_end_stream() {
            self.ending = Ending::Complete;
        }
        tracing::debug!(
            provider = self.provider,
            ending = ?self.ending,
            total_ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX),
            "an answer ended"
        );
    }
}

/// Measures how long the upstream has been silent. It runs only while the relay waits for the
/// upstream, so that a slow caller is never taken for a silent upstream.
struct IdleTimer {
    limit: Duration,
    sleep: Pin<Box<Sleep>>,
    runs: bool,
}

impl IdleTimer {
    fn new(limit: Duration) -> Self {
        Self { limit, sleep: Box::pin(sleep(limit)), runs: false }
    }

    fn restart(&mut self) {
        self.runs = false;
    }

    fn poll_over(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if !self.runs {
            self.sleep.as_mut().reset(Instant::now() + self.limit);
            self.runs = true;
        }
        self.sleep.as_mut().poll(context)
    }
}

#[cfg(test)]
mod tests {
    use super::Position::{self, BetweenEvents, BetweenLines, InLine};

    #[track_caller]
    fn check(chunks: &[&str], expected: Position) {
        let reached = chunks.iter().fold(BetweenEvents, |at, chunk| at.after(chunk.as_bytes()));
        assert_eq!(reached, expected, "{chunks:?}");
    }

    #[test]
    fn a_blank_line_ends_an_event_wherever_the_chunks_are_split() {
        check(&[], BetweenEvents);
        check(&["data: 1\n\n"], BetweenEvents);
        check(&["data: 1\r\n\r\n"], BetweenEvents);
        check(&["data: 1", "\n", "\n"], BetweenEvents);
        check(&["data: 1\r", "\n\r", "\n", ""], BetweenEvents);
        check(&["data: 1\n"], BetweenLines);
        check(&["data: 1", "\n"], BetweenLines);
        check(&["data: 1"], InLine);
        check(&["data: 1\n\nx"], InLine);
    }
}
