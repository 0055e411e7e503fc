//! Measurements of the cuff and the thermometer, at intervals.

use rand::{Rng, RngCore};
use rand_distr::StandardNormal;

use super::{
    noise::{SYSTOLIC, Shape, TEMPERATURE},
    ornstein_uhlenbeck::OrnsteinUhlenbeck,
    target::Target,
};

/// The state of the patient at the time of a measurement.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment<'a> {
    /// Simulated time, seconds.
    pub(super) now_s: f64,
    pub(super) target: &'a Target,
    /// The process that moves all vitals together.
    pub(super) latent: f64,
    /// Phase of the daily swing.
    pub(super) day: f64,
    /// True during an episode, in which the staff measures more often.
    pub(super) is_ill: bool,
}

/// Systolic, diastolic and mean pressure of one measurement, mmHg.
pub(super) type Pressures = [f64; 3];

/// Intervals of the cuff in minutes, with their shares; 12.7 minutes on average, as in the ICU
/// record, where the programme changes between these.
const CUFF_PROGRAMME: [(f64, f64); 4] = [(10.0, 0.72), (5.0, 0.13), (15.0, 0.09), (60.0, 0.06)];
/// Interval of the cuff during an episode, seconds.
const CUFF_ILL_S: f64 = 300.0;
/// Delay before a failed measurement is repeated, seconds.
const RETRY_S: f64 = 30.0;
/// Interval of the thermometer, seconds.
const THERMOMETER_S: f64 = 240.0;

/// A process that is observed at intervals.
#[derive(Debug)]
struct Observed {
    own: OrnsteinUhlenbeck,
    shape: Shape,
    last_s: f64,
    next_s: f64,
}

impl Observed {
    fn new(shape: Shape, rng: &mut impl Rng) -> Self {
        Self { own: OrnsteinUhlenbeck::new(shape.tau_s, rng), shape, last_s: 0.0, next_s: 0.0 }
    }

    /// The departure from the target at this moment.
    fn departure(&mut self, moment: &Moment<'_>, rng: &mut impl Rng) -> f64 {
        let own = self.own.step(moment.now_s - self.last_s, rng);
        self.last_s = moment.now_s;
        self.shape.departure(own, moment.latent, moment.target.variability, moment.day)
    }
}

/// The blood pressure cuff.
#[derive(Debug)]
pub(super) struct Cuff {
    systolic: Observed,
    failure: f64,
}

impl Cuff {
    /// A cuff whose measurements fail with this probability.
    pub(super) fn new(failure: f64, rng: &mut impl Rng) -> Self {
        Self { systolic: Observed::new(SYSTOLIC, rng), failure }
    }

    /// Returns true if a measurement is due.
    pub(super) fn is_due(&self, now_s: f64) -> bool {
        now_s >= self.systolic.next_s
    }

    /// Measures; `None` if the measurement fails.
    pub(super) fn measure<R: RngCore>(
        &mut self,
        moment: &Moment<'_>,
        rng: &mut R,
    ) -> Option<Pressures> {
        let is_first = moment.now_s <= 0.0;
        // The first measurement never fails: the first reading has every vital.
        if !is_first && rng.random_bool(self.failure) {
            self.systolic.next_s = moment.now_s + RETRY_S;
            return None;
        }
        let interval_s = if moment.is_ill { CUFF_ILL_S } else { programme(rng) };
        // A random wait after the first measurement gives every patient a phase of its own.
        let share = if is_first { rng.random() } else { 1.0 };
        self.systolic.next_s = moment.now_s + interval_s * share;
        let departure = self.systolic.departure(moment, rng);
        let stiffness = 4.0 * rng.sample::<f64, _>(StandardNormal);
        // Systolic and pulse pressure vary together; diastolic and mean pressure follow from them.
        let target = &moment.target.vitals;
        let systolic = displayed(target.systolic + departure, 50.0, 240.0);
        let width = displayed(target.pulse_pressure + 0.4 * departure + stiffness, 12.0, 110.0);
        let diastolic = displayed(systolic - width, 20.0, systolic - 10.0);
        // The mean lies a third of the way up, as in the ICU record.
        let mean = displayed(diastolic + (systolic - diastolic) / 3.0, diastolic, systolic);
        Some([systolic, diastolic, mean])
    }
}

/// The interval to the next measurement of a well patient, seconds.
fn programme<R: RngCore>(rng: &mut R) -> f64 {
    let mut share: f64 = rng.random();
    for (minutes, weight) in CUFF_PROGRAMME {
        if share < weight {
            return minutes * 60.0;
        }
        share -= weight;
    }
    CUFF_PROGRAMME[0].0 * 60.0
}

/// The thermometer.
#[derive(Debug)]
pub(super) struct Thermometer(Observed);

impl Thermometer {
    pub(super) fn new(rng: &mut impl Rng) -> Self {
        Self(Observed::new(TEMPERATURE, rng))
    }

    /// Returns true if a measurement is due.
    pub(super) fn is_due(&self, now_s: f64) -> bool {
        now_s >= self.0.next_s
    }

    /// Measures the temperature, in steps of 0.1 degrees.
    pub(super) fn measure<R: RngCore>(&mut self, moment: &Moment<'_>, rng: &mut R) -> f64 {
        let share = if moment.now_s <= 0.0 { rng.random() } else { 1.0 };
        self.0.next_s = moment.now_s + THERMOMETER_S * share;
        let temperature = moment.target.vitals.temperature + self.0.departure(moment, rng);
        displayed(temperature * 10.0, 320.0, 420.0) / 10.0
    }
}

/// A whole number within the display range of the monitor.
pub(super) fn displayed(value: f64, low: f64, high: f64) -> f64 {
    value.round().clamp(low, high)
}
