//! One patient: the latest of each value, each with its own time.

use vitals_core::domain::{
    decode::Decoded,
    reading::{Consciousness, Reading},
    vital::{VITAL_COUNT, Vital},
};

use super::{
    latest::{Latest, update},
    trend::Trend,
};

/// A vital's value and its quality.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Measurement {
    pub(super) value: f64,
    /// Implausible but possible.
    pub(super) flagged: bool,
}

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
    vitals: [Option<Latest<Measurement>>; VITAL_COUNT],
    oxygen: Option<Latest<bool>>,
    consciousness: Option<Latest<Consciousness>>,
    location: Option<Latest<Location>>,
    trend: Trend,
    last_time_ms: i64,
    last_arrival_ms: i64,
    readings: u64,
    changed: bool,
    /// End of validity of the first scored value to expire.
    score_expires_ms: Option<i64>,
}

impl Patient {
    /// Applies a reading that arrived at `now_ms`.
    pub(super) fn apply(&mut self, decoded: &Decoded<'_>, now_ms: i64) {
        let Decoded { reading, flags, .. } = decoded;
        let time_ms = reading.time_ms;

        // Latest values: each keeps the time at which it was measured.
        for (vital, value) in reading.vitals.measured() {
            let measurement = Measurement { value, flagged: flags.implausible(vital) };
            update(&mut self.vitals[vital as usize], measurement, time_ms);
        }
        if let Some(given) = reading.supplemental_oxygen {
            update(&mut self.oxygen, given, time_ms);
        }
        if let Some(level) = reading.consciousness {
            update(&mut self.consciousness, level, time_ms);
        }
        self.update_location(reading);

        // Trend and bookkeeping.
        self.trend.insert(time_ms, &reading.vitals);
        self.last_time_ms = self.last_time_ms.max(time_ms);
        self.last_arrival_ms = self.last_arrival_ms.max(now_ms);
        self.readings += 1;
        self.changed = true;
    }

    fn update_location(&mut self, reading: &Reading<'_>) {
        if reading.ward.is_none() && reading.bed.is_none() {
            return;
        }
        let ward = reading.ward.as_deref();
        let bed = reading.bed.as_deref();
        // Fast path without allocation: most readings repeat the location.
        if let Some(known) = &mut self.location
            && known.time_ms <= reading.time_ms
            && known.value.ward.as_deref() == ward
            && known.value.bed.as_deref() == bed
        {
            known.time_ms = reading.time_ms;
            return;
        }
        let location =
            Location { ward: ward.map(ToOwned::to_owned), bed: bed.map(ToOwned::to_owned) };
        update(&mut self.location, location, reading.time_ms);
    }

    /// Returns true if a reading arrived since the last call.
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

    pub(super) const fn vital(&self, vital: Vital) -> Option<&Latest<Measurement>> {
        self.vitals[vital as usize].as_ref()
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

    /// Measurement time of the newest reading.
    pub(super) const fn last_time_ms(&self) -> i64 {
        self.last_time_ms
    }

    /// Arrival time of the last reading.
    pub(super) const fn last_arrival_ms(&self) -> i64 {
        self.last_arrival_ms
    }

    /// Number of readings since the dashboard started.
    pub(super) const fn readings(&self) -> u64 {
        self.readings
    }
}
