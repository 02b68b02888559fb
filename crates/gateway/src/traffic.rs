//! The requests in flight: how many there are, and whether they have to end.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio_util::sync::CancellationToken;

#[derive(Debug, Default)]
pub(crate) struct Traffic {
    in_flight: AtomicUsize,
    is_over: AtomicBool,
    /// Cancelled when nothing new is accepted any more.
    pub(crate) draining: CancellationToken,
    /// Cancelled when the drain is over, just after `is_over` is set.
    pub(crate) over: CancellationToken,
}

impl Traffic {
    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    pub(crate) fn begins(&self) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn ends(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    /// Whether the drain is over: what is in flight has to end now.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// The drain is over. Every connection is woken, and what it is about to do next looks at
    /// [`Traffic::is_over`].
    pub(crate) fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
        self.over.cancel();
    }
}
