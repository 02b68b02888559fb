//! How fast one model may be asked with one key.
//!
//! # Theory of operation
//!
//! Model Studio says nowhere what its limits are, counts requests and tokens by the minute as well
//! as by the second, and refuses traffic that grows too quickly. So nothing holds until it refuses
//! something. Then the pace is learnt from what it took:
//!
//! - requests or tokens: what it took in the second before is the rate from now on, less a tenth,
//!   because its seconds are not ours. A later refusal shows that this was too much: the rate falls
//!   to what was really taken of late, and by a half where nothing was taken in between.
//! - growth: what it took in that second more than in the one before is how much more may be sent
//!   from second to second, less a third. Each later refusal halves that.
//!
//! Whatever goes out then is spaced evenly, since a burst is what the limits by the second refuse.
//! After a refusal nothing goes out for a while: as long as the answer says, else one second, and
//! twice as long each time until something is taken again. The limits themselves change from day to
//! day, so what was learnt is eased every minute and forgotten after a quarter of an hour.
//!
//! Refusals of what was sent before the last lesson belong to it: of a burst of a hundred, sixty may
//! be refused, which is one lesson and not sixty.
//!
//! No clock here: times are ms since whatever the caller counts from.

mod recent;

use recent::Recent;

/// What of the observed rate is kept: theirs and our seconds begin at different times.
const MARGIN: f64 = 0.9;

/// What is left of a rate that proved too high although the requests were spaced.
const DECREASE: f64 = 0.8;

/// The same where nothing was taken between two refusals.
const COLLAPSE: f64 = 0.5;

/// The slowest pace, in requests a second. Whoever is refused at that is left alone by the pauses,
/// not by the pace: others may use the same account, and it may be free again in a moment.
const SLOWEST: f64 = 0.2;

/// How much more is tried with every minute without a refusal.
const EASING: f64 = 1.25;

/// After this many minutes without a refusal, what was learnt says nothing any more.
const FORGET_AFTER_MIN: u64 = 15;

/// How long nothing goes out after a refusal that says nothing of it, in ms; doubled for every
/// further one, up to a minute: their limits recover within one.
const PAUSE_MS: u64 = 1_000;
const LONGEST_PAUSE_MS: u64 = 60_000;

/// How much of the observed growth the ramp adds to the requests of the last second. Those are on
/// average half a second old, so the ramp grows by twice of it from second to second.
const RAMP: f64 = 1.0 / 3.0;

/// The slowest growth, in requests a second.
const SLOWEST_GROWTH: f64 = 0.5;

const SECOND_MS: u64 = 1_000;
const MINUTE_MS: u64 = 60_000;

/// What a refusal was about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Throttle {
    /// Too many requests.
    Requests,
    /// Too many tokens.
    Tokens,
    /// Too many more than before.
    Growth,
}

/// What was learnt from refusals.
#[derive(Debug)]
struct Lesson {
    /// When; what was sent until then belongs to it.
    at_ms: u64,
    /// Requests a second.
    rate: Option<f64>,
    /// Requests a second more than went out in the last second.
    growth: Option<f64>,
    /// How many there were in a row, with nothing taken in between.
    refusals: u32,
    /// Whether this lesson was the first one about what it was about.
    is_first: bool,
}

/// The pace of one model.
#[derive(Debug)]
pub(crate) struct Pace {
    /// What went out and was not refused.
    sent: Recent,
    last_ms: Option<u64>,
    paused_until_ms: u64,
    lesson: Option<Lesson>,
}

impl Pace {
    pub(crate) fn new() -> Self {
        Self { sent: Recent::new(), last_ms: None, paused_until_ms: 0, lesson: None }
    }

    /// Whether nothing is known that would hold anything back.
    pub(crate) fn is_free(&self, now_ms: u64) -> bool {
        self.paused_until_ms <= now_ms && self.in_force(now_ms).is_none()
    }

    /// When the next request may go out, as far as is known now.
    pub(crate) fn next_ms(&self, now_ms: u64) -> u64 {
        let spaced = match (self.last_ms, self.rate(now_ms)) {
            (Some(last_ms), Some(rate)) => last_ms + millis(SECOND_MS as f64 / rate),
            _ => 0,
        };
        spaced.max(self.paused_until_ms)
    }

    /// About how long the `ahead`th request after the next one has to wait, in ms.
    pub(crate) fn wait_ms(&self, ahead: usize, now_ms: u64) -> u64 {
        let first = self.next_ms(now_ms).saturating_sub(now_ms);
        let ahead = ahead as f64;
        let Some(lesson) = self.in_force(now_ms) else { return first };
        let at_rate = lesson.rate.map_or(0.0, |rate| ahead / rate);
        // n = ramp * t², for what grows from nothing.
        let at_growth = lesson.growth.map_or(0.0, |ramp| (ahead / ramp).sqrt());
        first + millis(at_rate.max(at_growth) * SECOND_MS as f64)
    }

    /// A request goes out.
    pub(crate) fn send(&mut self, now_ms: u64) {
        self.sent.add(now_ms);
        self.last_ms = Some(now_ms);
    }

    /// Whoever answers leaves nothing to be taken until `until_ms`.
    pub(crate) fn pause(&mut self, until_ms: u64) {
        self.paused_until_ms = self.paused_until_ms.max(until_ms);
    }

