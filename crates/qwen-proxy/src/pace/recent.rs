//! How many requests went out lately, to a tenth of a second, over one minute.

/// The width of a bucket, in ms.
const WIDTH_MS: u64 = 100;

/// How many buckets there are: a minute's worth.
const BUCKETS: usize = 600;

/// Counts of the last minute. What is older is forgotten as time goes on.
#[derive(Debug)]
pub(crate) struct Recent {
    counts: Box<[u32; BUCKETS]>,
    /// The number of the newest bucket, since the beginning of time.
    newest: u64,
}

impl Recent {
    pub(crate) fn new() -> Self {
        Self { counts: Box::new([0; BUCKETS]), newest: 0 }
    }

    /// One more at this time.
    pub(crate) fn add(&mut self, at_ms: u64) {
        self.turn_to(at_ms / WIDTH_MS);
        if let Some(count) = self.bucket(at_ms / WIDTH_MS) {
            *count = count.saturating_add(1);
        }
    }

    /// One that was added at this time does not count after all.
    pub(crate) fn remove(&mut self, at_ms: u64) {
        if let Some(count) = self.bucket(at_ms / WIDTH_MS) {
            *count = count.saturating_sub(1);
        }
    }

    /// How many there were within this many ms before and up to `until_ms`.
    pub(crate) fn within(&self, span_ms: u64, until_ms: u64) -> u32 {
        let last = until_ms / WIDTH_MS;
        let first = (last + 1).saturating_sub(span_ms.div_ceil(WIDTH_MS));
        let first = first.max((self.newest + 1).saturating_sub(BUCKETS as u64));
        (first..=last.min(self.newest)).map(|number| self.counts[slot(number)]).sum()
    }

    fn bucket(&mut self, number: u64) -> Option<&mut u32> {
        let is_kept = number <= self.newest && number + BUCKETS as u64 > self.newest;
        is_kept.then(|| &mut self.counts[slot(number)])
    }

    fn turn_to(&mut self, number: u64) {
        if number <= self.newest {
            return;
        }
        let first = (self.newest + 1).max((number + 1).saturating_sub(BUCKETS as u64));
        for fresh in first..=number {
            self.counts[slot(fresh)] = 0;
        }
        self.newest = number;
    }
}

fn slot(number: u64) -> usize {
    usize::try_from(number % BUCKETS as u64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::Recent;

    fn of(times: &[u64]) -> Recent {
        let mut recent = Recent::new();
        times.iter().for_each(|at| recent.add(*at));
        recent
    }

    #[track_caller]
    fn check(times: &[u64], span_ms: u64, until_ms: u64, expected: u32) {
        assert_eq!(of(times).within(span_ms, until_ms), expected, "{times:?}");
    }

    #[test]
    fn what_is_within_counts() {
        check(&[], 1_000, 0, 0);
        check(&[0, 50, 99], 1_000, 0, 3);
        check(&[0, 500, 1_000], 1_000, 1_000, 2);
        check(&[0, 500, 1_000], 60_000, 1_000, 3);
        check(&[0, 500, 1_000], 1_000, 5_000, 0);
        check(&[0, 500, 1_000, 9_000], 1_000, 1_000, 2);
    }

    #[test]
    fn a_minute_is_kept() {
        check(&[100, 60_000], 60_000, 60_000, 2);
        check(&[100, 60_100], 60_000, 60_100, 1);
        check(&[100, 10_000_000], 60_000, 10_000_000, 1);
        check(&[10_000_000], 60_000, 100, 0);
    }

    #[test]
    fn what_was_taken_back_does_not_count() {
        let mut recent = of(&[1_000, 1_010, 90_000]);
        recent.remove(1_000);
        recent.remove(90_000);
        recent.remove(90_000);
        assert_eq!(recent.within(60_000, 90_000), 0);
    }
}
