//! Many measurements of one thing, and what is said of them.
use crate::clock::ms;

/// Durations of one thing, in nanoseconds.
#[derive(Default)]
pub(crate) struct Samples {
    ns: Vec<u64>,
}

impl Samples {
    /// Adds the time from `from_ns` to `to_ns`.
    pub(crate) fn add(&mut self, from_ns: u64, to_ns: u64) {
        self.ns.push(to_ns.saturating_sub(from_ns));
    }

    /// How many there are.
    pub(crate) fn count(&self) -> f64 {
        u32::try_from(self.ns.len()).map_or(f64::INFINITY, f64::from)
    }

    /// The median, in milliseconds.
    pub(crate) fn p50(&self) -> f64 {
        self.percentile(50)
    }

    /// What 99 of 100 stay under, in milliseconds.
    pub(crate) fn p99(&self) -> f64 {
        self.percentile(99)
    }

    /// The worst one, in milliseconds.
    pub(crate) fn max(&self) -> f64 {
        self.percentile(100)
    }

    /// The nearest-rank percentile in milliseconds; not a number where nothing was measured.
    fn percentile(&self, percent: usize) -> f64 {
        let mut sorted = self.ns.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        sorted.get(rank - 1).map_or(f64::NAN, |ns| ms(*ns))
    }
}

#[cfg(test)]
mod tests {
    use super::Samples;

    #[test]
    fn percentiles_are_nearest_rank() {
        let mut samples = Samples::default();
        for value in 1..=200_u64 {
            samples.add(0, value * 1_000_000);
        }
        assert_eq!((samples.p50(), samples.p99(), samples.max()), (100.0, 198.0, 200.0));
    }

    #[test]
    fn nothing_measured_is_not_a_number() {
        assert!(Samples::default().p50().is_nan());
    }
}