    /// What was sent at `sent_ms` was taken.
    pub(crate) fn taken(&mut self, sent_ms: u64) {
        if let Some(lesson) = self.lesson.as_mut().filter(|lesson| lesson.at_ms < sent_ms) {
            lesson.refusals = 0;
        }
    }

    /// What was sent at `sent_ms` was refused. `asked_ms`: how long it is to be left alone.
    pub(crate) fn refused(
        &mut self,
        throttle: Throttle,
        sent_ms: u64,
        now_ms: u64,
        asked_ms: Option<u64>,
    ) {
        self.sent.remove(sent_ms);
        if let Some(asked_ms) = asked_ms {
            self.pause(now_ms + asked_ms);
        }
        let belongs = self.lesson.as_ref().is_some_and(|lesson| sent_ms <= lesson.at_ms);
        if belongs {
            self.refine(throttle);
            return;
        }
        self.learn(throttle, now_ms);
        let doublings = self.lesson.as_ref().map_or(0, |lesson| lesson.refusals.min(6));
        let pause_ms = asked_ms.unwrap_or((PAUSE_MS << doublings).min(LONGEST_PAUSE_MS));
        self.pause(now_ms + pause_ms);
        if let Some(lesson) = &mut self.lesson {
            lesson.refusals += 1;
        }
    }

    /// One more of a burst that a lesson was learnt from: less was taken than it seemed.
    fn refine(&mut self, throttle: Throttle) {
        let (rate, growth) = match &self.lesson {
            Some(lesson) if lesson.is_first => self.observed(lesson.at_ms),
            _ => return,
        };
        if let Some(lesson) = &mut self.lesson {
            match throttle {
                Throttle::Growth => lesson.growth = Some(growth),
                Throttle::Requests | Throttle::Tokens => lesson.rate = Some(rate),
            }
        }
    }

    fn learn(&mut self, throttle: Throttle, now_ms: u64) {
        let (first_rate, first_growth) = self.observed(now_ms);
        let before = self.in_force(now_ms);
        let (mut rate, mut growth) = before.as_ref().map_or((None, None), |l| (l.rate, l.growth));
        let refusals = before.as_ref().map_or(0, |lesson| lesson.refusals);
        let is_first = match throttle {
            Throttle::Growth => {
                let is_first = growth.is_none();
                growth =
                    Some(growth.map_or(first_growth, |growth| (growth / 2.0).max(SLOWEST_GROWTH)));
                is_first
            }
            Throttle::Requests | Throttle::Tokens => {
                let is_first = rate.is_none();
                rate = Some(rate.map_or(first_rate, |rate| self.lowered(rate, refusals, now_ms)));
                is_first
            }
        };
        self.lesson = Some(Lesson { at_ms: now_ms, rate, growth, refusals, is_first });
    }

    /// The rate and the growth that a first refusal shows: what was taken in the second before it.
    fn observed(&self, at_ms: u64) -> (f64, f64) {
        let taken = f64::from(self.sent.within(SECOND_MS, at_ms));
        let earlier = at_ms.checked_sub(SECOND_MS);
        let before = f64::from(earlier.map_or(0, |then| self.sent.within(SECOND_MS, then)));
        let rate = (taken * MARGIN).max(f64::from(self.sent.within(MINUTE_MS, at_ms)) / 60.0);
        (rate.max(SLOWEST), (taken - before).max(1.0) * RAMP)
    }

    fn lowered(&self, rate: f64, refusals: u32, now_ms: u64) -> f64 {
        let taken = |seconds: u64| {
            f64::from(self.sent.within(seconds * SECOND_MS, now_ms)) / seconds as f64
        };
        let lately = taken(10).max(taken(60));
        let factor = if refusals == 0 { DECREASE } else { COLLAPSE };
        (rate * factor).min(lately).max(taken(60) * MARGIN).max(SLOWEST)
    }

    /// How many went out in the last second; at less than one a second, on average.
    fn lately(&self, now_ms: u64) -> f64 {
        let second = f64::from(self.sent.within(SECOND_MS, now_ms));
        second.max(f64::from(self.sent.within(3 * SECOND_MS, now_ms)) / 3.0)
    }

    /// What was learnt, as far as it still says something.
    fn in_force(&self, now_ms: u64) -> Option<Lesson> {
        let lesson = self.lesson.as_ref()?;
        let minutes = now_ms.saturating_sub(lesson.at_ms) / MINUTE_MS;
        if minutes >= FORGET_AFTER_MIN {
            return None;
        }
        let factor = EASING.powi(i32::try_from(minutes).unwrap_or(0));
        let eased = |value: Option<f64>| value.map(|value| value * factor);
        let (rate, growth) = (eased(lesson.rate), eased(lesson.growth));
        Some(Lesson { rate, growth, ..*lesson })
    }

    /// Requests a second at this moment.
    fn rate(&self, now_ms: u64) -> Option<f64> {
        let lesson = self.in_force(now_ms)?;
        let ramp = lesson.growth.map(|growth| self.lately(now_ms) + growth);
        match (lesson.rate, ramp) {
            (Some(rate), Some(ramp)) => Some(rate.min(ramp)),
            (rate, ramp) => rate.or(ramp),
        }
    }
}

/// Whole ms; what does not fit becomes the nearest number that does.
fn millis(millis: f64) -> u64 {
    millis.ceil() as u64
}

#[cfg(test)]
mod tests;
