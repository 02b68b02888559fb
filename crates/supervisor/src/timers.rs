//! The deadlines of one process.

use std::time::Duration;

use lifecycle::{Generation, Timer};
use tokio::time::{Instant, sleep_until};

/// The timers that are armed.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    armed: Vec<(Timer, Generation, Instant)>,
}

impl Timers {
    pub(crate) fn arm(&mut self, generation: Generation, timer: Timer, after: Duration) {
        self.armed.push((timer, generation, Instant::now() + after));
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
    pub(crate) async fn next(&mut self) -> (Generation, Timer) {
        let earliest = (0..self.armed.len()).min_by_key(|index| self.armed[*index].2);
        let Some(index) = earliest else { return std::future::pending().await };
        sleep_until(self.armed[index].2).await;
        let (timer, generation, _) = self.armed.swap_remove(index);
        (generation, timer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
