//! What the processes must know of each other for `after`: who is coming up, and who is going down.
//!
//! An order counts from the moment in which it is given, not from when its task gets to it: of two orders given one
//! after the other, the second one's process sees the first one's.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use lifecycle::Order;
use tokio::sync::watch;

/// What one process shows its neighbours.
#[derive(Debug, Default)]
struct Sign {
    coming_up: AtomicBool,
    going_down: AtomicBool,
    starts_ordered: AtomicU32,
    stops_ordered: AtomicU32,
}

/// All processes' signs, by index.
#[derive(Debug)]
pub(crate) struct Neighbours {
    signs: Vec<Sign>,
    changed: watch::Sender<()>,
}

impl Neighbours {
    pub(crate) fn new(count: usize) -> Self {
        let signs = (0..count).map(|_| Sign::default()).collect();
        Self { signs, changed: watch::Sender::new(()) }
    }

    /// An order was given to a process, which has yet to take it.
    pub(crate) fn ordered(&self, index: usize, order: Order) {
        for counter in self.counters(index, order) {
            counter.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// The process took the order.
    pub(crate) fn taken(&self, index: usize, order: Order) {
        for counter in self.counters(index, order) {
            counter.fetch_sub(1, Ordering::SeqCst);
        }
        self.changed.send_replace(());
    }

    /// What is so of a process now.
    pub(crate) fn show(&self, index: usize, coming_up: bool, going_down: bool) {
        let sign = &self.signs[index];
        let was_up = sign.coming_up.swap(coming_up, Ordering::SeqCst);
        let was_down = sign.going_down.swap(going_down, Ordering::SeqCst);
        if (was_up, was_down) != (coming_up, going_down) {
            self.changed.send_replace(());
        }
    }

    /// Whether any of these starts, or was ordered to.
    pub(crate) fn any_coming_up(&self, indexes: &[usize]) -> bool {
        indexes.iter().map(|index| &self.signs[*index]).any(|sign| {
            sign.coming_up.load(Ordering::SeqCst) || sign.starts_ordered.load(Ordering::SeqCst) > 0
        })
    }

    /// Whether any of these is stopping, or was ordered to stop.
    pub(crate) fn any_going_down(&self, indexes: &[usize]) -> bool {
        indexes.iter().map(|index| &self.signs[*index]).any(|sign| {
            sign.going_down.load(Ordering::SeqCst) || sign.stops_ordered.load(Ordering::SeqCst) > 0
        })
    }

    /// Returns once none of these is coming up.
    pub(crate) async fn none_coming_up(&self, indexes: &[usize]) {
        self.until(|| !self.any_coming_up(indexes)).await;
    }

    /// Returns once none of these is going down.
    pub(crate) async fn none_going_down(&self, indexes: &[usize]) {
        self.until(|| !self.any_going_down(indexes)).await;
    }

    async fn until(&self, so: impl Fn() -> bool) {
        let mut changes = self.changed.subscribe();
        while !so() {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    fn counters(&self, index: usize, order: Order) -> impl Iterator<Item = &AtomicU32> {
        let Sign { starts_ordered, stops_ordered, .. } = &self.signs[index];
        let start = matches!(order, Order::Start | Order::Restart).then_some(starts_ordered);
        let stop =
            matches!(order, Order::Stop | Order::Kill | Order::Restart).then_some(stops_ordered);
        start.into_iter().chain(stop)
    }
}
