//! One reading: what a bedside device says about one patient at one moment.

use serde::{Deserialize, Serialize, Serializer, ser::SerializeMap};

use super::vital::{VITAL_COUNT, VITALS, Vital};

/// Level of consciousness on the ACVPU scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Consciousness {
    /// Alert.
    A,
    /// New confusion.
    C,
    /// Responds to voice.
    V,
    /// Responds to pain.
    P,
    /// Unresponsive.
    U,
}

impl Consciousness {
    /// The letter.
    #[must_use]
    pub const fn letter(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::C => "C",
            Self::V => "V",
            Self::P => "P",
            Self::U => "U",
        }
    }

    /// The level with this letter.
    #[must_use]
    pub fn from_letter(letter: &str) -> Option<Self> {
        [Self::A, Self::C, Self::V, Self::P, Self::U]
            .into_iter()
            .find(|level| level.letter() == letter)
    }
}

/// Values of the vitals that were measured, each in its unit.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Vitals([Option<f64>; VITAL_COUNT]);

impl Vitals {
    /// The value of `vital`, when it was measured.
    #[must_use]
    pub const fn get(&self, vital: Vital) -> Option<f64> {
        self.0[vital as usize]
    }

    /// Sets `vital`; `None` is "not measured".
    pub const fn set(&mut self, vital: Vital, value: Option<f64>) {
        self.0[vital as usize] = value;
    }

    /// The measured vitals with their values, in the order of [`VITALS`].
    pub fn measured(&self) -> impl Iterator<Item = (Vital, f64)> + '_ {
        VITALS.into_iter().filter_map(|vital| Some((vital, self.get(vital)?)))
    }
}

/// One valid reading. [`decode`](super::decode::decode) makes it from a message.
///
/// The strings borrow from the message where they can, so that the archive reads millions of
/// readings a second without an allocation for each.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading<'a> {
    /// Who was measured; the key of the Kafka message.
    pub patient_id: std::borrow::Cow<'a, str>,
    /// When, in milliseconds since the Unix epoch.
    pub time_ms: i64,
    /// The measured values.
    pub vitals: Vitals,
    /// Whether the patient breathes supplemental oxygen.
    pub supplemental_oxygen: Option<bool>,
    /// Level of consciousness.
    pub consciousness: Option<Consciousness>,
    /// Which device measured.
    pub device_id: Option<std::borrow::Cow<'a, str>>,
    /// The device's own count of its readings.
    pub sequence: Option<i64>,
    /// The ward.
    pub ward: Option<std::borrow::Cow<'a, str>>,
    /// The bed in the ward.
    pub bed: Option<std::borrow::Cow<'a, str>>,
}

impl Reading<'_> {
    /// A reading of `patient_id` at `time_ms` (ms since the epoch) in which nothing is measured
    /// yet.
    #[must_use]
    pub fn new(patient_id: &str, time_ms: i64) -> Reading<'_> {
        Reading {
            patient_id: patient_id.into(),
            time_ms,
            vitals: Vitals::default(),
            supplemental_oxygen: None,
            consciousness: None,
            device_id: None,
            sequence: None,
            ward: None,
            bed: None,
        }
    }
}

/// A whole number prints without a fraction, as small producers send it.
fn number(value: f64) -> serde_json::Value {
    if value.fract() == 0.0 && value.abs() < 1e9 {
        #[expect(clippy::cast_possible_truncation, reason = "whole and below 1e9")]
        let whole = value as i64;
        whole.into()
    } else {
        value.into()
    }
}

/// The wire form: what was not measured is left out.
impl Serialize for Reading<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("patient_id", &self.patient_id)?;
        map.serialize_entry("timestamp", &self.time_ms)?;
        for (vital, value) in self.vitals.measured() {
            map.serialize_entry(vital.name(), &number(value))?;
        }
        if let Some(oxygen) = self.supplemental_oxygen {
            map.serialize_entry("supplemental_oxygen", &oxygen)?;
        }
        if let Some(level) = self.consciousness {
            map.serialize_entry("consciousness", level.letter())?;
        }
        let texts = [("device_id", &self.device_id), ("ward", &self.ward), ("bed", &self.bed)];
        for (name, text) in texts {
            if let Some(text) = text {
                map.serialize_entry(name, text)?;
            }
        }
        if let Some(sequence) = self.sequence {
            map.serialize_entry("sequence", &sequence)?;
        }
        map.end()
    }
}
