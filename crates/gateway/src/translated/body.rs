//! The body that tells a provider's stream in the caller's protocol, chunk by chunk.

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::time::Instant;
use translate::Stream;

use crate::{
    Upstream,
    breaking::{BreakOff, RelayError},
    relay::RelayBody,
};

/// After how long without a word a caller is told that its stream still lives, where the provider
/// says only what the caller does not get.
const SILENCE: Duration = Duration::from_secs(15);

/// What comes next.
enum Phase {
    Telling,
    /// The end has been told.
    Breaking(BreakOff),
    Done,
}

/// A body that tells an upstream's stream in another protocol.
pub struct TranslatedBody {
    relay: Box<RelayBody>,
    stream: Stream,
    upstream: Arc<Upstream>,
    phase: Phase,
    told_at: Instant,
}

impl TranslatedBody {
    pub(crate) fn new(relay: Box<RelayBody>, stream: Stream, upstream: Arc<Upstream>) -> Self {
        Self { relay, stream, upstream, phase: Phase::Telling, told_at: Instant::now() }
    }

    /// What can be told now. Nothing that the relay passes on is worth nothing: then it is asked
    /// for more.
    fn poll_told(&mut self, context: &mut Context<'_>) -> Poll<Vec<u8>> {
        while let Phase::Telling = self.phase {
            let told = match ready!(Pin::new(self.relay.as_mut()).poll_frame(context)) {
                Some(Ok(frame)) => self.heard(frame),
                Some(Err(error)) => self.broke_off(error),
                None => self.ended(),
            };
            if !told.is_empty() {
                self.told_at = Instant::now();
                return Poll::Ready(told);
            }
        }
        Poll::Ready(Vec::new())
    }

    fn heard(&mut self, frame: Frame<Bytes>) -> Vec<u8> {
        let Ok(data) = frame.into_data() else { return Vec::new() };
        let told = self.stream.feed(&data);
        // A comment says that the stream still lives, and nothing else.
        let is_due = data.starts_with(b":") || self.told_at.elapsed() >= SILENCE;
        if told.is_empty() && is_due { self.ping() } else { told }
    }

    fn ping(&self) -> Vec<u8> {
        if self.stream.is_over() { Vec::new() } else { self.stream.ping().to_vec() }
    }

    fn broke_off(&mut self, error: RelayError) -> Vec<u8> {
        let refusal = error.refusal(self.upstream.name());
        self.phase = Phase::Breaking(BreakOff::new(error));
        self.stream.fail(refusal.status().as_u16(), refusal.message())
    }

    fn ended(&mut self) -> Vec<u8> {
        let mut told = self.stream.finish();
        if self.stream.is_over() {
            self.phase = Phase::Done;
        } else {
            told.extend(self.broke_off(RelayError::Cut));
        }
        told
    }
}

impl Body for TranslatedBody {
    type Data = Bytes;
    type Error = RelayError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, RelayError>>> {
        let this = self.get_mut();
        let told = ready!(this.poll_told(context));
        if !told.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(Bytes::from(told)))));
        }
        let Phase::Breaking(end) = &mut this.phase else { return Poll::Ready(None) };
        let error = ready!(end.poll(context));
        this.phase = Phase::Done;
        Poll::Ready(Some(Err(error)))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.phase, Phase::Done)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}
