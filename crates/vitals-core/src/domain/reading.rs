//! A reading: the vitals of one patient at one moment, as measured by a bedside device.

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
    /// The letter of the level.
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

    /// Looks a level up by its letter.
    #[must_use]
    pub fn from_letter(letter: &str) -> Option<Self> {
        [Self::A, Self::C, Self::V, Self::P, Self::U]
            .into_iter()
            .find(|level| level.letter() == letter)
    }

    /// Looks a level up by its letter or its word, in any case. A word that the scale does not
    /// have, such as "drowsy", is none.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word.trim().to_lowercase().as_str() {
            "a" | "alert" => Self::A,
            "c" | "confused" | "confusion" | "new confusion" | "newly confused" => Self::C,
            "v" | "voice" | "verbal" | "responds to voice" => Self::V,
            "p" | "pain" | "responds to pain" => Self::P,
            "u" | "unresponsive" => Self::U,
            _ => return None,
        })
    }
}

/// The measured vitals, each in its unit.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Vitals([Option<f64>; VITAL_COUNT]);

impl Vitals {
    /// The value of `vital`; `None` if it was not measured.
    #[must_use]
    pub const fn get(&self, vital: Vital) -> Option<f64> {
        self.0[vital as usize]
    }

    /// Sets the value of `vital`; `None` means "not measured".
    pub const fn set(&mut self, vital: Vital, value: Option<f64>) {
        self.0[vital as usize] = value;
    }

    /// The measured vitals with their values, in the order of [`VITALS`].
    pub fn measured(&self) -> impl Iterator<Item = (Vital, f64)> + '_ {
        VITALS.into_iter().filter_map(|vital| Some((vital, self.get(vital)?)))
    }
}

/// A valid reading. [`decode`](super::decode::decode) produces it from a message.
///
/// The strings borrow from the message where possible, so that the archive decodes millions of
/// readings a second without allocating for each.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading<'a> {
    /// The patient; also the key of the Kafka message.
    pub patient_id: std::borrow::Cow<'a, str>,
    /// Time of measurement, milliseconds since the Unix epoch.
    pub time_ms: i64,
    /// The measured vitals.
    pub vitals: Vitals,
    /// True if the patient breathes supplemental oxygen.
    pub supplemental_oxygen: Option<bool>,
    /// Level of consciousness.
    pub consciousness: Option<Consciousness>,
    /// The measuring device.
    pub device_id: Option<std::borrow::Cow<'a, str>>,
    /// The device's sequence number of the reading.
    pub sequence: Option<i64>,
    /// The ward.
    pub ward: Option<std::borrow::Cow<'a, str>>,
    /// The bed in the ward.
    pub bed: Option<std::borrow::Cow<'a, str>>,
}

impl Reading<'_> {
    /// A reading of `patient_id` at `time_ms` (ms since the epoch) without any vital.
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

/// A JSON number; a whole one has no fraction, as embedded producers send it.
fn number(value: f64) -> serde_json::Value {
    if value.fract() == 0.0 && value.abs() < 1e9 {
        #[expect(clippy::cast_possible_truncation, reason = "whole and below 1e9")]
        let whole = value as i64;
        whole.into()
    } else {
        value.into()
    }
}

/// The wire format: fields that were not measured are omitted.
impl Serialize for Reading<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("patient_id", &self.patient_id)?;
        map.serialize_entry("timestamp", &self.time_ms)?;
        // Absent fields are omitted instead of null, which keeps messages small.
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
