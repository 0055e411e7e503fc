//! Conditions of a patient beyond scores and limits: lost signals, refused fields, conflicting
//! sources.

use serde::{Deserialize, Serialize};

use crate::domain::{news2::Part, vital::Vital};

use super::{
    chosen::{chosen, rate},
    conflict::{Claimed, Conflict},
    critical::{child_limits, is_critical, was_critical},
    latest::Latest,
    lost_pressure::lost_pressure,
    patient::Patient,
    places::several_places,
    refusals::Refusal,
    score,
    signal::{Measurement, Purpose},
};

/// The vitals measured continuously: without one of them the patient is not monitored.
const MONITORED: [Vital; 4] = [Vital::HeartRate, Vital::Pulse, Vital::Spo2, Vital::RespiratoryRate];

/// Highest rate of an adult before a zero that makes the zero an asystole instead of a technical
/// condition. Of a child, it is a rate below the limit of the age.
const BRADYCARDIA: f64 = 50.0;

/// Maximum conditions of a patient, if sources invent devices, beds and fields.
const MAX_CONDITIONS: usize = 24;

/// The urgency of a condition, most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConditionPriority {
    /// The patient may be dying.
    High,
    /// The equipment or the data need attention.
    Technical,
}

/// The kind of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConditionKind {
    /// Every signal is zero.
    SignalsLost,
    /// The ECG's rate is zero after a slow one, while other signals continue.
    Asystole,
    /// A doubted value that would be critical.
    CriticalIfTrue,
    /// The ECG's rate is zero, while other signals continue.
    LeadsOff,
    /// The saturation is zero, while other signals continue.
    ProbeOff,
    /// Several devices measure the same vital, or send from different places.
    SeveralDevices,
    /// The device also sends for another patient.
    SharedDevice,
    /// Another patient is in the same bed.
    SharedBed,
    /// A field of the readings is not accepted, or its name is misspelt.
    RefusedField,
}

/// A condition of a patient beyond scores and limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// The kind.
    pub kind: ConditionKind,
    /// The urgency.
    pub priority: ConditionPriority,
    /// The vital of a doubted value.
    pub vital: Option<Vital>,
    /// The condition in words.
    pub text: String,
    /// Its start, or the last observation of a conflict.
    pub since_ms: i64,
}

/// The patient's conditions, most urgent first.
#[must_use]
pub fn conditions(patient: &Patient) -> Vec<Condition> {
    let mut conditions = Vec::new();
    conditions.extend(lost_signals(patient));
    conditions.extend(critical_if_true(patient));
    conditions.extend(lost_pressure(patient));
    conditions.extend(refused_fields(patient));
    conditions.extend(conflicts(patient));
    conditions.extend(concurrent_devices(patient));
    conditions.extend(several_places(patient));
    // A stable sort: conditions of the same priority keep the order above.
    conditions.sort_by_key(|condition| condition.priority);
    conditions.truncate(MAX_CONDITIONS);
    conditions
}

/// Zeros, judged in context: all signals lost, asystole, ECG leads off, probe off.
fn lost_signals(patient: &Patient) -> Vec<Condition> {
    let newest_zero_ms =
        MONITORED.into_iter().filter_map(|vital| patient.signal(vital).last_zero_ms()).max();
    let Some(newest_zero_ms) = newest_zero_ms else { return Vec::new() };
    let alive = |vital: Vital| patient.signal(vital).is_alive(newest_zero_ms);
    let zero_since = |vital: Vital| patient.signal(vital).zero_since_ms();
    // With no signal left, the zeros of single sensors are no findings of their own.
    if !MONITORED.into_iter().any(alive) {
        let since_ms = MONITORED.into_iter().filter_map(zero_since).min();
        return vec![all_lost(patient, since_ms.unwrap_or(newest_zero_ms))];
    }
    let mut conditions = Vec::new();
    if let Some(since_ms) = zero_since(Vital::HeartRate)
        && !alive(Vital::HeartRate)
    {
        conditions.push(no_heart_rate(patient, alive(Vital::Pulse), since_ms));
    }
    // Either of the oximeter's values: some monitors keep the last saturation for a while.
    let oximeter = [Vital::Spo2, Vital::Pulse].into_iter().filter(|vital| !alive(*vital));
    if let Some(since_ms) = oximeter.filter_map(zero_since).min() {
        let text = "SpO₂ probe off".to_owned();
        conditions.push(technical(ConditionKind::ProbeOff, text, since_ms));
    }
    conditions
}

/// No signal is left. It is critical if the last values were.
fn all_lost(patient: &Patient, since_ms: i64) -> Condition {
    let text = match before(patient) {
        Some(before) => format!("all signals lost, {before} before"),
        None => "all signals lost".to_owned(),
    };
    let critical = was_critical(patient);
    let priority = if critical { ConditionPriority::High } else { ConditionPriority::Technical };
    Condition { kind: ConditionKind::SignalsLost, priority, vital: None, text, since_ms }
}

/// The last known value that describes the patient best: the rate, else the saturation.
fn before(patient: &Patient) -> Option<String> {
    if let Some((vital, latest)) = rate(patient, Purpose::Score) {
        let name = if vital == Vital::Pulse { "pulse" } else { "HR" };
        return Some(format!("{name} {}", shown(vital, latest)));
    }
    let saturation = chosen(patient, Vital::Spo2, Purpose::Score)?;
    Some(format!("SpO₂ {}", shown(Vital::Spo2, saturation)))
}

