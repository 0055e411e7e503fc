//! A blood pressure that falls to zero.

use super::{
    chosen::chosen,
    conditions::{Condition, ConditionKind, ConditionPriority, shown, technical},
    critical::child_limits,
    patient::Patient,
    signal::Purpose,
};
use crate::domain::vital::Vital;

/// Highest systolic pressure of an adult that scores 3 as a low one, mmHg. Of a child, a pressure
/// below the limit of the age is low.
const HYPOTENSION: f64 = 90.0;

/// A pressure of zero after a critical one: the cuff may find no pulse. After any other pressure the
/// zero says only that nothing was measured.
pub(super) fn lost_pressure(patient: &Patient) -> Option<Condition> {
    let since_ms = patient.signal(Vital::Systolic).zero_since_ms()?;
    let last = chosen(patient, Vital::Systolic, Purpose::Score)?;
    let value = shown(Vital::Systolic, last);
    let was_low = match child_limits(patient, Vital::Systolic) {
        Some(limits) => limits.low.is_some_and(|low| value < low),
        None => value <= HYPOTENSION,
    };
    if !was_low || last.stamp.arrival_ms > since_ms {
        return None;
    }
    let text = format!("BP 0 after {value}: check the patient");
    let technical = technical(ConditionKind::CriticalIfTrue, text, since_ms);
    let vital = Some(Vital::Systolic);
    Some(Condition { priority: ConditionPriority::High, vital, ..technical })
}
