//! The urgency of a patient whose signals are lost.

use crate::domain::{
    limits,
    news2::Part,
    patient_context::VitalLimits,
    vital::Vital::{RespiratoryRate, Spo2},
};

use super::{
    chosen::{chosen, rate},
    patient::Patient,
    score,
    signal::Purpose,
};

/// Returns true if the last known values were critical: one scores 3 or, for a child, is beyond the
/// limits of its age.
pub(super) fn was_critical(patient: &Patient) -> bool {
    let now_ms = patient.last_arrival_ms();
    // NEWS2 is defined for adults only.
    let Some(child) = patient.context().filter(|context| context.is_child(now_ms)) else {
        let known = score::last_known(patient, score::scale(patient));
        let monitored = [Part::Pulse, Part::Spo2, Part::RespiratoryRate];
        return monitored.into_iter().any(|part| known.part(part) == Some(3));
    };
    let last = |vital| Some((vital, chosen(patient, vital, Purpose::Score)?));
    let monitored = [rate(patient, Purpose::Score), last(Spo2), last(RespiratoryRate)];
    monitored.into_iter().flatten().any(|(vital, latest)| {
        let own = limits::of_patient(child, vital, now_ms);
        let VitalLimits { low, high } = own.unwrap_or_else(|| limits::adult(vital));
        let value = vital.round(latest.value.value);
        low.is_some_and(|low| value < low) || high.is_some_and(|high| value > high)
    })
}
