//! Values that are critical: those that score 3 in NEWS2 or, for a child, are beyond the limits of its
//! age. NEWS2 is defined for adults only.

use crate::domain::{
    limits,
    patient_context::{PatientContext, VitalLimits},
    vital::Vital::{self, RespiratoryRate, Spo2},
};

use super::{
    chosen::{chosen, rate, severity},
    patient::Patient,
    signal::Purpose,
};

/// Returns true if one of the last known values was critical.
pub(super) fn was_critical(patient: &Patient) -> bool {
    let last = |vital| Some((vital, chosen(patient, vital, Purpose::Score)?));
    let monitored = [rate(patient, Purpose::Score), last(Spo2), last(RespiratoryRate)];
    let mut known = monitored.into_iter().flatten();
    known.any(|(vital, latest)| is_critical(patient, vital, latest.value.value))
}

/// Returns true if `value` is critical for the patient.
pub(super) fn is_critical(patient: &Patient, vital: Vital, value: f64) -> bool {
    match child(patient) {
        Some(child) => is_beyond(limits_of(child, vital, patient), vital.round(value)),
        None => severity(patient, vital, value) == 3,
    }
}

/// The limits of a child; `None` for an adult.
pub(super) fn child_limits(patient: &Patient, vital: Vital) -> Option<VitalLimits> {
    child(patient).map(|child| limits_of(child, vital, patient))
}

fn child(patient: &Patient) -> Option<&PatientContext> {
    patient.context().filter(|context| context.is_child(patient.last_arrival_ms()))
}

/// A child of unknown age has the widest limits of all ages: beyond them, a value is critical whatever
/// the age.
fn limits_of(child: &PatientContext, vital: Vital, patient: &Patient) -> VitalLimits {
    let own = limits::of_patient(child, vital, patient.last_arrival_ms());
    match own {
        Some(VitalLimits { low: None, high: None }) => limits::of_every_child(vital),
        own => own.unwrap_or_else(|| limits::adult(vital)),
    }
}

fn is_beyond(VitalLimits { low, high }: VitalLimits, value: f64) -> bool {
    low.is_some_and(|low| value < low) || high.is_some_and(|high| value > high)
}
