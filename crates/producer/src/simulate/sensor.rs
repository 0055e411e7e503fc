//! Measurement schedules and failures of the sensors.

use rand::Rng;

/// The schedule of a sensor that measures at intervals.
#[derive(Debug, Clone, Copy)]
pub(super) struct Schedule {
    interval_s: f64,
    next_s: f64,
    last_s: f64,
}

/// Delay before a failed measurement is repeated, seconds.
const RETRY_S: f64 = 30.0;

impl Schedule {
    /// Measures immediately, then every `interval_s` seconds in a random phase.
    pub(super) fn new(interval_s: f64) -> Self {
        Self { interval_s, next_s: 0.0, last_s: 0.0 }
    }

    /// Returns the seconds since the previous measurement if one is due at `now_s`.
    pub(super) fn due(&mut self, now_s: f64, rng: &mut impl Rng) -> Option<f64> {
        if now_s < self.next_s {
            return None;
        }
        let since_s = now_s - self.last_s;
        // A random wait after the first measurement gives every patient a phase of its own.
        let is_first = now_s <= 0.0;
        let wait_s =
            if is_first { rng.random_range(0.0..self.interval_s) } else { self.interval_s };
        self.next_s = now_s + wait_s;
        self.last_s = now_s;
        Some(since_s)
    }

    /// Schedules a retry of the measurement that failed at `now_s`, `since_s` after the previous
    /// one.
    pub(super) fn retry(&mut self, now_s: f64, since_s: f64) {
        // The noise must cover the whole time since the last successful measurement.
        self.last_s = now_s - since_s;
        self.next_s = now_s + RETRY_S.min(self.interval_s);
    }
}

/// The pulse oximeter's probe, which occasionally falls off: SpO2 and pulse are lost while the ECG
/// continues.
#[derive(Debug, Clone, Copy)]
pub(super) struct Probe {
    off_s: f64,
    back_s: f64,
}

/// Mean time that the probe stays on, seconds.
const ON_MEAN_S: f64 = 2_400.0;
/// Minimum time that the probe is off, seconds.
const OFF_MIN_S: f64 = 5.0;
/// Mean time beyond the minimum until a nurse reattaches the probe, seconds.
const OFF_MEAN_S: f64 = 40.0;

impl Probe {
    /// An attached probe.
    pub(super) fn new(rng: &mut impl Rng) -> Self {
        let mut probe = Self { off_s: 0.0, back_s: 0.0 };
        probe.schedule_next(rng);
        probe
    }

    fn schedule_next(&mut self, rng: &mut impl Rng) {
        // Attached for at least a second, so that every cycle advances the time.
        self.off_s = self.back_s + 1.0 + exponential(ON_MEAN_S, rng);
        self.back_s = self.off_s + OFF_MIN_S + exponential(OFF_MEAN_S, rng);
    }

    /// Returns true if the probe is off at `now_s`.
    pub(super) fn is_off(&mut self, now_s: f64, rng: &mut impl Rng) -> bool {
        while now_s >= self.back_s {
            self.schedule_next(rng);
        }
        now_s >= self.off_s
    }
}

/// An exponentially distributed time, by inversion.
fn exponential(mean: f64, rng: &mut impl Rng) -> f64 {
    -mean * (1.0 - rng.random::<f64>()).ln()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn a_schedule_measures_immediately_and_then_every_interval() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut schedule = Schedule::new(300.0);
        let times: Vec<_> =
            (0..3600).filter(|s| schedule.due(f64::from(*s), &mut rng).is_some()).collect();
        assert_eq!(times[0], 0);
        assert!((12..=13).contains(&times.len()), "{times:?}");
        assert!(times[1..].windows(2).all(|pair| pair[1] - pair[0] == 300), "{times:?}");
    }

    #[test]
    fn a_failed_measurement_is_retried_after_30_s() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut schedule = Schedule::new(300.0);
        assert!(schedule.due(0.0, &mut rng).is_some());
        let next = schedule.next_s;
        assert_eq!(schedule.due(next, &mut rng), Some(next));
        schedule.retry(next, next);
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
