//! Whether a provider is worth asking where others could answer too, from how it answered lately.
//!
//! - `Closed`: it is. [`FAILURES`] failures in a row open it.
//! - `Open`: it is not, for a pause that doubles each time. Then, or as soon as it lists its models
//!   again, it is half open.
//! - `HalfOpen`: one request may try. If that succeeds it is closed, else open.
//! - `Cooling`: it is not, for as long as it asked to be left alone. Then it is closed.
//! - `Rejected`: it is not, since it does not take our key. A success closes it; a new key or base
//!   URL is a new provider as far as this module goes, and gets a breaker of its own.
//!
//! Where a provider is the only one that can answer it is asked whatever its breaker says: its own
//! answer says more than ours could. What such a request shows counts all the same.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;

/// So many failures in a row are no accident.
const FAILURES: u32 = 3;

/// The first pause after them. It is short, since a server on this machine is soon started anew.
const PAUSE: Duration = Duration::from_secs(5);

/// The longest one.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How long one request has the right to be the only one that tries; its caller may go away.
const TRIAL: Duration = Duration::from_secs(30);

/// How long a provider is left alone that has had too many requests and does not say for how long.
const COOLING: Duration = Duration::from_secs(5);

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// It answered a request with a success.
    Succeeded,
    /// It answered a request with an error that is about the request.
    Judged,
    /// It did not answer, or with an error that is about itself.
    Failed,
    /// It has had too many requests, and wants to be left alone for so long, if it says so.
    Busy(Option<Duration>),
    /// It did not take the key, or wants one.
    Rejected,
    /// It listed its models; `with_key`: which it does only for who has a good key.
    Listed { with_key: bool },
    /// It did not take the key where it was asked for its models.
    RejectedList,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed {
        failures: u32,
    },
    Open {
        until: Instant,
        pause: Duration,
    },
    HalfOpen {
        trial_until: Option<Instant>,
        pause: Duration,
    },
    Cooling {
        until: Instant,
    },
    Rejected {
        /// Only asking for models showed it; many list them without a key, which proves nothing.
        by_list: bool,
    },
}

/// What it says of a provider, for people and programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Good,
    Failing,
    Trying,
    Cooling,
    Rejected,
}

const GOOD: State = State::Closed { failures: 0 };

impl State {
    fn after(self, event: Event, now: Instant) -> Self {
        match (self, event) {
            (_, Event::Succeeded) => GOOD,
            (Self::Rejected { by_list }, Event::Rejected | Event::RejectedList) => {
                Self::Rejected { by_list: by_list && event == Event::RejectedList }
            }
            (_, Event::Rejected) => Self::Rejected { by_list: false },
            (_, Event::RejectedList) => Self::Rejected { by_list: true },
            (Self::Rejected { by_list }, Event::Listed { with_key }) if by_list || with_key => GOOD,
            (Self::Rejected { .. }, _) => self,
            (_, Event::Busy(wait)) => self.cooled(wait.unwrap_or(COOLING), now),
            (Self::Cooling { .. }, _) => self,
            (_, Event::Judged) => GOOD,
            (_, Event::Failed) => self.failed(now),
            (Self::Open { pause, .. }, Event::Listed { .. }) => {
                Self::HalfOpen { trial_until: None, pause }
            }
            (Self::Closed { .. } | Self::HalfOpen { .. }, Event::Listed { .. }) => self,
        }
    }

    fn failed(self, now: Instant) -> Self {
        let open = |pause| Self::Open { until: now + pause, pause };
        match self {
            Self::Closed { failures } if failures + 1 < FAILURES => {
                Self::Closed { failures: failures + 1 }
            }
            Self::Closed { .. } => open(PAUSE),
            Self::HalfOpen { pause, .. } => open((2 * pause).min(LONGEST_PAUSE)),
            // A request that began before it was known, or that had no choice.
            Self::Open { .. } | Self::Cooling { .. } | Self::Rejected { .. } => self,
        }
    }

