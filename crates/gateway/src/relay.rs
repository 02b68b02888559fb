//! The body that passes an upstream's chunks on, one by one, and tells the truth about its end.
//!
//! A body ends in one of these ways, which its request's record says:
//! - complete: the upstream ended it properly, or an event stream's last event has passed;
//! - cut: the upstream broke off, or ended an event stream properly without any sign that the answer
//!   was finished; the relay breaks off;
//! - idle: nothing came for the idle limit; the relay breaks off;
//! - drained: the drain of a shutdown is over; the relay breaks off;
//! - gone: the caller went away. Dropping the relay drops the upstream's body, which closes the
//!   upstream's connection;
//! - error: the upstream said in the middle of its answer what went wrong; nothing is added to that.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use hyper::body::{Body, Frame, SizeHint};
use request_log::Outcome;
use std::{
    collections::VecDeque,
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::time::{Instant, timeout_at};

use crate::{
    Refusal, Upstream,
    breaking::{BreakOff, RelayError},
    client::UpstreamBody,
    dialect::Dialect,
    event_stream::{EventStream, PING},
    findings::{Failure, Findings},
    headers,
    observation::Observation,
    opening::Opening,
    position::Position,
    silence::{Due, Silence},
    upstream_error, verdict,
};

/// How long an upstream may leave a stream open whose last event has passed. Most end it at once, and
/// their connection can be used again.
const AFTER_THE_END: Duration = Duration::from_millis(250);

/// How much of a stream, in bytes, is held at the most while its first event is waited for.
const MOST_HELD: usize = 64 * 1024;

/// What the relay does next.
enum Phase {
    /// Passes chunks on.
    Relaying,
    /// Breaks off, an error event first where one could be put into the stream.
    Breaking(BreakOff),
    Done,
}

/// A body that passes an upstream's chunks on.
pub struct RelayBody {
    phase: Phase,
    /// What was read already, and is passed on first.
    held: VecDeque<Frame<Bytes>>,
    rest: UpstreamBody,
    /// Whether all was read, so that there is no rest: not every body says so itself.
    is_all_held: bool,
    silence: Silence,
    /// Whether it is an event stream, which may be of any length.
    is_stream: bool,
    /// For an event stream into which something may be put.
    stream: Option<EventStream>,
    findings: Findings,
    opening: Opening,
    upstream: Arc<Upstream>,
    observation: Observation,
}

/// An answer's body that has begun, and how to treat it.
pub(crate) struct Begun<'a> {
    /// The chunks that were read already.
    pub(crate) first: Vec<Bytes>,
    /// What was found in them, if they are all of a document.
    pub(crate) findings: Option<Findings>,
    pub(crate) rest: UpstreamBody,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) path: &'a str,
    pub(crate) idle_limit: Duration,
}

impl RelayBody {
    pub(crate) fn new(
        begun: Begun<'_>,
        upstream: &Arc<Upstream>,
        observation: &Observation,
    ) -> Self {
        let Begun { first, findings, rest, headers, path, idle_limit } = begun;
        let is_stream = headers::is_event_stream(headers);
        let dialect = Dialect::of(path);
        let is_known = findings.is_some();
        let findings = findings.unwrap_or_else(|| match is_stream {
            true => Findings::of_event_stream(dialect),
            false => Findings::of_document(),
        });
        // Nothing can be put into what is compressed.
        let is_open = is_stream && !headers::is_encoded(headers);
        let mut relay = Self {
            phase: Phase::Relaying,
            held: VecDeque::new(),
            rest,
            is_all_held: is_known,
            silence: Silence::new(idle_limit, is_open),
            is_stream,
            stream: is_open.then(|| EventStream::of(dialect)),
            findings,
            opening: Opening::default(),
            upstream: Arc::clone(upstream),
            observation: observation.clone(),
        };
        let frames = first.into_iter().map(Frame::data);
        if is_known {
            relay.held = frames.collect();
            relay.opening = Opening::Data;
            relay.observation.has_data();
        } else {
            relay.held = frames.map(|frame| relay.passed(frame)).collect();
        }
        relay
    }

