//! A wall clock that a test sets, and that then goes as tokio's does.

use std::cell::Cell;
use std::time::SystemTime;

use tokio::time::Instant;

thread_local! {
    /// What it showed when it was set.
    static SET: Cell<Option<(SystemTime, Instant)>> = const { Cell::new(None) };
}

/// Sets this thread's clock.
pub(crate) fn set(time: SystemTime) {
    SET.set(Some((time, Instant::now())));
}

/// What this thread's clock shows: the machine's, where it was not set.
pub(crate) fn wall_clock() -> SystemTime {
    SET.get().map_or_else(SystemTime::now, |(time, at)| time + at.elapsed())
}