    fn cooled(self, wait: Duration, now: Instant) -> Self {
        let until = now + wait;
        match self {
            Self::Cooling { until: before } => Self::Cooling { until: before.max(until) },
            _ => Self::Cooling { until },
        }
    }

    /// Whether a request may go there now, and what is so then.
    fn admit(self, now: Instant) -> (bool, Self) {
        let trial = |pause| Self::HalfOpen { trial_until: Some(now + TRIAL), pause };
        match self {
            Self::Closed { .. } => (true, self),
            Self::Cooling { until } if now >= until => (true, GOOD),
            Self::Open { until, pause } if now >= until => (true, trial(pause)),
            Self::HalfOpen { trial_until, pause } if trial_until.is_none_or(|at| now >= at) => {
                (true, trial(pause))
            }
            Self::Cooling { .. }
            | Self::Open { .. }
            | Self::HalfOpen { .. }
            | Self::Rejected { .. } => (false, self),
        }
    }

    fn verdict(self, now: Instant) -> Verdict {
        match self {
            Self::Closed { .. } => Verdict::Good,
            Self::Cooling { until } if now >= until => Verdict::Good,
            Self::Cooling { .. } => Verdict::Cooling,
            Self::Open { .. } => Verdict::Failing,
            Self::HalfOpen { .. } => Verdict::Trying,
            Self::Rejected { .. } => Verdict::Rejected,
        }
    }

    fn until(self) -> Option<Instant> {
        match self {
            Self::Cooling { until } | Self::Open { until, .. } => Some(until),
            Self::Closed { .. } | Self::HalfOpen { .. } | Self::Rejected { .. } => None,
        }
    }
}

pub(crate) struct Breaker {
    /// Whether all is well, which is what a request sees without a lock.
    is_good: AtomicBool,
    state: Mutex<State>,
}

impl Default for Breaker {
    fn default() -> Self {
        Self { is_good: AtomicBool::new(true), state: Mutex::new(GOOD) }
    }
}

impl Breaker {
    /// Takes in what happened, and says whether that changed its verdict.
    pub(crate) fn heard(&self, event: Event) -> bool {
        let is_good_news = matches!(event, Event::Succeeded | Event::Judged | Event::Listed { .. });
        if is_good_news && self.is_good.load(Ordering::Relaxed) {
            return false;
        }
        let now = Instant::now();
        self.change(|state| {
            let after = state.after(event, now);
            (after.verdict(now) != state.verdict(now), after)
        })
    }

    /// Whether a request may go there now.
    pub(crate) fn admits(&self) -> bool {
        let admit = |state: State| (state.admit(Instant::now()).0, state);
        self.is_good.load(Ordering::Relaxed) || self.change(admit)
    }

    /// A request goes there now, which tries for all others where the provider has failed.
    pub(crate) fn begin(&self) {
        if !self.is_good.load(Ordering::Relaxed) {
            self.change(|state| ((), state.admit(Instant::now()).1));
        }
    }

    pub(crate) fn verdict(&self) -> Verdict {
        if self.is_good.load(Ordering::Relaxed) {
            return Verdict::Good;
        }
        self.change(|state| (state.verdict(Instant::now()), state))
    }

    /// How long it will not be asked, if that is known.
    pub(crate) fn pause(&self) -> Option<Duration> {
        let until = self.change(|state| (state.until(), state))?;
        until.checked_duration_since(Instant::now())
    }

    fn change<T>(&self, change: impl FnOnce(State) -> (T, State)) -> T {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (told, after) = change(*state);
        *state = after;
        self.is_good.store(after == GOOD, Ordering::Relaxed);
        told
    }
}

#[cfg(test)]
mod tests {
    use super::{Breaker, COOLING, Event, LONGEST_PAUSE, PAUSE, TRIAL, Verdict};
    use std::time::Duration;
    use tokio::time::advance;

