//! One patient: the latest of each value from every device, each with its own times.

use vitals_core::domain::{
    decode::Decoded,
    patient_context::PatientContext,
    reading::{Consciousness, Reading},
    vital::{VITAL_COUNT, VITALS, Vital},
};

use super::{
    conflict::Conflicts,
    device::Devices,
    latest::{Latest, Stamp, update},
    refusals::Refusals,
    signal::{Measurement, Signal},
    trend::Trend,
};

/// Ward and bed, updated as a unit: a new ward with the old bed would name a bed in which the
/// patient does not lie.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Location {
    pub(super) ward: Option<String>,
    pub(super) bed: Option<String>,
}

/// A patient's latest values, trend and change tracking.
#[derive(Debug, Default)]
pub(super) struct Patient {
    signals: [Signal; VITAL_COUNT],
    oxygen: Option<Latest<bool>>,
    consciousness: Option<Latest<Consciousness>>,
    location: Option<Latest<Location>>,
    pub(super) devices: Devices,
    pub(super) conflicts: Conflicts,
    pub(super) refusals: Refusals,
    context: Option<PatientContext>,
    trend: Trend,
    /// Stamp of the reading that arrived last.
    last: Option<Stamp>,
    readings: u64,
    changed: bool,
    /// End of validity of the first scored value to expire.
    score_expires_ms: Option<i64>,
}

impl Patient {
    /// Applies a reading that arrived at `arrival_ms`.
    pub(super) fn apply(&mut self, decoded: &Decoded<'_>, arrival_ms: i64) {
        let stamp = self.restore(decoded, arrival_ms);
        let time_ms = self.devices.place(&stamp);
        self.trend.insert(time_ms, &decoded.reading.vitals);
        self.readings += 1;
    }

    /// Applies a reading from before the dashboard's start: everything but the trend.
    pub(super) fn restore(&mut self, decoded: &Decoded<'_>, arrival_ms: i64) -> Stamp {
        let reading = &decoded.reading;
        let device = reading.device_id.as_deref();
        let (stamp, replaced) = self.devices.stamp(device, reading.time_ms, arrival_ms);
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
        self.refusals.update(decoded, arrival_ms);

        if self.last.is_none_or(|last| last.arrival_ms <= arrival_ms) {
            self.last = Some(stamp);
        }
        self.changed = true;
        stamp
    }

    /// Replaces the context. Values from before the current stay are dropped.
    pub(super) fn set_context(&mut self, context: Option<PatientContext>) {
        if let Some(stay_from_ms) = context.as_ref().and_then(PatientContext::stay_from_ms) {
            self.forget_before(stay_from_ms);
        }
        self.context = context;
        self.changed = true;
    }

    fn forget_before(&mut self, time_ms: i64) {
        for signal in &mut self.signals {
            signal.forget_before(time_ms);
        }
        self.oxygen.take_if(|latest| latest.stamp.arrival_ms < time_ms);
        self.consciousness.take_if(|latest| latest.stamp.arrival_ms < time_ms);
        self.location.take_if(|latest| latest.stamp.arrival_ms < time_ms);
        self.trend.forget_before(time_ms);
    }

    fn update_signals(&mut self, decoded: &Decoded<'_>, stamp: Stamp) {
        let Decoded { reading, flags, .. } = decoded;
        // Zero breaths belong to a lost signal if nothing else is measured either.
        let all_zero = !flags.not_measured.is_empty()
            && reading.vitals.measured().all(|(_, value)| value == 0.0);
        // Zeros from the ECG and the oximeter end the respiration, too, which both can measure.
        let disconnected = all_zero
            && flags.not_measured.contains(Vital::HeartRate)
            && (flags.not_measured.contains(Vital::Pulse)
                || flags.not_measured.contains(Vital::Spo2));
        for vital in VITALS {
            let signal = &mut self.signals[vital as usize];
            match reading.vitals.get(vital) {
                Some(value) if !(all_zero && value == 0.0) => {
                    let measurement = Measurement { value, flagged: flags.is_doubted(vital) };
                    signal.measure(measurement, stamp, &self.devices);
                }
                Some(_) => signal.lose(stamp),
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
    }

    /// Marks the state as changed by something other than a reading.
    pub(super) const fn set_changed(&mut self) {
        self.changed = true;
    }

    /// Returns true if the state changed since the last call.
    pub(super) const fn take_changed(&mut self) -> bool {
        std::mem::replace(&mut self.changed, false)
    }

    /// End of validity of the first scored value to expire, as last set.
    pub(super) const fn score_expires_ms(&self) -> Option<i64> {
        self.score_expires_ms
    }

    pub(super) const fn set_score_expiry(&mut self, expires_ms: Option<i64>) {
        self.score_expires_ms = expires_ms;
    }

    pub(super) const fn signal(&self, vital: Vital) -> &Signal {
        &self.signals[vital as usize]
    }

    pub(super) const fn context(&self) -> Option<&PatientContext> {
        self.context.as_ref()
    }

    pub(super) const fn oxygen(&self) -> Option<&Latest<bool>> {
        self.oxygen.as_ref()
    }

    pub(super) const fn consciousness(&self) -> Option<&Latest<Consciousness>> {
        self.consciousness.as_ref()
    }

    pub(super) fn location(&self) -> Option<&Location> {
        self.location.as_ref().map(|location| &location.value)
    }

    /// The points of the sparklines.
    pub(super) const fn trend(&self) -> &Trend {
        &self.trend
    }

    /// Measurement time, on the server's clock, of the reading that arrived last.
    pub(super) fn last_time_ms(&self) -> i64 {
        self.last.map_or(0, |last| self.devices.place(&last))
    }

    /// Arrival time of the last reading.
    pub(super) fn last_arrival_ms(&self) -> i64 {
        self.last.map_or(i64::MIN, |last| last.arrival_ms)
    }

    /// The device of the last reading.
    pub(super) fn last_device(&self) -> usize {
        self.last.map_or(0, |last| last.device)
    }

    /// Number of readings since the dashboard started.
    pub(super) const fn readings(&self) -> u64 {
        self.readings
    }
}
