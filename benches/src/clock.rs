//! The one clock of the run: `CLOCK_MONOTONIC`, which all processes of a machine share, so that a
//! child can say when it wrote its line and the run can subtract.
use rustix::time::{ClockId, clock_gettime};

/// Now, in nanoseconds.
pub(crate) fn now_ns() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    seconds * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or(0)
}

/// The milliseconds that passed since `start_ns`.
pub(crate) fn ms_since(start_ns: u64) -> f64 {
    ms(now_ns().saturating_sub(start_ns))
}

/// Nanoseconds as milliseconds.
#[expect(clippy::cast_precision_loss, reason = "a run is far shorter than 2^52 ns")]
pub(crate) fn ms(ns: u64) -> f64 {
    ns as f64 / 1e6
}
