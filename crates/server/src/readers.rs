//! Readers of `/api/events`, to cut off those that stopped reading.
//!
//! A reader whose connection takes no more is not run again until it does, so that it cannot find out by itself how far
//! behind it is. Whoever sees all events go by looks after it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::connection::Wire;

/// How many events a reader may be behind. What its connection has taken does not count.
const LAG: u64 = 2_048;

/// How often all readers are looked at, in events.
const EVERY: u64 = 256;

/// How far one reader is.
#[derive(Debug)]
pub(crate) struct Progress {
    seq: AtomicU64,
    wire: Wire,
}

impl Progress {
    /// It takes this event.
    pub(crate) fn reached(&self, seq: u64) {
        self.seq.store(seq, Ordering::Relaxed);
    }
}

/// All readers that there are.
#[derive(Debug, Default)]
pub(crate) struct Readers(Mutex<Vec<Weak<Progress>>>);

impl Readers {
    /// A new one; it is forgotten when its progress is dropped.
    pub(crate) fn add(&self, seq: u64, wire: Wire) -> Arc<Progress> {
        let progress = Arc::new(Progress { seq: AtomicU64::new(seq), wire });
        let mut readers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Only as many that are gone are kept as there are others.
        if readers.len() == readers.capacity() {
            readers.retain(|reader| reader.strong_count() > 0);
        }
        readers.push(Arc::downgrade(&progress));
        progress
    }

    /// Cuts off those that are too far behind this event; says how many.
    pub(crate) fn cut_laggards(&self, seq: u64) -> u64 {
        if !seq.is_multiple_of(EVERY) {
            return 0;
        }
        let mut count = 0;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|reader| {
            let Some(reader) = reader.upgrade() else { return false };
            let lags = seq.saturating_sub(reader.seq.load(Ordering::Relaxed)) > LAG;
            if lags {
                reader.wire.cut();
                count += 1;
            }
            !lags
        });
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_those_far_behind_are_cut_off_and_once() {
        let readers = Readers::default();
        let (slow, good) = (readers.add(1, Wire::default()), readers.add(1, Wire::default()));
        drop(readers.add(1, Wire::default()));
        good.reached(2_000);
        assert_eq!(readers.cut_laggards(2_048), 0);
        assert_eq!(readers.cut_laggards(2_303), 0, "not looked at");
        assert_eq!(readers.cut_laggards(2_304), 1);
        assert_eq!(readers.cut_laggards(2_560), 0);
        drop((slow, good));
        assert_eq!(readers.cut_laggards(9_984), 0);
    }
}
