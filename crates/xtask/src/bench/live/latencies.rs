//! Latencies of readings, counted by the millisecond.

/// The largest latency that is distinguished, ms.
const MAX_MS: usize = 60_000;

/// A histogram of latencies.
#[derive(Clone, Debug, Default)]
pub(super) struct Latencies {
    /// Number of readings with a latency of so many ms.
    counts: Vec<u64>,
}

impl Latencies {
    /// Counts a reading that was created and received at these times, ms since the epoch.
    pub(super) fn record(&mut self, created_ms: i64, received_ms: i64) {
        let latency_ms = usize::try_from(received_ms - created_ms).unwrap_or(0).min(MAX_MS);
        if self.counts.len() <= latency_ms {
            self.counts.resize(latency_ms + 1, 0);
        }
        self.counts[latency_ms] += 1;
    }

    /// Number of readings.
    pub(super) fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The latency that the share `part` (0 to 1) of the readings does not exceed, ms; not a number
    /// without readings.
    #[expect(clippy::cast_precision_loss, reason = "counts of a bench")]
    pub(super) fn quantile_ms(&self, part: f64) -> f64 {
        let wanted = self.count() as f64 * part;
        let mut seen = 0;
        let at = self.counts.iter().position(|count| {
            seen += count;
            *count > 0 && seen as f64 >= wanted
        });
        at.map_or(f64::NAN, |latency_ms| latency_ms as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_recorded_latencies() {
        let mut latencies = Latencies::default();
        for latency_ms in 1..=100 {
            latencies.record(1_000, 1_000 + latency_ms);
        }
        assert_eq!(latencies.count(), 100);
        let quantiles = [0.5, 0.95, 0.99, 1.0].map(|part| latencies.quantile_ms(part));
        assert_eq!(quantiles, [50.0, 95.0, 99.0, 100.0]);
    }

    #[test]
    fn extreme_latencies_are_counted_at_the_ends() {
        let mut latencies = Latencies::default();
        latencies.record(1_000, 999);
        assert_eq!(latencies.quantile_ms(1.0), 0.0);
        latencies.record(0, 10_000_000);
        assert_eq!(latencies.quantile_ms(1.0), MAX_MS as f64);
        assert!(Latencies::default().quantile_ms(0.5).is_nan());
    }
}
