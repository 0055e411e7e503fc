//! One patient on the ward: the state at the bedside, the trend and change tracking.

use vitals_core::domain::{
    bedside::{self, Stamp},
    decode::Decoded,
    patient_context::PatientContext,
};

use super::{trend::Trend, watched::Watched};

/// A patient's latest values, trend and change tracking.
#[derive(Debug, Default)]
pub(super) struct Patient {
    pub(super) bedside: bedside::Patient,
    /// The patient as the watch knows it; `None` without a watch.
    pub(super) watched: Option<Watched>,
    trend: Trend,
    first_arrival_ms: Option<i64>,
    readings: u64,
    changed: bool,
    /// End of validity of the first scored value to expire.
    score_expires_ms: Option<i64>,
}

impl Patient {
    /// Applies a reading that arrived at `arrival_ms`.
    pub(super) fn apply(&mut self, decoded: &Decoded<'_>, arrival_ms: i64) {
        let stamp = self.restore(decoded, arrival_ms);
        let time_ms = self.bedside.devices.place(&stamp);
        self.trend.insert(time_ms, &decoded.reading.vitals);
        self.readings += 1;
    }

    /// Applies a reading from before the dashboard's start: everything but the trend.
    pub(super) fn restore(&mut self, decoded: &Decoded<'_>, arrival_ms: i64) -> Stamp {
        self.changed = true;
        let first_ms = self.first_arrival_ms.unwrap_or(arrival_ms);
        self.first_arrival_ms = Some(first_ms.min(arrival_ms));
        self.bedside.apply(decoded, arrival_ms)
    }

    /// Replaces the context. Values from before the current stay are dropped.
    pub(super) fn set_context(&mut self, context: Option<PatientContext>) {
        if let Some(stay_from_ms) = context.as_ref().and_then(PatientContext::stay_from_ms) {
            // The curve of an earlier stay would look like one of this stay.
            self.trend.forget_before(stay_from_ms);
        }
        self.bedside.set_context(context);
        self.changed = true;
    }

    /// Moves arrivals after `latest_ms` to it.
    pub(super) fn cap_arrivals(&mut self, latest_ms: i64) {
        self.bedside.cap_arrivals(latest_ms);
        self.trend.forget_after(latest_ms);
        self.first_arrival_ms = self.first_arrival_ms.map(|first_ms| first_ms.min(latest_ms));
        self.changed = true;
    }

    /// Replaces the alarms.
    pub(super) fn set_watched(&mut self, watched: Option<Watched>) {
        self.changed |= self.watched != watched;
        self.watched = watched;
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

    /// The points of the sparklines.
    pub(super) const fn trend(&self) -> &Trend {
        &self.trend
    }

    /// Arrival time of the first reading, as far as the dashboard has read back.
    pub(super) const fn first_arrival_ms(&self) -> Option<i64> {
        self.first_arrival_ms
    }

    /// Arrival time of the last reading.
    pub(super) fn last_arrival_ms(&self) -> i64 {
        self.bedside.last_arrival_ms()
    }

    /// Number of readings since the dashboard started.
    pub(super) const fn readings(&self) -> u64 {
        self.readings
    }
}