    #[track_caller]
    fn check(breaker: &Breaker, events: &[Event], expected: Verdict) {
        for event in events {
            breaker.heard(*event);
        }
        assert_eq!(breaker.verdict(), expected, "{events:?}");
    }

    /// Whether a request goes there, which then is under way.
    fn takes(breaker: &Breaker) -> bool {
        let admits = breaker.admits();
        assert_eq!(breaker.admits(), admits, "to ask changes nothing");
        breaker.begin();
        admits
    }

    const LISTED: Event = Event::Listed { with_key: false };
    const OPENS: [Event; 3] = [Event::Failed; 3];

    #[tokio::test(start_paused = true)]
    async fn failures_in_a_row_open_it() {
        let breaker = Breaker::default();
        check(&breaker, &[Event::Failed, Event::Failed, Event::Judged], Verdict::Good);
        check(&breaker, &[Event::Failed, Event::Failed], Verdict::Good);
        assert!(takes(&breaker));
        assert!(breaker.heard(Event::Failed), "the third one changes the verdict");
        assert_eq!(breaker.verdict(), Verdict::Failing);
        assert!(!takes(&breaker));
        assert_eq!(breaker.pause(), Some(PAUSE));
    }

    #[tokio::test(start_paused = true)]
    async fn one_request_tries_and_decides() {
        let breaker = Breaker::default();
        check(&breaker, &OPENS, Verdict::Failing);
        let mut pause = PAUSE;
        for _ in 0..6 {
            advance(pause).await;
            assert!(takes(&breaker), "after {pause:?}");
            assert!(!takes(&breaker), "one at a time");
            breaker.heard(Event::Failed);
            pause = (2 * pause).min(LONGEST_PAUSE);
            assert_eq!(breaker.pause(), Some(pause));
        }
        advance(pause).await;
        assert!(takes(&breaker));
        check(&breaker, &[Event::Succeeded], Verdict::Good);
        assert!(takes(&breaker) && takes(&breaker));
    }

    #[tokio::test(start_paused = true)]
    async fn a_trial_whose_caller_went_away_is_given_to_another() {
        let breaker = Breaker::default();
        check(&breaker, &OPENS, Verdict::Failing);
        check(&breaker, &[LISTED], Verdict::Trying);
        assert!(takes(&breaker) && !takes(&breaker));
        advance(TRIAL).await;
        assert!(takes(&breaker) && !takes(&breaker));
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_busy_is_left_alone_as_long_as_it_wishes() {
        let breaker = Breaker::default();
        let wait = Duration::from_secs(40);
        check(&breaker, &[Event::Busy(Some(wait)), Event::Busy(None)], Verdict::Cooling);
        assert!(!takes(&breaker));
        advance(COOLING).await;
        assert!(!takes(&breaker), "the longer wait counts");
        advance(wait - COOLING).await;
        assert!(takes(&breaker));
        check(&breaker, &[], Verdict::Good);
    }

    #[tokio::test(start_paused = true)]
    async fn a_bad_key_stays_bad_until_something_proves_the_opposite() {
        let breaker = Breaker::default();
        let others = [LISTED, Event::Judged, Event::Failed, Event::Busy(None)];
        check(&breaker, &[Event::Rejected], Verdict::Rejected);
        check(&breaker, &others, Verdict::Rejected);
        advance(Duration::from_secs(3_600)).await;
        assert!(!takes(&breaker));
        check(&breaker, &[Event::Succeeded], Verdict::Good);
        check(&breaker, &[Event::RejectedList], Verdict::Rejected);
        check(&breaker, &[LISTED], Verdict::Good);
        check(&breaker, &[Event::RejectedList, Event::Rejected, LISTED], Verdict::Rejected);
        check(&breaker, &[Event::Listed { with_key: true }], Verdict::Good);
    }
}
