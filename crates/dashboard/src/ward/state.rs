//! A patient's state as sent to the pages.

use vitals_core::domain::{
    bedside::{self, Device, Measurement, Purpose, assess, chosen, conditions},
    news2::Part,
    vital::Vital,
};

use super::{patient::Patient, watched::Watched};
use crate::{
    alert_limits::limits_of_patient,
    wire::{
        BandName, Condition, ConditionPriority, DeviceState, Measured, News2Rank, News2State,
        PatientState, RankBasis, SHOWN, vital_name,
    },
};

/// The state of `patient` at `now_ms`. A watch that has stopped holds no rank.
pub(super) fn of(
    patient_id: &str,
    patient: &Patient,
    now_ms: i64,
    watch_is_stopped: bool,
) -> PatientState {
    let bedside = &patient.bedside;
    let location = bedside.location();
    let vitals =
        SHOWN.into_iter().filter_map(|vital| Some((vital_name(vital)?, measured(bedside, vital)?)));
    let conditions: Vec<_> = conditions(bedside).into_iter().map(Into::into).collect();
    let mut news2 = News2State::from(assess(bedside, now_ms));
    let watched = patient.watched.as_ref();
    let unwatched_since_ms = patient.unwatched_since_ms();
    // A watch that is behind or stopped must not hide what the values show.
    let is_watched = unwatched_since_ms.is_none() && !watch_is_stopped;
    if let Some(watched) = watched.filter(|_| is_watched) {
        watched.hold_rank(&mut news2, patient.is_rise_timed());
    }
    if conditions.iter().any(|condition: &Condition| condition.priority == ConditionPriority::High)
    {
        raise_rank(&mut news2);
    }
    // Oxygen and consciousness are omitted once expired.
    let oxygen = bedside.oxygen();
    let level = bedside.consciousness();
    PatientState {
        patient_id: patient_id.to_owned(),
        ward: location.and_then(|location| location.ward.clone()),
        bed: location.and_then(|location| location.bed.clone()),
        vitals: vitals.collect(),
        supplemental_oxygen: oxygen
            .and_then(|latest| bedside::valid(bedside, latest, Part::AirOrOxygen, Some(now_ms))),
        consciousness: level
            .and_then(|latest| bedside::valid(bedside, latest, Part::Consciousness, Some(now_ms)))
            .map(Into::into),
        news2,
        spo2_prescription: bedside
            .context()
            .and_then(|context| context.spo2.clone())
            .map(Into::into),
        limits: bedside.context().and_then(|context| limits_of_patient(context, now_ms)),
        alarms: watched.map(Watched::alarms).unwrap_or_default(),
        unwatched_since_ms,
        conditions,
        devices: bedside.devices.iter().map(device_state).collect(),
        last_device: u32::try_from(bedside.last_device()).unwrap_or_default(),
        last_time_ms: bedside.last_time_ms(),
        last_arrival_ms: patient.last_arrival_ms(),
        readings: patient.readings(),
    }
}

/// The latest value of `vital`; `None` if it was never measured.
fn measured(bedside: &bedside::Patient, vital: Vital) -> Option<Measured> {
    let latest = chosen(bedside, vital, Purpose::Display)?;
    let Measurement { value, flagged } = latest.value;
    // Named only where there is a choice between devices.
    let device_id = if bedside.devices.several() {
        bedside.devices.get(latest.stamp.device).and_then(|device| device.id.clone())
    } else {
        None
    };
    Some(Measured {
        // A doubted value is shown as it was sent: 0.97, not 1.
        value: if flagged { value } else { vital.round(value) },
        time_ms: bedside.devices.place(&latest.stamp),
        arrival_ms: latest.stamp.arrival_ms,
        flagged,
        device_id,
    })
}

/// A condition of high priority ranks a patient among the most urgent, whatever is measured.
fn raise_rank(news2: &mut News2State) {
    if let Some(rank) = &mut news2.rank
        && rank.band != BandName::High
    {
        *rank = News2Rank { band: BandName::High, basis: RankBasis::Condition, as_of_ms: None };
    }
}

fn device_state(device: &Device) -> DeviceState {
    DeviceState {
        device_id: device.id.clone(),
        last_arrival_ms: device.last_arrival_ms,
        clock_offset_ms: device.clock.error_ms(),
    }
}

/// Returns true if the state differs from the one at the last call: a reading arrived, or a scored
/// value expired.
pub(super) fn take_change(patient: &mut Patient, now_ms: i64) -> bool {
    let expired = patient.score_expires_ms().is_some_and(|expires_ms| expires_ms < now_ms);
    let changed = patient.take_changed() || expired;
    if changed {
        // The next expiry is a change without a reading.
        patient.set_score_expiry(bedside::expires_ms(&patient.bedside, now_ms));
    }
    changed
}

/// Arrival of the newest reading of `patients`.
#[must_use]
pub fn newest_arrival_ms(patients: &[PatientState]) -> Option<i64> {
    patients.iter().map(|patient| patient.last_arrival_ms).max()
}
