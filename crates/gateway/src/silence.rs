//! How long an upstream has been silent in the middle of its answer.
//!
//! The time runs only while the relay waits for the upstream, so that a slow caller is never taken
//! for a silent upstream. The timer is not set anew with each chunk, which would cost more than the
//! rest of the relay: it goes off when the first silence could have been too long, and is then set
//! to when the present one will be.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::time::{Instant, Sleep, sleep_until};

/// After how much silence a caller is told that its stream still lives. What stands in between
/// closes a connection after a minute of silence, some after half of one.
pub(crate) const PING: Duration = Duration::from_secs(15);

/// A longer silence is not told apart from any length of it.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// What a silence leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// The caller is to be told that its stream still lives.
    Ping,
    /// The upstream was silent for longer than it may be.
    End,
}

pub(crate) struct Silence {
    limit: Duration,
    has_pings: bool,
    /// Since when the relay has waited.
    since: Option<Instant>,
    last_ping: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Silence {
    pub(crate) fn new(limit: Duration, has_pings: bool) -> Self {
        let limit = limit.min(LONGEST);
        Self { limit, has_pings, since: None, last_ping: None, timer: None }
    }

    pub(crate) fn limit(&self) -> Duration {
        self.limit
    }

    /// From now on there are no pings, and no more than this may pass.
    pub(crate) fn shorten(&mut self, limit: Duration) {
        self.limit = self.limit.min(limit);
        self.has_pings = false;
    }

    /// The upstream said something.
    pub(crate) fn broken(&mut self) {
        self.since = None;
        self.last_ping = None;
    }

    /// To be asked whenever the upstream has nothing: completes when something is due.
    pub(crate) fn poll_due(&mut self, context: &mut Context<'_>) -> Poll<Due> {
        let now = Instant::now();
        let since = *self.since.get_or_insert(now);
        let (at, due) = self.next(since);
        if at <= now {
            self.last_ping = Some(now);
            return Poll::Ready(due);
        }
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(at)));
        if timer.deadline() > at {
            timer.as_mut().reset(at);
        }
        ready!(timer.as_mut().poll(context));
        timer.as_mut().reset(at);
        timer.as_mut().poll(context).map(|()| due)
    }

    fn next(&self, since: Instant) -> (Instant, Due) {
        let end = since + self.limit;
        let ping = self.last_ping.unwrap_or(since) + PING;
        if self.has_pings && ping < end { (ping, Due::Ping) } else { (end, Due::End) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Due, Silence};
    use std::{future::poll_fn, time::Duration};
    use tokio::time::{Instant, advance, timeout};

    const LIMIT: Duration = Duration::from_secs(40);

    async fn due(silence: &mut Silence) -> (Due, u64) {
        let asked = Instant::now();
        let due = poll_fn(|context| silence.poll_due(context)).await;
        (due, asked.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn pings_and_then_the_end() {
        let mut silence = Silence::new(LIMIT, true);
        assert_eq!(due(&mut silence).await, (Due::Ping, 15));
        assert_eq!(due(&mut silence).await, (Due::Ping, 15));
        assert_eq!(due(&mut silence).await, (Due::End, 10));
        let mut without = Silence::new(LIMIT, false);
        assert_eq!(due(&mut without).await, (Due::End, 40));
    }

    #[tokio::test(start_paused = true)]
    async fn a_word_of_the_upstream_begins_it_anew() {
        let mut silence = Silence::new(LIMIT, true);
        for _ in 0..10 {
            let waiting = due(&mut silence);
            assert!(timeout(Duration::from_secs(14), waiting).await.is_err());
            silence.broken();
        }
        assert_eq!(due(&mut silence).await, (Due::Ping, 15));
        silence.broken();
        assert_eq!(due(&mut silence).await, (Due::Ping, 15));
    }

    #[tokio::test(start_paused = true)]
    async fn it_may_be_made_shorter() {
        let mut silence = Silence::new(LIMIT, true);
        assert!(timeout(Duration::from_secs(1), due(&mut silence)).await.is_err());
        silence.broken();
        silence.shorten(Duration::from_secs(20));
        assert_eq!(due(&mut silence).await, (Due::End, 20));
    }

    #[tokio::test(start_paused = true)]
    async fn time_that_the_caller_takes_counts_for_nothing() {
        let mut silence = Silence::new(LIMIT, false);
        assert!(timeout(Duration::from_secs(30), due(&mut silence)).await.is_err());
        silence.broken();
        // Nobody asks meanwhile.
        advance(2 * LIMIT).await;
        assert_eq!(due(&mut silence).await, (Due::End, 40));
    }
}
