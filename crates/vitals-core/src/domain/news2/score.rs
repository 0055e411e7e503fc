//! The score of each part, the total and its band.

use serde::{Deserialize, Serialize};

use super::chart::{
    pulse, respiratory_rate, spo2_scale_1, spo2_scale_2, systolic, temperature, tenths,
    whole_number,
};
use crate::domain::reading::Consciousness;

/// Number of parts.
pub const PART_COUNT: usize = 7;

/// The maximum total.
pub const MAX_TOTAL: u8 = 20;

/// One part of the score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Part {
    /// Respiratory rate.
    RespiratoryRate,
    /// Oxygen saturation on the patient's scale.
    Spo2,
    /// Room air or supplemental oxygen.
    AirOrOxygen,
    /// Systolic pressure.
    Systolic,
    /// Pulse rate.
    Pulse,
    /// Level of consciousness, ACVPU.
    Consciousness,
    /// Body temperature.
    Temperature,
}

/// All parts, in the order of the chart.
pub const PARTS: [Part; PART_COUNT] = [
    Part::RespiratoryRate,
    Part::Spo2,
    Part::AirOrOxygen,
    Part::Systolic,
    Part::Pulse,
    Part::Consciousness,
    Part::Temperature,
];

/// The SpO2 scale of a patient, which defines the normal saturations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Spo2Scale {
    /// Scale 1: the default.
    #[default]
    One,
    /// Scale 2: prescribed for hypercapnic respiratory failure, target 88-92 %. Never inferred
    /// from readings.
    Two,
}

/// The observations that are scored. `None` means "not measured, or outdated", and so does a number
/// that is not finite.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Observations {
    /// Breaths/min.
    pub respiratory_rate: Option<f64>,
    /// %.
    pub spo2: Option<f64>,
    /// True if supplemental oxygen is given.
    pub supplemental_oxygen: Option<bool>,
    /// mmHg.
    pub systolic: Option<f64>,
    /// Beats/min.
    pub pulse: Option<f64>,
    /// Level on the ACVPU scale.
    pub consciousness: Option<Consciousness>,
    /// Degrees Celsius.
    pub temperature: Option<f64>,
}

/// The clinical risk of a score, in rising order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Band {
    /// Total 0-4.
    Low,
    /// Total 0-4 with a 3 in one part.
    LowMedium,
    /// Total 5-6.
    Medium,
    /// Total of 7 or more.
    High,
}

impl Band {
    /// The clinical response that the chart requires.
    #[must_use]
    pub const fn response(self) -> &'static str {
        match self {
            Self::Low => "registered nurse assesses",
            Self::LowMedium => "medical team informed",
            Self::Medium => "clinician skilled in acute illness",
            Self::High => "critical-care team",
        }
    }

    /// The monitoring that the chart requires.
    #[must_use]
    pub const fn monitoring(self) -> &'static str {
        match self {
            Self::Low => "at least every 12 hours, from a total of 1 every 4 to 6 hours",
            Self::LowMedium | Self::Medium => "at least hourly",
            Self::High => "continuous",
        }
    }
}

/// The scores of the seven parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Score(pub(super) [Option<u8>; PART_COUNT]);

impl Score {
    /// The score of `part`, 0 to 3; `None` if its input is missing.
    #[must_use]
    pub const fn part(&self, part: Part) -> Option<u8> {
        self.0[part as usize]
    }

    /// The sum of the known parts: a lower bound of the total.
    #[must_use]
    pub fn partial(&self) -> u8 {
        self.0.iter().flatten().sum()
    }

    /// The total, 0 to [`MAX_TOTAL`]; `None` while a part is missing.
    #[must_use]
    pub fn total(&self) -> Option<u8> {
        self.0.iter().copied().sum()
    }

    /// The band that the score reaches for certain. As a lower bound, Low says nothing.
    #[must_use]
    pub fn certain_band(&self) -> Option<Band> {
        let band = self.lower_band();
        if band == Band::Low { self.band() } else { Some(band) }
    }

    /// The band of a complete score; `None` while a part is missing.
    #[must_use]
    pub fn band(&self) -> Option<Band> {
        self.total().map(|_| self.lower_band())
    }

    /// The band that the known parts already reach. Missing parts can only raise it, so a partial
    /// sum of 7 is [`Band::High`]. Of a complete score it is the band.
    #[must_use]
    pub fn lower_band(&self) -> Band {
        // A three in one part raises a low total only.
        match self.partial() {
            7.. => Band::High,
            5..=6 => Band::Medium,
            _ if self.0.contains(&Some(3)) => Band::LowMedium,
            _ => Band::Low,
        }
    }
}

/// Scores the observations of a patient on `scale`.
#[must_use]
pub fn score(observations: &Observations, scale: Spo2Scale) -> Score {
    let oxygen = observations.supplemental_oxygen;
    // A missing input leaves its part, and with it the total, without a score.
    Score(PARTS.map(|part| match part {
        Part::RespiratoryRate => whole_number(observations.respiratory_rate).map(respiratory_rate),
        Part::Spo2 => whole_number(observations.spo2).and_then(|spo2| match scale {
            Spo2Scale::One => Some(spo2_scale_1(spo2)),
            Spo2Scale::Two => spo2_scale_2(spo2, oxygen),
        }),
        Part::AirOrOxygen => oxygen.map(|given| if given { 2 } else { 0 }),
        Part::Systolic => whole_number(observations.systolic).map(systolic),
        Part::Pulse => whole_number(observations.pulse).map(pulse),
        Part::Consciousness => {
            observations.consciousness.map(|level| if level == Consciousness::A { 0 } else { 3 })
        }
        Part::Temperature => tenths(observations.temperature).map(temperature),
    }))
}
