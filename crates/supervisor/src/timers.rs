//! The deadlines of one process.

use std::time::Duration;

use lifecycle::{Generation, Timer};
use tokio::time::{Instant, sleep_until};

/// How late a timer may be before it counts as a sign that this server itself was held up: it was stopped, or the
/// machine gave it no time.
const HELD_UP: Duration = Duration::from_secs(1);

/// How long after that it takes until all that happened meanwhile has surely been looked at.
const SECOND_LOOK: Duration = Duration::from_secs(1);

/// The timers that are armed.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    armed: Vec<(Timer, Generation, Instant)>,
}

impl Timers {
    pub(crate) fn arm(&mut self, generation: Generation, timer: Timer, after: Duration) {
        self.armed.push((timer, generation, Instant::now() + after));
    }

    /// Gives a generation this much time from now on to get ready or to end, if it has less.
    pub(crate) fn extend(&mut self, generation: Generation, wait: Duration) {
        let at = Instant::now() + wait;
        for (timer, armed, deadline) in &mut self.armed {
            if *armed == generation && matches!(timer, Timer::Ready | Timer::Kill) {
                *deadline = at.max(*deadline);
            }
        }
    }

    /// Forgets all timers of this kind.
    pub(crate) fn disarm(&mut self, timer: Timer) {
        self.armed.retain(|(armed, ..)| *armed != timer);
    }

    /// When the timer of this kind fires.
    pub(crate) fn deadline(&self, timer: Timer) -> Option<Instant> {
        self.armed.iter().find(|(armed, ..)| *armed == timer).map(|(.., at)| *at)
    }

    /// Waits for the next timer and takes it; for ever where none is armed. Cancel-safe.
    ///
    /// A timer that makes a fault of what was not seen in time is given a moment more where the server was held up and
    /// so could not see it.
    pub(crate) async fn next(&mut self) -> (Generation, Timer) {
        loop {
            let earliest = (0..self.armed.len()).min_by_key(|index| self.armed[*index].2);
            let Some(index) = earliest else { return std::future::pending().await };
            let (timer, generation, at) = self.armed[index];
            sleep_until(at).await;
            if accuses(timer) && at.elapsed() > HELD_UP {
                self.armed[index].2 = Instant::now() + SECOND_LOOK;
            } else {
                self.armed.swap_remove(index);
                return (generation, timer);
            }
        }
    }
}

/// Whether a process is in error because of this timer alone.
const fn accuses(timer: Timer) -> bool {
    match timer {
        Timer::Ready | Timer::Grace => true,
        Timer::Kill | Timer::Backoff | Timer::Window => false,
    }
}

#[cfg(test)]
impl Timers {
    /// How many are armed.
    pub(crate) fn count(&self) -> usize {
        self.armed.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_was_not_seen_for_want_of_time_is_looked_for_once_more() {
        let (mut timers, first) = (Timers::default(), Generation(1));
        timers.arm(first, Timer::Ready, Duration::from_secs(5));
        timers.arm(first, Timer::Kill, Duration::from_secs(5));
        tokio::time::advance(Duration::from_secs(60)).await;
        let resumed = Instant::now();
        assert_eq!(timers.next().await, (first, Timer::Kill));
        assert_eq!(resumed.elapsed(), Duration::ZERO);
        assert_eq!(timers.next().await, (first, Timer::Ready));
        assert!(resumed.elapsed() >= SECOND_LOOK, "{:?}", resumed.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_for_time_gets_what_it_has_not() {
        let (mut timers, first, second) = (Timers::default(), Generation(1), Generation(2));
        let begun = Instant::now();
        timers.arm(first, Timer::Kill, Duration::from_secs(5));
        timers.arm(second, Timer::Ready, Duration::from_secs(6));
        timers.arm(first, Timer::Grace, Duration::from_secs(7));
        timers.extend(first, Duration::from_secs(3));
        assert_eq!(timers.deadline(Timer::Kill), Some(begun + Duration::from_secs(5)));
        timers.extend(first, Duration::from_secs(9));
        assert_eq!(timers.next().await, (second, Timer::Ready));
        assert_eq!(timers.next().await, (first, Timer::Grace));
        assert_eq!(timers.next().await, (first, Timer::Kill));
        assert_eq!(begun.elapsed(), Duration::from_secs(9));
    }

    #[tokio::test(start_paused = true)]
    async fn timers_fire_in_the_order_of_their_deadlines() {
        let mut timers = Timers::default();
        let first = Generation(1);
        timers.arm(first, Timer::Kill, Duration::from_secs(10));
        timers.arm(first, Timer::Ready, Duration::from_secs(5));
        timers.arm(first, Timer::Backoff, Duration::from_secs(1));
        timers.disarm(Timer::Backoff);
        assert_eq!(timers.next().await, (first, Timer::Ready));
        assert_eq!(timers.next().await, (first, Timer::Kill));
        assert_eq!(timers.deadline(Timer::Kill), None);
    }
}