/// An ECG rate of zero while other signals continue. With a pulse the leads are off; without one,
/// after a slow rate, the heart may have stopped.
fn no_heart_rate(patient: &Patient, has_pulse: bool, since_ms: i64) -> Condition {
    let last = chosen(patient, Vital::HeartRate, Purpose::Score);
    let slow = last.filter(|latest| is_slow(patient, shown(Vital::HeartRate, latest)));
    match slow {
        Some(latest) if !has_pulse => Condition {
            kind: ConditionKind::Asystole,
            priority: ConditionPriority::High,
            vital: None,
            text: format!("HR 0 after {}: asystole?", shown(Vital::HeartRate, latest)),
            since_ms,
        },
        _ => technical(ConditionKind::LeadsOff, "ECG leads off".to_owned(), since_ms),
    }
}

fn is_slow(patient: &Patient, rate: f64) -> bool {
    match child_limits(patient, Vital::HeartRate) {
        Some(limits) => limits.low.is_some_and(|low| rate < low),
        None => rate <= BRADYCARDIA,
    }
}

/// Doubted values that would be critical. They are not scored, but a saturation of 28 % or a rate of 8
/// may be true, so the patient ranks first until a later value is not doubted.
fn critical_if_true(patient: &Patient) -> Vec<Condition> {
    let parts = [Part::Pulse, Part::Spo2, Part::RespiratoryRate, Part::Systolic];
    let doubted = parts.into_iter().filter_map(|part| score::doubted(patient, part));
    let critical = doubted.filter(|(vital, latest)| {
        // 0.97 is a saturation as a fraction: ambiguous, but hardly critical.
        let may_be_fraction = *vital == Vital::Spo2 && latest.value.value <= 1.0;
        !may_be_fraction && is_critical(patient, *vital, latest.value.value)
    });
    let conditions = critical.map(|(vital, latest)| Condition {
        kind: ConditionKind::CriticalIfTrue,
        priority: ConditionPriority::High,
        vital: Some(vital),
        text: format!("{} {}: check the patient", short(vital), shown(vital, latest)),
        since_ms: latest.stamp.arrival_ms,
    });
    conditions.collect()
}

/// The fields that were refused in the last minutes and not measured since.
fn refused_fields(patient: &Patient) -> Vec<Condition> {
    let since_ms = patient.last_arrival_ms().saturating_sub(score::CONTINUOUS_MS);
    let refusals = patient.refusals.since(since_ms).filter(|refusal| {
        let vital = Vital::from_name(&refusal.refused.field);
        let measured = vital.and_then(|vital| chosen(patient, vital, Purpose::Display));
        measured.is_none_or(|latest| latest.stamp.arrival_ms < refusal.arrival_ms)
    });
    let conditions = refusals.map(|Refusal { refused, arrival_ms, .. }| {
        let name = refused.field.replace('_', " ");
        let reason = refused.reason.code().replace('_', " ");
        let text = format!("{name} {}: {reason}", refused.value);
        technical(ConditionKind::RefusedField, text, *arrival_ms)
    });
    conditions.collect()
}

fn conflicts(patient: &Patient) -> Vec<Condition> {
    let conflicts = patient.conflicts.iter().map(|Conflict { claimed, key, other, last_ms }| {
        let (kind, text) = match claimed {
            Claimed::Device => {
                (ConditionKind::SharedDevice, format!("device {key} also sends for {other}"))
            }
            Claimed::Bed => (ConditionKind::SharedBed, format!("{other} is also in bed {key}")),
        };
        technical(kind, text, *last_ms)
    });
    conflicts.collect()
}

/// Several devices that measure the same vital at the same time, with their values.
fn concurrent_devices(patient: &Patient) -> Vec<Condition> {
    if !patient.devices.several() {
        return Vec::new();
    }
    let vitals = [Vital::HeartRate, Vital::Pulse, Vital::Spo2, Vital::RespiratoryRate];
    let conditions = vitals.into_iter().filter_map(|vital| {
        let concurrent = patient.signal(vital).concurrent(Purpose::Display, &patient.devices);
        let values: Vec<_> =
            concurrent.clone().map(|latest| value_of(patient, vital, latest)).collect();
        if values.len() < 2 {
            return None;
        }
        let since_ms = concurrent.map(|latest| latest.stamp.arrival_ms).min()?;
        let text = format!("{} devices: {} {}", values.len(), short(vital), values.join(", "));
        Some(technical(ConditionKind::SeveralDevices, text, since_ms))
    });
    conditions.collect()
}

/// A value with its device, for example `128 (mon-2)`.
fn value_of(patient: &Patient, vital: Vital, latest: &Latest<Measurement>) -> String {
    let device = patient.devices.get(latest.stamp.device);
    let id = device.and_then(|device| device.id.as_deref()).unwrap_or("no device id");
    format!("{} ({id})", shown(vital, latest))
}

/// A value as the tile shows it: formatting alone would round 82.5 to 82.
pub(super) fn shown(vital: Vital, latest: &Latest<Measurement>) -> f64 {
    vital.round(latest.value.value)
}

pub(super) const fn short(vital: Vital) -> &'static str {
    match vital {
        Vital::HeartRate => "HR",
        Vital::Pulse => "pulse",
        Vital::Spo2 => "SpO₂",
        Vital::RespiratoryRate => "RR",
        Vital::Systolic | Vital::Diastolic | Vital::MeanPressure => "BP",
        Vital::Temperature => "temperature",
    }
}

pub(super) const fn technical(kind: ConditionKind, text: String, since_ms: i64) -> Condition {
    Condition { kind, priority: ConditionPriority::Technical, vital: None, text, since_ms }
}
