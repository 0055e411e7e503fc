//! Artefacts of the sensors and of the network.

use rand::Rng;
use serde::Deserialize;

/// Frequencies of the artefacts, per patient and day.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ArtefactRates {
    /// The oximeter's probe falls off: SpO2 and pulse are zero, ECG and respiration go on.
    pub probe_off: f64,
    /// ECG leads fall off: the heart rate is zero and respiration is lost, the pulse goes on.
    pub leads_off: f64,
    /// Motion of the hand: SpO2 reads low and the pulse is erratic for seconds.
    pub motion: f64,
    /// The monitor repeats its last values for minutes.
    pub stuck: f64,
    /// The network holds messages back for up to a minute; they arrive after newer ones. 0 by
    /// default: measurements of latency rely on the order.
    pub late: f64,
    /// Probability that a measurement of the cuff fails and is repeated.
    pub cuff_failure: f64,
}

impl Default for ArtefactRates {
    fn default() -> Self {
        Self {
            probe_off: 24.0,
            leads_off: 1.0,
            motion: 4.0,
            stuck: 0.5,
            late: 0.0,
            cuff_failure: 0.03,
        }
    }
}

impl ArtefactRates {
    /// The frequencies with their names.
    pub(super) const fn per_day(&self) -> [(&'static str, f64); 5] {
        [
            ("probe_off", self.probe_off),
            ("leads_off", self.leads_off),
            ("motion", self.motion),
            ("stuck", self.stuck),
            ("late", self.late),
        ]
    }
}

/// An artefact that begins at random times and lasts a random time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Artefact {
    /// Mean time without the artefact, seconds; infinite for an artefact that never occurs.
    pause_mean_s: f64,
    least_s: f64,
    mean_s: f64,
    begin_s: f64,
    end_s: f64,
    /// Severity of the current or next occurrence, from 0 to 1.
    severity: f64,
}

const DAY_S: f64 = 86_400.0;

impl Artefact {
    /// An artefact that occurs `per_day` times, for at least `least_s` and on average for `mean_s`
    /// seconds.
    pub(super) fn new(per_day: f64, least_s: f64, mean_s: f64, rng: &mut impl Rng) -> Self {
        let pause_mean_s =
            if per_day > 0.0 { (DAY_S / per_day - mean_s).max(1.0) } else { f64::INFINITY };
        let mut artefact =
            Self { pause_mean_s, least_s, mean_s, begin_s: 0.0, end_s: 0.0, severity: 0.0 };
        artefact.schedule(0.0, rng);
        artefact
    }

    fn schedule(&mut self, now_s: f64, rng: &mut impl Rng) {
        // Absent for at least a second, so that every occurrence has a beginning.
        self.begin_s = now_s + 1.0 + exponential(self.pause_mean_s, rng);
        self.end_s = self.begin_s + self.least_s + exponential(self.mean_s - self.least_s, rng);
        self.severity = rng.random();
    }

    /// Advances to `now_s`, which must be reached in steps of a second.
    pub(super) fn step(&mut self, now_s: f64, rng: &mut impl Rng) {
        if now_s >= self.end_s {
            self.schedule(now_s, rng);
        }
    }

    /// The severity at `now_s`, from 0 to 1; `None` without the artefact.
    pub(super) fn severity(&self, now_s: f64) -> Option<f64> {
        (now_s >= self.begin_s && now_s < self.end_s).then_some(self.severity)
    }

    /// Time until the end of the occurrence that is active at `now_s`, seconds; 0 without one.
    pub(super) fn remaining_s(&self, now_s: f64) -> f64 {
        if self.severity(now_s).is_some() { self.end_s - now_s } else { 0.0 }
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

    fn share(per_day: f64) -> f64 {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut artefact = Artefact::new(per_day, 5.0, 45.0, &mut rng);
        let active = (0..1_000_000_u32).filter(|second| {
            let now_s = f64::from(*second);
            artefact.step(now_s, &mut rng);
            artefact.severity(now_s).is_some()
        });
        active.count() as f64 / 1_000_000.0
    }

    #[test]
    fn an_artefact_takes_its_share_of_the_time() {
        let expected = 24.0 * 45.0 / DAY_S;
        assert!((share(24.0) - expected).abs() < expected / 4.0, "{}", share(24.0));
        assert_eq!(share(0.0), 0.0);
    }
}
