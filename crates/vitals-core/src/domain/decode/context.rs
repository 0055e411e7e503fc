//! Verdicts that need several fields: zeros, and the two pressures.

use super::{judge::Judge, raw_fields::RawValue};
use crate::domain::{
    reading::Vitals,
    rejection::Reason,
    vital::{VITALS, Vital},
};

const PRESSURES: [Vital; 3] = [Vital::Systolic, Vital::Diastolic, Vital::MeanPressure];

/// Completes the verdicts on the single `vitals`.
pub(super) fn judge_context(judge: &mut Judge, vitals: &mut Vitals, values: &[RawValue<'_>]) {
    judge_zeros(judge, vitals);
    let systolic = vitals.get(Vital::Systolic);
    let diastolic = vitals.get(Vital::Diastolic);
    if let (Some(systolic), Some(diastolic)) = (systolic, diastolic)
        && Vital::Diastolic.round(diastolic) >= Vital::Systolic.round(systolic)
    {
        // Which of the two is wrong can't be known, so both are refused, and nothing else.
        for vital in [Vital::Systolic, Vital::Diastolic] {
            vitals.set(vital, None);
            judge.flags.clear_doubt(vital);
            judge.refuse(vital.name(), Reason::PressureInverted, values[vital as usize].to_text());
        }
    }
}

/// Judges zeros in context. The rules are a judgement of this project.
fn judge_zeros(judge: &mut Judge, vitals: &mut Vitals) {
    let mut zeros = 0;
    let mut measured = 0;
    for vital in VITALS {
        match vitals.get(vital) {
            Some(value) if vital.is_zero(value) => zeros += 1,
            Some(_) => measured += 1,
            None => {}
        }
    }
    let absent = judge.flags.not_measured;
    if zeros == 0 && absent.is_empty() {
        return;
    }
    let lost = zeros + absent.iter().count();

    // Zero over zero: the cuff did not measure, or the line is being zeroed. A mean pressure may be
    // left over from the measurement before.
    let over_zero = [Vital::Systolic, Vital::Diastolic]
        .into_iter()
        .all(|vital| vitals.get(vital).is_none_or(|value| vital.is_zero(value)));
    if over_zero {
        PRESSURES.into_iter().for_each(|vital| clear(judge, vitals, vital));
    }

    // Every channel lost at once: a rate of zero is then no apnoea either.
    if measured == 0 && lost > 1 {
        judge.flags.signals_lost = true;
        VITALS.into_iter().for_each(|vital| clear(judge, vitals, vital));
        return;
    }
    judge.flags.probe_off = is_beating(vitals, Vital::HeartRate)
        && (absent.contains(Vital::Pulse) || absent.contains(Vital::Spo2));
    judge.flags.leads_off = is_beating(vitals, Vital::Pulse) && absent.contains(Vital::HeartRate);
}

/// Returns true if the `rate` was measured and the heart beats by it.
fn is_beating(vitals: &Vitals, rate: Vital) -> bool {
    vitals.get(rate).is_some_and(|rate| rate > 0.0)
}

/// Turns a zero of `vital` into "not measured".
fn clear(judge: &mut Judge, vitals: &mut Vitals, vital: Vital) {
    if vitals.get(vital).is_some_and(|value| vital.is_zero(value)) {
        vitals.set(vital, None);
        judge.flags.clear_doubt(vital);
        judge.flags.rounded.remove(vital);
        judge.flags.not_measured.insert(vital);
    }
}
