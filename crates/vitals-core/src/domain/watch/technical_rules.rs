//! Conditions of the equipment and the data, and those that are judged from lost signals.

use super::{
    finding::{Finding, Verdicts, Words},
    rule::{Priority, Rule},
    settings::TechnicalSettings,
    stuck::Stuck,
};
use crate::domain::{
    bedside::{
        CONTINUOUS_MS, Condition, ConditionKind, ConditionPriority, Patient, Purpose, chosen,
        conditions,
    },
    patient_context::PatientContext,
    vital::Vital,
};

/// Judges the conditions at the bedside, silence, clocks and repeated values.
pub(super) fn judge(
    patient: &Patient,
    stuck: &Stuck,
    settings: &TechnicalSettings,
    now_ms: i64,
    verdicts: &mut Verdicts,
) {
    for condition in conditions(patient) {
        add(finding(patient, condition), verdicts);
    }
    if let Some(at_ms) = no_data_at_ms(patient, settings)
        && at_ms <= now_ms
    {
        let text = format!("no data for {} s", settings.no_data_after_ms / 1_000);
        add(Finding::technical(Rule::NoData, text), verdicts);
    }
    if let Some(text) = stuck.text(patient, settings.stuck_after_ms) {
        add(Finding::technical(Rule::ValueStuck, text), verdicts);
    }
    for device in patient.devices.iter() {
        // The clock of a device that no longer sends affects no value.
        let is_silent = now_ms.saturating_sub(device.last_arrival_ms) > CONTINUOUS_MS;
        if let Some(error_ms) = device.clock.error_ms().filter(|_| !is_silent) {
            let name = device.id.as_deref().unwrap_or("device without id");
            let direction = if error_ms < 0 { "ahead" } else { "behind" };
            let text = format!("clock of {name} {} s {direction}", error_ms.unsigned_abs() / 1_000);
            add(Finding::technical(Rule::DeviceClock, text), verdicts);
        }
    }
}

/// Time at which the patient counts as not monitored, unless a vital arrives before: a device whose
/// sensors are unplugged may send null for all of them. A patient of whose present stay nothing has
/// arrived yet is not missed.
pub(super) fn no_data_at_ms(patient: &Patient, settings: &TechnicalSettings) -> Option<i64> {
    let stay_from_ms = patient.context().and_then(PatientContext::stay_from_ms);
    let last_ms = patient.last_vital_ms();
    if last_ms == i64::MIN || Some(last_ms) < stay_from_ms {
        return None;
    }
    Some(last_ms.saturating_add(settings.no_data_after_ms))
}

/// Several conditions of one rule make one finding with all of their texts.
fn add(finding: Finding, verdicts: &mut Verdicts) {
    let known = verdicts.found.iter_mut().find(|known| known.rule == finding.rule);
    match (known, finding.words) {
        (Some(Finding { words: Words::Text(known), .. }), Words::Text(text)) => {
            known.push_str("; ");
            known.push_str(&text);
        }
        (_, words) => verdicts.found.push(Finding { words, ..finding }),
    }
}

fn finding(patient: &Patient, condition: Condition) -> Finding {
    let Condition { kind, priority, text, vital, .. } = condition;
    let vital = vital.unwrap_or(Vital::HeartRate);
    let mut value = None;
    let rule = match kind {
        ConditionKind::SignalsLost => Rule::SignalsLost,
        ConditionKind::Asystole => Rule::Asystole,
        ConditionKind::CriticalIfTrue => {
            let shown = chosen(patient, vital, Purpose::Display);
            value = shown.map(|latest| latest.value.value);
            let no_breath =
                vital == Vital::RespiratoryRate && value.is_some_and(|value| vital.is_zero(value));
            if no_breath { Rule::Apnoea } else { Rule::CriticalIfTrue(vital) }
        }
        ConditionKind::LeadsOff => Rule::LeadsOff,
        ConditionKind::ProbeOff => Rule::ProbeOff,
        ConditionKind::SeveralDevices => Rule::SeveralDevices,
        ConditionKind::SharedDevice => Rule::SharedDevice,
        ConditionKind::SharedBed => Rule::SharedBed,
        ConditionKind::RefusedField => Rule::RefusedField,
    };
    let priority = match priority {
        ConditionPriority::High => Priority::High,
        ConditionPriority::Technical => Priority::Technical,
    };
    let text = if rule == Rule::Apnoea { "RR 0: apnoea?".to_owned() } else { text };
    Finding { rule, priority, value, limit: None, device: None, words: Words::Text(text) }
}
