//! What is normal for one patient.

use rand::Rng;
use rand_distr::StandardNormal;

/// A patient's own normal values, about which everything else happens.
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
    /// Draws a patient whose vitals, when well, score zero or little on NEWS2.
    pub(super) fn draw(rng: &mut impl Rng) -> Self {
        let mut draw = |mean: f64, sd: f64, low: f64, high: f64| {
            (mean + sd * rng.sample::<f64, _>(StandardNormal)).clamp(low, high)
        };
        Self {
            heart_rate: draw(74.0, 7.0, 60.0, 86.0),
            respiratory_rate: draw(15.5, 1.0, 14.0, 17.0),
            spo2: draw(97.4, 0.4, 96.8, 98.2),
            systolic: draw(128.0, 7.0, 118.0, 142.0),
            pulse_pressure: draw(52.0, 5.0, 42.0, 64.0),
            temperature: draw(36.8, 0.15, 36.5, 37.2),
        }
    }
}
