//! One patient: the latest of each value from every device, each with its own times.

use serde::{Deserialize, Serialize};

use crate::domain::{
    decode::Decoded,
    patient_context::PatientContext,
    reading::{Consciousness, Reading},
    vital::{VITAL_COUNT, VITALS, Vital},
};

use super::{
    conflict::Conflicts,
    device::Devices,
    latest::{Latest, Stamp, update},
    places::Places,
    refusals::Refusals,
    signal::{Measurement, Signal},
};

/// Ward and bed, updated as a unit: a new ward with the old bed would name a bed in which the
/// patient does not lie.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// The ward.
    pub ward: Option<String>,
    /// The bed in the ward.
    pub bed: Option<String>,
}

/// A patient's latest values from every device.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Patient {
    signals: [Signal; VITAL_COUNT],
    oxygen: Option<Latest<bool>>,
    consciousness: Option<Latest<Consciousness>>,
    location: Option<Latest<Location>>,
    /// Ward and bed by the context, which overrides those of readings.
    #[serde(default)]
    assigned: Option<Location>,
    #[serde(default)]
    pub(super) places: Places,
    /// The devices that measure the patient.
    pub devices: Devices,
    /// Conflicts of identity with other patients.
    pub conflicts: Conflicts,
    pub(super) refusals: Refusals,
    context: Option<PatientContext>,
    /// Stamp of the reading that arrived last.
    last: Option<Stamp>,
}

impl Patient {
    /// Applies a reading that arrived at `arrival_ms`. An older value never replaces a newer one.
    pub fn apply(&mut self, decoded: &Decoded<'_>, arrival_ms: i64) -> Stamp {
        let reading = &decoded.reading;
        let device = reading.device_id.as_deref();
        let (stamp, replaced) = self.devices.stamp(device, reading.time_ms, arrival_ms);
        // The values of the device that had this index before would count as those of the new one.
        if replaced {
            self.signals.iter_mut().for_each(|signal| signal.forget(stamp.device));
        }

        // Latest values: each keeps the time at which it was measured.
        self.update_signals(decoded, stamp);
        if let Some(given) = reading.supplemental_oxygen {
            update(&mut self.oxygen, given, stamp, &self.devices);
        }
        if let Some(level) = reading.consciousness {
            update(&mut self.consciousness, level, stamp, &self.devices);
        }
        self.update_location(reading, stamp);
        self.refusals.update(decoded, stamp);

        if self.last.is_none_or(|last| last.arrival_ms <= arrival_ms) {
            self.last = Some(stamp);
        }
        stamp
    }

    /// Replaces the context. Values from before the current stay are dropped.
    pub fn set_context(&mut self, context: Option<PatientContext>) {
        if let Some(stay_from_ms) = context.as_ref().and_then(PatientContext::stay_from_ms) {
            self.forget_before(stay_from_ms);
        }
        self.context = context;
        self.assign_location();
    }

    /// Moves arrivals after `latest_ms` to it: the clock that set them was ahead and was set back.
    /// Otherwise no later reading would count until that time has come.
    pub fn cap_arrivals(&mut self, latest_ms: i64) {
        self.signals.iter_mut().for_each(|signal| signal.cap_arrivals(latest_ms));
        let stamps = [
            self.oxygen.as_mut().map(|latest| &mut latest.stamp),
            self.consciousness.as_mut().map(|latest| &mut latest.stamp),
            self.location.as_mut().map(|latest| &mut latest.stamp),
            self.last.as_mut(),
        ];
        stamps.into_iter().flatten().for_each(|stamp| stamp.cap_arrival(latest_ms));
        self.places.cap_arrivals(latest_ms);
        self.devices.cap_arrivals(latest_ms);
        self.conflicts.cap_arrivals(latest_ms);
        self.refusals.cap_arrivals(latest_ms);
    }

    /// Applies the location of the last admission or transfer. A device may still be set to the
    /// former place.
    fn assign_location(&mut self) {
        let sent = self.location.as_ref().map(|latest| &latest.value);
        self.assigned = self.context.as_ref().and_then(|context| assigned_location(context, sent));
    }

    fn forget_before(&mut self, time_ms: i64) {
        for signal in &mut self.signals {
            signal.forget_before(time_ms);
        }
        self.oxygen.take_if(|latest| latest.stamp.arrival_ms < time_ms);
        self.consciousness.take_if(|latest| latest.stamp.arrival_ms < time_ms);
        self.location.take_if(|latest| latest.stamp.arrival_ms < time_ms);
    }

