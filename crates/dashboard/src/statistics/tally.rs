//! The counts and durations of a period.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use vitals_core::domain::decode::{Decoded, MAX_MESSAGE_BYTES};

use super::{counts::Counts, distribution::Distribution, sample::Sample};
use crate::wire::{SHOWN, ScoreBand};

const MINUTE_MS: i64 = 60_000;

/// Maximum length of a device's name in the counts, bytes.
const MAX_DEVICE_BYTES: usize = 128;

/// The counts of one vital.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VitalTally {
    /// The accepted values.
    pub values: Distribution,
    /// Number of doubted values, which are not in the distribution.
    pub doubted: u64,
    /// Time for which a patient had a current value.
    pub current_ms: i64,
}

/// A refused field: field, reason and device.
pub(super) type RefusedKey = (String, &'static str, Option<String>);

/// The counts of a period.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Number of readings.
    pub readings: u64,
    /// Ids of the patients with a reading.
    pub patients: BTreeSet<String>,
    /// Number of readings, by the start of the minute.
    pub minutes: BTreeMap<i64, u64>,
    /// The vitals, in the order of [`SHOWN`].
    pub vitals: [VitalTally; SHOWN.len()],
    /// Time in each band.
    pub bands: BTreeMap<ScoreBand, i64>,
    /// Time for which a patient was monitored.
    pub monitored_ms: i64,
    /// The refused fields.
    pub refused: Counts<RefusedKey>,
}

impl Tally {
    /// Adds a reading of `patient` that counts in the minute of `time_ms`.
    pub fn add(&mut self, patient: &str, decoded: &Decoded<'_>, time_ms: i64) {
        self.add_row(patient, time_ms);
        self.add_values(decoded, &mut [false; SHOWN.len()]);
        self.add_refused(decoded);
    }

    /// Adds a reading without its values.
    pub fn add_row(&mut self, patient: &str, time_ms: i64) {
        self.readings += 1;
        *self.minutes.entry(time_ms.div_euclid(MINUTE_MS) * MINUTE_MS).or_default() += 1;
        // Looked up first: nearly every reading is of a known patient and needs no copy of the id.
        if !self.patients.contains(patient) {
            self.patients.insert(patient.to_owned());
        }
    }

    /// Adds the values of the vitals that are not `counted` yet.
    pub fn add_values(&mut self, decoded: &Decoded<'_>, counted: &mut [bool; SHOWN.len()]) {
        for ((tally, vital), counted) in self.vitals.iter_mut().zip(SHOWN).zip(counted) {
            let Some(value) = decoded.reading.vitals.get(vital) else { continue };
            if std::mem::replace(counted, true) {
                continue;
            }
            if decoded.flags.is_doubted(vital) {
                tally.doubted += 1;
            } else {
                tally.values.add(vital, value);
            }
        }
    }

    /// Adds the refused fields of a reading.
    pub fn add_refused(&mut self, decoded: &Decoded<'_>) {
        for refused in &decoded.refused {
            let device = decoded.reading.device_id.as_deref().map(shortened);
            self.refused.add((refused.field.to_string(), refused.reason.code(), device), 1);
        }
    }

    /// Adds a patient's state that held for `duration_ms`.
    pub fn hold(&mut self, sample: &Sample, duration_ms: i64) {
        self.monitored_ms += duration_ms;
        *self.bands.entry(sample.band).or_default() += duration_ms;
        for (tally, current) in self.vitals.iter_mut().zip(sample.current) {
            tally.current_ms += if current { duration_ms } else { 0 };
        }
    }

    /// Adds the counts of another tally.
    pub fn merge(&mut self, other: &Self) {
        self.readings += other.readings;
        self.monitored_ms += other.monitored_ms;
        self.patients.extend(other.patients.iter().cloned());
        for (minute, readings) in &other.minutes {
            *self.minutes.entry(*minute).or_default() += readings;
        }
        for (band, duration_ms) in &other.bands {
            *self.bands.entry(*band).or_default() += duration_ms;
        }
        for (tally, other) in self.vitals.iter_mut().zip(&other.vitals) {
            tally.values.merge(&other.values);
            tally.doubted += other.doubted;
            tally.current_ms += other.current_ms;
        }
        self.refused.merge(&other.refused);
    }
}

/// The rejected messages of a period, of all wards, by reason and device.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rejections(pub(super) Counts<(String, Option<String>)>);

impl Rejections {
    /// Adds a message.
    pub fn add(&mut self, reason: &str, payload: &[u8]) {
        self.0.add((reason.to_owned(), device_of(payload)), 1);
    }

    /// Adds the messages of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.0.merge(&other.0);
    }
}

/// The device that a rejected message names, if it can be read that far.
fn device_of(payload: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        device_id: String,
    }
    if payload.len() > MAX_MESSAGE_BYTES {
        return None;
    }
    let named: Named = serde_json::from_slice(payload).ok()?;
    Some(shortened(&named.device_id)).filter(|device| !device.is_empty())
}

fn shortened(device: &str) -> String {
    device[..device.floor_char_boundary(MAX_DEVICE_BYTES)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejected_message_counts_for_the_device_that_it_names() {
        for (payload, device) in [
            (r#"{"device_id":"mon-1","timestamp":"never"}"#, Some("mon-1")),
            (r#"{"device_id":"","patient_id":1}"#, None),
            (r#"{"device_id":7}"#, None),
            (r#"{"patient_id":"p-1"}"#, None),
            (r#"{"device_id":"mon-1""#, None),
            ("[]", None),
            ("", None),
        ] {
            assert_eq!(device_of(payload.as_bytes()).as_deref(), device, "{payload}");
        }
        let long = format!(r#"{{"device_id":"{}"}}"#, "é".repeat(100));
        assert_eq!(device_of(long.as_bytes()).unwrap(), "é".repeat(64));
    }
}
