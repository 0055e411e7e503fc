//! The scores of the seven parts, their sum and its band.

use crate::domain::reading::Consciousness;

/// Number of parts.
pub const PART_COUNT: usize = 7;

/// The highest total.
pub const MAX_TOTAL: u8 = 20;

/// One part of the score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Part {
    /// Breaths a minute.
    RespiratoryRate,
    /// Oxygen saturation on the patient's scale.
    Spo2,
    /// Whether supplemental oxygen is given.
    AirOrOxygen,
    /// Systolic pressure.
    Systolic,
    /// Beats a minute.
    Pulse,
    /// ACVPU.
    Consciousness,
    /// Body temperature.
    Temperature,
}

/// Every part, in the order of the chart.
pub const PARTS: [Part; PART_COUNT] = [
    Part::RespiratoryRate,
    Part::Spo2,
    Part::AirOrOxygen,
    Part::Systolic,
    Part::Pulse,
    Part::Consciousness,
    Part::Temperature,
];

/// Which saturations are normal for a patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Spo2Scale {
    /// Scale 1: for everybody else.
    #[default]
    One,
    /// Scale 2: prescribed for hypercapnic respiratory failure, target 88-92 %. Never inferred
    /// from readings.
    Two,
}

/// What is scored. `None` is "not measured, or too long ago"; so is a number that isn't finite.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Observations {
    /// Breaths/min.
    pub respiratory_rate: Option<f64>,
    /// %.
    pub spo2: Option<f64>,
    /// Whether supplemental oxygen is given.
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

/// The clinical risk that a complete score stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Band {
    /// 0-4.
    Low,
    /// 0-4 with a 3 in one part.
    LowMedium,
    /// 5-6.
    Medium,
    /// 7 or more.
    High,
}

/// The scores of the seven parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Score(pub(super) [Option<u8>; PART_COUNT]);

impl Score {
    /// The score of `part`, 0 to 3; `None` when its input is missing.
    #[must_use]
    pub const fn part(&self, part: Part) -> Option<u8> {
        self.0[part as usize]
    }

    /// The sum of the parts that are known: the least that the total can be.
    #[must_use]
    pub fn partial(&self) -> u8 {
        self.0.iter().flatten().sum()
    }

    /// The total, 0 to [`MAX_TOTAL`]; `None` while a part is missing.
    #[must_use]
    pub fn total(&self) -> Option<u8> {
        self.0.iter().copied().sum()
    }

    /// The band; `None` while a part is missing.
    #[must_use]
    pub fn band(&self) -> Option<Band> {
        Some(match self.total()? {
            7.. => Band::High,
            5..=6 => Band::Medium,
            _ if self.0.contains(&Some(3)) => Band::LowMedium,
            _ => Band::Low,
        })
    }
}

/// Scores `seen` for a patient on `scale`.
#[must_use]
pub fn score(seen: &Observations, scale: Spo2Scale) -> Score {
    let oxygen = seen.supplemental_oxygen;
    Score(PARTS.map(|part| match part {
        Part::RespiratoryRate => rate(seen.respiratory_rate).map(respiratory_rate),
        Part::Spo2 => rate(seen.spo2).and_then(|spo2| match scale {
            Spo2Scale::One => Some(spo2_scale_1(spo2)),
            Spo2Scale::Two => spo2_scale_2(spo2, oxygen),
        }),
        Part::AirOrOxygen => oxygen.map(|given| if given { 2 } else { 0 }),
        Part::Systolic => rate(seen.systolic).map(systolic),
        Part::Pulse => rate(seen.pulse).map(pulse),
        Part::Consciousness => {
            seen.consciousness.map(|level| if level == Consciousness::A { 0 } else { 3 })
        }
        Part::Temperature => tenths(seen.temperature).map(temperature),
    }))
}

/// The bands are of whole numbers: between 20 and 21 there is nothing.
fn rate(value: Option<f64>) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "finite, and a cast of floats saturates")]
    value.filter(|value| value.is_finite()).map(|value| value.round() as i64)
}

/// Temperature in whole tenths, so that 36.799999 is 36.8 and no value falls between two bands.
fn tenths(value: Option<f64>) -> Option<i64> {
    rate(value.map(|value| value * 10.0))
}

const fn respiratory_rate(per_minute: i64) -> u8 {
    match per_minute {
        ..=8 => 3,
        9..=11 => 1,
        12..=20 => 0,
        21..=24 => 2,
        25.. => 3,
    }
}

const fn spo2_scale_1(percent: i64) -> u8 {
    match percent {
        ..=91 => 3,
        92..=93 => 2,
        94..=95 => 1,
        96.. => 0,
    }
}

/// Above the target it counts whether oxygen is given: too much of it is the danger.
const fn spo2_scale_2(percent: i64, oxygen: Option<bool>) -> Option<u8> {
    let on_oxygen = match percent {
        ..=83 => return Some(3),
        84..=85 => return Some(2),
        86..=87 => return Some(1),
        88..=92 => return Some(0),
        93..=94 => 1,
        95..=96 => 2,
        97.. => 3,
    };
    match oxygen {
        None => None,
        Some(false) => Some(0),
        Some(true) => Some(on_oxygen),
    }
}

const fn systolic(mmhg: i64) -> u8 {
    match mmhg {
        ..=90 => 3,
        91..=100 => 2,
        101..=110 => 1,
        111..=219 => 0,
        220.. => 3,
    }
}

const fn pulse(per_minute: i64) -> u8 {
    match per_minute {
        ..=40 => 3,
        41..=50 => 1,
        51..=90 => 0,
        91..=110 => 1,
        111..=130 => 2,
        131.. => 3,
    }
}

const fn temperature(tenths: i64) -> u8 {
    match tenths {
        ..=350 => 3,
        351..=360 => 1,
        361..=380 => 0,
        381..=390 => 1,
        391.. => 2,
    }
}