    /// Waits until a stream has said something, but not beyond `deadline`. What it has said is held
    /// until it is asked for.
    ///
    /// # Errors
    /// Why it ended without a word, or what it says that is wrong with the upstream: then it is nobody's
    /// answer.
    pub(crate) async fn begun(&mut self, deadline: Instant) -> Result<(), Refusal> {
        // What was read to find out that it is a stream may be all of it.
        if self.says_nothing() {
            self.held.clear();
            self.break_off(RelayError::Empty);
            return Err(RelayError::Empty.refusal(self.upstream.name()));
        }
        let mut length = 0;
        while !self.has_begun() && length < MOST_HELD {
            let next = poll_fn(|context| self.poll_upstream(context));
            let Ok(next) = timeout_at(deadline, next).await else { break };
            if let Phase::Breaking(end) = &self.phase {
                return Err(end.error().refusal(self.upstream.name()));
            }
            let Some(frame) = next else { break };
            length += frame.data_ref().map_or(0, Bytes::len);
            self.held.push_back(frame);
        }
        match self.findings.failure().map(|failure| self.refusal(failure)) {
            Some(refusal) if verdict::fails(refusal.status()) => Err(refusal),
            _ => Ok(()),
        }
    }

    /// What the stream says went wrong, as what was said in place of an answer.
    fn refusal(&self, failure: &Failure) -> Refusal {
        let status = upstream_error::status_of(&failure.code).unwrap_or(StatusCode::BAD_GATEWAY);
        let said = self.upstream.without_key(failure.message.as_bytes());
        let (name, said) = (self.upstream.name(), String::from_utf8_lossy(&said));
        let message = format!("{name} ({}) began with an error: {said}", self.upstream.host());
        Refusal::upstream(status, "upstream_error", name, message)
    }

    /// Whether there is something to pass on: of a stream, a whole event.
    fn has_begun(&self) -> bool {
        let is_in_event = self.stream.is_some() && !self.is_between_events();
        self.opening == Opening::Data && !is_in_event
    }

