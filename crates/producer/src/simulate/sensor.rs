//! When sensors measure, and when they fail.

use rand::Rng;

/// A sensor that measures at intervals.
#[derive(Debug, Clone, Copy)]
pub(super) struct Schedule {
    every_s: f64,
    next_s: f64,
    last_s: f64,
}

/// Time between two attempts of a cuff that failed, seconds.
const RETRY_S: f64 = 30.0;

impl Schedule {
    /// Measures at once, and from then on every `every_s` seconds, in a phase of its own.
    pub(super) fn new(every_s: f64) -> Self {
        Self { every_s, next_s: 0.0, last_s: 0.0 }
    }

    /// The seconds since it measured last, when it is to measure at `now_s`.
    pub(super) fn due(&mut self, now_s: f64, rng: &mut impl Rng) -> Option<f64> {
        if now_s < self.next_s {
            return None;
        }
        let since = now_s - self.last_s;
        let first = now_s <= 0.0;
        let wait = if first { rng.random_range(0.0..self.every_s) } else { self.every_s };
        self.next_s = now_s + wait;
        self.last_s = now_s;
        Some(since)
    }

    /// The measurement at `now_s`, `since_s` after the one before, failed: it is tried again soon.
    pub(super) fn failed(&mut self, now_s: f64, since_s: f64) {
        self.last_s = now_s - since_s;
        self.next_s = now_s + RETRY_S.min(self.every_s);
    }
}

/// The pulse oximeter's probe, which falls off now and then: SpO2 and pulse are gone, the ECG
/// goes on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Probe {
    off_s: f64,
    back_s: f64,
}

/// Mean time that the probe stays on, seconds.
const ON_MEAN_S: f64 = 2_400.0;
/// Shortest, and mean additional, time until somebody puts it back, seconds.
const OFF_S: (f64, f64) = (5.0, 40.0);

impl Probe {
    /// A probe that is on.
    pub(super) fn new(rng: &mut impl Rng) -> Self {
        let mut probe = Self { off_s: 0.0, back_s: 0.0 };
        probe.plan(rng);
        probe
    }

    fn plan(&mut self, rng: &mut impl Rng) {
        self.off_s = self.back_s + 1.0 + exponential(ON_MEAN_S, rng);
        self.back_s = self.off_s + OFF_S.0 + exponential(OFF_S.1, rng);
    }

    /// Whether the probe is off at `now_s`.
    pub(super) fn is_off(&mut self, now_s: f64, rng: &mut impl Rng) -> bool {
        while now_s >= self.back_s {
            self.plan(rng);
        }
        now_s >= self.off_s
    }
}

/// An exponentially distributed time.
fn exponential(mean: f64, rng: &mut impl Rng) -> f64 {
    -mean * (1.0 - rng.random::<f64>()).ln()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn a_schedule_measures_at_once_and_then_every_interval() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut schedule = Schedule::new(300.0);
        let times: Vec<_> =
            (0..3600).filter(|s| schedule.due(f64::from(*s), &mut rng).is_some()).collect();
        assert_eq!(times[0], 0);
        assert!((12..=13).contains(&times.len()), "{times:?}");
        assert!(times[1..].windows(2).all(|pair| pair[1] - pair[0] == 300), "{times:?}");
    }

    #[test]
    fn a_failed_measurement_is_tried_again_soon() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut schedule = Schedule::new(300.0);
        assert!(schedule.due(0.0, &mut rng).is_some());
        let next = schedule.next_s;
        assert_eq!(schedule.due(next, &mut rng), Some(next));
        schedule.failed(next, next);
        assert_eq!(schedule.due(next + 29.0, &mut rng), None);
        assert_eq!(schedule.due(next + 30.0, &mut rng), Some(next + 30.0));
    }

    #[test]
    fn the_probe_is_off_a_few_percent_of_the_time() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut probe = Probe::new(&mut rng);
        let seconds = 1_000_000;
        let off = (0..seconds).filter(|s| probe.is_off(f64::from(*s), &mut rng)).count();
        let share = off as f64 / f64::from(seconds);
        assert!((0.012..0.026).contains(&share), "{share}");
    }
}
