//! The wall clock, for people; deadlines use `tokio::time::Instant`.

use std::time::{Duration, UNIX_EPOCH};

use tokio::time::Instant;

/// Now, in ms since the epoch.
pub(crate) fn now_ms() -> u64 {
    let since = wall_clock().duration_since(UNIX_EPOCH).unwrap_or_default();
    millis(since)
}

/// When `deadline` is, in ms since the epoch.
pub(crate) fn wall_time_of(deadline: Instant) -> u64 {
    now_ms() + millis(deadline.saturating_duration_since(Instant::now()))
}

/// Whole ms.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(not(test))]
fn wall_clock() -> std::time::SystemTime {
    std::time::SystemTime::now()
}

#[cfg(test)]
pub(crate) mod pretended;

#[cfg(test)]
use pretended::wall_clock;