    fn poll_upstream(&mut self, context: &mut Context<'_>) -> Poll<Option<Frame<Bytes>>> {
        match Pin::new(&mut self.rest).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => Poll::Ready(self.come(frame)),
            Poll::Ready(Some(Err(_))) => Poll::Ready(self.broke_off(RelayError::Cut)),
            Poll::Ready(None) => Poll::Ready(self.ended()),
            Poll::Pending => self.poll_silence(context),
        }
    }

    fn poll_silence(&mut self, context: &mut Context<'_>) -> Poll<Option<Frame<Bytes>>> {
        loop {
            match self.silence.poll_due(context) {
                Poll::Ready(Due::Ping) if self.is_between_events() => {
                    return Poll::Ready(Some(Frame::data(Bytes::from_static(PING))));
                }
                Poll::Ready(Due::Ping) => {}
                Poll::Ready(Due::End) => {
                    let stalled = RelayError::Stalled(self.silence.limit());
                    return Poll::Ready(self.broke_off(stalled));
                }
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// What there is to pass on once this has come. The mark of a proper end where there was no answer
    /// would make a success of it.
    fn come(&mut self, frame: Frame<Bytes>) -> Option<Frame<Bytes>> {
        let position = self.stream.as_ref().map(EventStream::position);
        let frame = self.passed(frame);
        if !self.says_nothing() {
            return Some(frame);
        }
        if let (Some(stream), Some(position)) = (&mut self.stream, position) {
            stream.withheld(position);
        }
        self.break_off(RelayError::Empty)
    }

    fn passed(&mut self, frame: Frame<Bytes>) -> Frame<Bytes> {
        if !self.findings.is_over() {
            self.silence.broken();
        }
        if let Some(data) = frame.data_ref() {
            self.findings.read(data);
            if self.findings.is_over() {
                self.silence.shorten(AFTER_THE_END);
            }
            if matches!(self.opening, Opening::Nothing(_)) {
                self.opening.read(data);
                if self.opening == Opening::Data {
                    self.observation.has_data();
                }
            }
            if let Some(stream) = &mut self.stream {
                stream.passed(data);
            }
        }
        frame
    }

    /// Whether the mark of a proper end has come, and no answer before it.
    fn says_nothing(&self) -> bool {
        let is_over = self.findings.is_over() && self.findings.error().is_none();
        is_over && (self.opening == Opening::End || self.findings.lacks_choice())
    }

    fn is_between_events(&self) -> bool {
        self.stream.as_ref().map(EventStream::position) == Some(Position::BetweenEvents)
    }

    /// An error event where one can be put there, else nothing.
    fn broke_off(&mut self, error: RelayError) -> Option<Frame<Bytes>> {
        if self.findings.is_over() {
            // All was said. How the connection is ended after that is nobody's loss.
            return self.ended();
        }
        self.break_off(error)
    }

    fn break_off(&mut self, error: RelayError) -> Option<Frame<Bytes>> {
        tracing::warn!(provider = self.upstream.name(), reason = %error, "an answer was broken off");
        self.phase = Phase::Breaking(BreakOff::new(error));
        if !matches!(error, RelayError::Drained) && self.tell_error() {
            return None;
        }
        let refusal = error.refusal(self.upstream.name());
        self.tell(refusal.outcome(), Some(refusal.message()));
        let end = self.stream.as_ref()?.end(&refusal, self.findings.next_event())?;
        Some(Frame::data(end))
    }

    /// The upstream ended the answer properly, be it whole or not.
    fn ended(&mut self) -> Option<Frame<Bytes>> {
        if !self.tell_error() {
            if self.is_unfinished() {
                return self.broke_off(RelayError::Unfinished);
            }
            self.tell(Outcome::Complete, None);
        }
        self.phase = Phase::Done;
        None
    }

    /// Notes what the upstream said that went wrong, if it did.
    fn tell_error(&self) -> bool {
        let Some(error) = self.findings.error() else { return false };
        let error = self.upstream.without_key(error.as_bytes());
        self.tell(Outcome::UpstreamError, Some(&String::from_utf8_lossy(&error)));
        true
    }

    /// Whether an answer that ends here says nothing of having been finished.
    fn is_unfinished(&self) -> bool {
        self.stream.is_some() && !self.findings.is_finished()
    }

    /// Whether the upstream has ended the answer, and it is whole.
    fn is_at_end(&self) -> bool {
        let is_all = self.rest.is_end_stream() || self.left() == Some(0);
        is_all && !self.is_unfinished()
    }

    /// How many bytes the upstream still has to send, where that is known.
    fn left(&self) -> Option<u64> {
        if self.is_all_held { Some(0) } else { self.rest.size_hint().exact() }
    }

    fn tell(&self, outcome: Outcome, error: Option<&str>) {
        self.observation.counts(self.findings.tokens());
        self.observation.ends(outcome, error);
        tracing::debug!(provider = self.upstream.name(), ?outcome, "an answer ended");
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
        if let Some(frame) = this.held.pop_front() {
            return Poll::Ready(Some(Ok(frame)));
        }
        match &mut this.phase {
            Phase::Relaying => {}
            Phase::Breaking(end) => {
                let error = ready!(end.poll(context));
                this.phase = Phase::Done;
                return Poll::Ready(Some(Err(error)));
            }
            Phase::Done => return Poll::Ready(None),
        }
        let next = if this.observation.is_drained() {
            this.broke_off(RelayError::Drained)
        } else {
            ready!(this.poll_upstream(context))
        };
        match next {
            None if matches!(this.phase, Phase::Breaking(_)) => Pin::new(this).poll_frame(context),
            next => Poll::Ready(next.map(Ok)),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self.phase {
            _ if !self.held.is_empty() => false,
            Phase::Relaying => self.is_at_end(),
            Phase::Breaking(_) => false,
            Phase::Done => true,
        }
    }

    /// What a document is known to have left: the server tells the caller. A stream is told as one,
    /// whatever it comes to.
    fn size_hint(&self) -> SizeHint {
        let held: usize = self.held.iter().filter_map(Frame::data_ref).map(Bytes::len).sum();
        match self.left().filter(|_| !self.is_stream) {
            Some(left) => SizeHint::with_exact(left + held as u64),
            None => SizeHint::default(),
        }
    }
}

impl Drop for RelayBody {
    /// The server drops a body as soon as it has the last chunk; a caller, as soon as it has the
    /// last event, or an error. All else is somebody's going away.
    fn drop(&mut self) {
        let is_relaying = matches!(self.phase, Phase::Relaying) && self.held.is_empty();
        let is_told = self.findings.is_over() || self.findings.error().is_some();
        if is_relaying && (self.is_at_end() || is_told) {
            self.ended();
        } else {
            self.observation.counts(self.findings.tokens());
        }
    }
}
