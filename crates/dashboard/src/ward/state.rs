//! A patient's state as sent to the pages.

use super::{latest::Latest, patient::Patient, score};
use crate::wire::{Measured, PatientState, SHOWN, vital_name};

/// The state of `patient` at `now_ms`.
pub(super) fn of(patient_id: &str, patient: &Patient, now_ms: i64) -> PatientState {
    let location = patient.location();
    let vitals = SHOWN.into_iter().filter_map(|vital| {
        let Latest { value, time_ms } = patient.vital(vital)?.clone();
        let measured = Measured { value: value.value, time_ms, flagged: value.flagged };
        Some((vital_name(vital)?, measured))
    });
    PatientState {
        patient_id: patient_id.to_owned(),
        ward: location.and_then(|location| location.ward.clone()),
        bed: location.and_then(|location| location.bed.clone()),
        vitals: vitals.collect(),
        // The pages show these two without an age, so they are omitted once expired.
        supplemental_oxygen: Latest::within(patient.oxygen(), score::OBSERVED_MS, now_ms),
        consciousness: Latest::within(patient.consciousness(), score::OBSERVED_MS, now_ms)
            .map(Into::into),
        news2: score::news2(patient, now_ms),
        last_time_ms: patient.last_time_ms(),
        readings: patient.readings(),
    }
}

/// Returns true if the state differs from the one at the last call: a reading arrived, or a scored
/// value expired.
pub(super) fn take_change(patient: &mut Patient, now_ms: i64) -> bool {
    let expired = patient.score_expires_ms().is_some_and(|expires_ms| expires_ms < now_ms);
    let changed = patient.take_changed() || expired;
    if changed {
        patient.set_score_expiry(score::expires_ms(patient, now_ms));
    }
    changed
}

/// Measurement time of the newest reading of `patients`.
#[must_use]
pub fn newest_time_ms(patients: &[PatientState]) -> Option<i64> {
    patients.iter().map(|patient| patient.last_time_ms).max()
}
