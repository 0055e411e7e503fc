//! Values beyond limits.

use super::{
    finding::{Finding, Verdicts, Words},
    limit_table::LimitTable,
    rule::{Priority, Rule, Side},
};
use crate::domain::{
    bedside::{Latest, Measurement, Patient, Purpose, chosen, rate},
    vital::Vital,
};

/// The vitals with rules. The pulse stands in for the heart rate and has none of its own.
const WATCHED: [Vital; 7] = [
    Vital::HeartRate,
    Vital::Spo2,
    Vital::Systolic,
    Vital::Diastolic,
    Vital::MeanPressure,
    Vital::RespiratoryRate,
    Vital::Temperature,
];

/// Judges every vital by `limits`; `active` is the priority of a rule's occurrence.
pub(super) fn judge(
    patient: &Patient,
    limits: &LimitTable,
    active: impl Fn(Rule) -> Option<Priority>,
    verdicts: &mut Verdicts,
) {
    for vital in WATCHED {
        let Some((source, _)) = source(patient, vital) else { continue };
        let rules = [Side::Low, Side::High].map(|side| (side, Rule::Limit(vital, side)));
        let standing = patient.signal(source).standing(&patient.devices);
        // A value before a lost or doubted one says nothing about the present.
        if standing.clone().next().is_none() {
            verdicts.unknown.extend(rules.map(|(_, rule)| rule));
            continue;
        }
        for (side, rule) in rules {
            let Some(worst) = worst(standing.clone(), side) else { continue };
            let value = vital.round(worst.value.value);
            let of_vital = limits.get(vital);
            let Some((priority, limit)) = of_vital.judge(value, side, active(rule)) else {
                continue;
            };
            let hysteresis = of_vital.hysteresis;
            let decimals = usize::try_from(vital.decimals()).unwrap_or_default();
            verdicts.found.push(Finding {
                rule,
                priority,
                value: Some(value),
                limit: Some(limit),
                device: Some(worst.stamp.device),
                words: Words::Limit { name: short_name(source), decimals, side, hysteresis },
            });
        }
    }
}

/// The value furthest towards `side`, of those that several devices deliver at the same time: none
/// hides that of another.
fn worst<'a>(
    standing: impl DoubleEndedIterator<Item = &'a Latest<Measurement>>,
    side: Side,
) -> Option<&'a Latest<Measurement>> {
    match side {
        Side::Low => standing.min_by(|one, other| one.value.value.total_cmp(&other.value.value)),
        // Of equal ones that of the device seen first, as above.
        Side::High => {
            standing.rev().max_by(|one, other| one.value.value.total_cmp(&other.value.value))
        }
    }
}

/// The value that is judged as `vital`, and the vital that it was measured as.
pub(super) fn source(patient: &Patient, vital: Vital) -> Option<(Vital, &Latest<Measurement>)> {
    match vital {
        Vital::HeartRate => rate(patient, Purpose::Score),
        _ => Some((vital, chosen(patient, vital, Purpose::Score)?)),
    }
}

/// The name of a vital in an alarm.
pub(super) const fn short_name(vital: Vital) -> &'static str {
    match vital {
        Vital::HeartRate => "HR",
        Vital::Pulse => "pulse",
        Vital::Spo2 => "SpO2",
        Vital::Systolic => "systolic",
        Vital::Diastolic => "diastolic",
        Vital::MeanPressure => "MAP",
        Vital::RespiratoryRate => "RR",
        Vital::Temperature => "temperature",
    }
}
