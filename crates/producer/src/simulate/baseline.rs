//! Normal values of one patient.

use rand::Rng;
use rand_distr::StandardNormal;

/// A patient's own normal values, the starting point of every target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Baseline {
    /// Heart rate, beats/min.
    pub(super) heart_rate: f64,
    /// Respiratory rate, breaths/min.
    pub(super) respiratory_rate: f64,
    /// Oxygen saturation, %.
    pub(super) spo2: f64,
    /// Systolic pressure, mmHg.
    pub(super) systolic: f64,
    /// Systolic minus diastolic pressure, mmHg.
    pub(super) pulse_pressure: f64,
    /// Body temperature, degrees Celsius.
    pub(super) temperature: f64,
}

impl Baseline {
    /// Draws a patient whose vitals score zero or little on NEWS2 when well.
    pub(super) fn draw(rng: &mut impl Rng) -> Self {
        Self {
            heart_rate: normal(rng, 74.0, 7.0, 60.0..86.0),
            respiratory_rate: normal(rng, 15.5, 1.0, 14.0..17.0),
            spo2: normal(rng, 97.4, 0.4, 96.8..98.2),
            systolic: normal(rng, 128.0, 7.0, 118.0..142.0),
            pulse_pressure: normal(rng, 52.0, 5.0, 42.0..64.0),
            temperature: normal(rng, 36.8, 0.15, 36.5..37.2),
        }
    }
}

/// A normally distributed value, clamped to `range`.
fn normal(rng: &mut impl Rng, mean: f64, sd: f64, range: std::ops::Range<f64>) -> f64 {
    (mean + sd * rng.sample::<f64, _>(StandardNormal)).clamp(range.start, range.end)
}