    fn update_signals(&mut self, decoded: &Decoded<'_>, stamp: Stamp) {
        let Decoded { reading, flags, .. } = decoded;
        // Zero breaths belong to a lost signal if nothing else is measured either.
        let all_zero = !flags.not_measured.is_empty()
            && reading.vitals.measured().all(|(vital, value)| vital.is_zero(value));
        let no_ecg = flags.not_measured.contains(Vital::HeartRate);
        // Zeros from the ECG and the oximeter end the respiration, too, which both can measure.
        let disconnected = all_zero
            && no_ecg
            && (flags.not_measured.contains(Vital::Pulse)
                || flags.not_measured.contains(Vital::Spo2));
        for vital in VITALS {
            let signal = &mut self.signals[vital as usize];
            match reading.vitals.get(vital) {
                Some(_) if all_zero => signal.lose(stamp),
                // Respiration is measured through the ECG's leads.
                Some(value)
                    if vital == Vital::RespiratoryRate && no_ecg && vital.is_zero(value) =>
                {
                    signal.lose(stamp);
                }
                Some(value) => {
                    let measurement = Measurement { value, flagged: flags.is_doubted(vital) };
                    signal.measure(measurement, stamp, &self.devices);
                }
                None if flags.not_measured.contains(vital) => signal.lose(stamp),
                None if vital == Vital::RespiratoryRate && disconnected => signal.lose(stamp),
                None => {}
            }
        }
    }

    fn update_location(&mut self, reading: &Reading<'_>, stamp: Stamp) {
        if reading.ward.is_none() && reading.bed.is_none() {
            return;
        }
        let ward = reading.ward.as_deref();
        let bed = reading.bed.as_deref();
        self.places.note(ward, bed, stamp.arrival_ms);
        // Fast path without allocation: most readings repeat the location.
        if let Some(known) = &mut self.location
            && self.devices.replaces(&stamp, &known.stamp)
            && known.value.ward.as_deref() == ward
            && known.value.bed.as_deref() == bed
        {
            known.stamp = stamp;
            return;
        }
        let location =
            Location { ward: ward.map(ToOwned::to_owned), bed: bed.map(ToOwned::to_owned) };
        update(&mut self.location, location, stamp, &self.devices);
        self.assign_location();
    }

    /// One vital.
    #[must_use]
    pub const fn signal(&self, vital: Vital) -> &Signal {
        &self.signals[vital as usize]
    }

    /// The context.
    #[must_use]
    pub const fn context(&self) -> Option<&PatientContext> {
        self.context.as_ref()
    }

    /// Supplemental oxygen, as last charted.
    #[must_use]
    pub const fn oxygen(&self) -> Option<&Latest<bool>> {
        self.oxygen.as_ref()
    }

    /// The level of consciousness, as last charted.
    #[must_use]
    pub const fn consciousness(&self) -> Option<&Latest<Consciousness>> {
        self.consciousness.as_ref()
    }

    /// Ward and bed: those of the context if it names any, else those of the last reading.
    #[must_use]
    pub fn location(&self) -> Option<&Location> {
        if self.assigned.is_some() {
            return self.assigned.as_ref();
        }
        self.location.as_ref().map(|location| &location.value)
    }

    /// Measurement time, on the server's clock, of the reading that arrived last.
    #[must_use]
    pub fn last_time_ms(&self) -> i64 {
        self.last.map_or(0, |last| self.devices.place(&last))
    }

    /// Arrival time of the last reading.
    #[must_use]
    pub fn last_arrival_ms(&self) -> i64 {
        self.last.map_or(i64::MIN, |last| last.arrival_ms)
    }

    /// Arrival of the last reading that had a vital, a mark for a lost signal or a refused field; of the
    /// last reading if none had. `i64::MIN` before the first.
    #[must_use]
    pub fn last_vital_ms(&self) -> i64 {
        let values = self.signals.iter().filter_map(Signal::last_arrival_ms).max();
        values.max(self.refusals.last_arrival_ms()).unwrap_or_else(|| self.last_arrival_ms())
    }

    /// The device of the last reading.
    #[must_use]
    pub fn last_device(&self) -> usize {
        self.last.map_or(0, |last| last.device)
    }
}

/// Ward and bed of a context that names any, completed by those that readings have `sent`.
fn assigned_location(context: &PatientContext, sent: Option<&Location>) -> Option<Location> {
    if context.ward.is_none() && context.bed.is_none() {
        return None;
    }
    let sent_ward = sent.and_then(|sent| sent.ward.clone());
    // The bed of a reading belongs to the ward of that reading.
    let same_ward = context.ward.is_none() || context.ward == sent_ward;
    let sent_bed = sent.filter(|_| same_ward).and_then(|sent| sent.bed.clone());
    Some(Location {
        ward: context.ward.clone().or(sent_ward),
        bed: context.bed.clone().or(sent_bed),
    })
}
