//! Normal values of one patient.

use rand::Rng;
use rand_distr::StandardNormal;
use serde::Deserialize;

use super::profile::Profile;

/// A patient's own normal values, the starting point of every target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Baseline {
    /// Heart rate, beats/min.
    pub heart_rate: f64,
    /// Respiratory rate, breaths/min.
    pub respiratory_rate: f64,
    /// Oxygen saturation, %.
    pub spo2: f64,
    /// Systolic pressure, mmHg.
    pub systolic: f64,
    /// Systolic minus diastolic pressure, mmHg.
    pub pulse_pressure: f64,
    /// Body temperature, degrees Celsius.
    pub temperature: f64,
}

/// The mean adult, for whom the stages of the scenarios are written.
pub(super) const ADULT: Baseline = Baseline {
    heart_rate: 74.0,
    respiratory_rate: 15.5,
    spo2: 97.4,
    systolic: 128.0,
    pulse_pressure: 52.0,
    temperature: 36.8,
};

/// Normal values of a scenario file, which replace the drawn ones.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct GivenBaseline {
    pub(super) heart_rate: Option<f64>,
    pub(super) respiratory_rate: Option<f64>,
    pub(super) spo2: Option<f64>,
    pub(super) systolic: Option<f64>,
    pub(super) pulse_pressure: Option<f64>,
    pub(super) temperature: Option<f64>,
}

impl Baseline {
    /// Draws a patient whose vitals score zero or little on NEWS2 when well.
    pub(super) fn draw(profile: &Profile, rng: &mut impl Rng) -> Self {
        let adult = Self {
            heart_rate: normal(rng, ADULT.heart_rate, 7.0, 60.0..84.0),
            respiratory_rate: normal(rng, ADULT.respiratory_rate, 1.0, 14.0..17.0),
            spo2: normal(rng, ADULT.spo2, 0.4, 97.0..98.2),
            systolic: normal(rng, ADULT.systolic, 7.0, 120.0..142.0),
            pulse_pressure: normal(rng, ADULT.pulse_pressure, 5.0, 42.0..64.0),
            temperature: normal(rng, ADULT.temperature, 0.15, 36.6..37.2),
        };
        if profile.is_child() { adult.of_child(profile.age) } else { adult.with(profile) }
    }

    /// Normal values of a child: the medians fall from 5 to 16 years from 100 to 75 beats/min and
    /// from 22 to 16 breaths/min, the systolic pressure rises from 95 to 115 mmHg.
    fn of_child(self, age: u32) -> Self {
        let share = (f64::from(age) - 5.0).clamp(0.0, 11.0) / 11.0;
        Self {
            heart_rate: self.heart_rate + 26.0 - 25.0 * share,
            respiratory_rate: self.respiratory_rate + 6.5 - 6.0 * share,
            systolic: self.systolic - 33.0 + 20.0 * share,
            pulse_pressure: self.pulse_pressure - 12.0,
            ..self
        }
    }

    /// Normal values with the conditions of an adult. COPD: saturation in the middle of the target
    /// of scale 2. Pregnancy: faster pulse, lower pressure.
    fn with(mut self, profile: &Profile) -> Self {
        if profile.copd {
            self.spo2 -= 7.2;
            self.respiratory_rate += 1.5;
        }
        if profile.pregnant {
            self.heart_rate += 9.0;
            self.systolic -= 10.0;
        }
        self
    }

    /// These values with those `given` in their place.
    pub(super) fn replaced_by(&self, given: &GivenBaseline) -> Self {
        Self {
            heart_rate: given.heart_rate.unwrap_or(self.heart_rate),
            respiratory_rate: given.respiratory_rate.unwrap_or(self.respiratory_rate),
            spo2: given.spo2.unwrap_or(self.spo2),
            systolic: given.systolic.unwrap_or(self.systolic),
            pulse_pressure: given.pulse_pressure.unwrap_or(self.pulse_pressure),
            temperature: given.temperature.unwrap_or(self.temperature),
        }
    }
}

/// A normally distributed value, clamped to `range`.
fn normal(rng: &mut impl Rng, mean: f64, sd: f64, range: std::ops::Range<f64>) -> f64 {
    (mean + sd * rng.sample::<f64, _>(StandardNormal)).clamp(range.start, range.end)
}

impl GivenBaseline {
    /// Requires values within the display ranges of the monitor.
    pub(super) fn validate(&self) -> anyhow::Result<()> {
        let ranges = [
            ("heart_rate", self.heart_rate, 25.0..=240.0),
            ("respiratory_rate", self.respiratory_rate, 3.0..=60.0),
            ("spo2", self.spo2, 50.0..=100.0),
            ("systolic", self.systolic, 50.0..=240.0),
            ("pulse_pressure", self.pulse_pressure, 12.0..=110.0),
            ("temperature", self.temperature, 32.0..=42.0),
        ];
        for (name, value, range) in ranges {
            let is_valid = value.is_none_or(|value| range.contains(&value));
            let (low, high) = range.into_inner();
            anyhow::ensure!(is_valid, "baseline.{name} is not from {low} to {high}");
        }
        Ok(())
    }
}
