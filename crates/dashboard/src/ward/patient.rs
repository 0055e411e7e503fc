//! One patient on the ward: the state at the bedside, the trend and change tracking.

use vitals_core::domain::{
    bedside::{self, Stamp, rank_band},
    decode::Decoded,
    patient_context::PatientContext,
};

use super::{trend::Trend, watched::Watched};

/// Time for which a reading may wait for the watch's judgement. It publishes a state every half a
/// minute; a watch that is further behind is not running.
const CURRENT_MS: i64 = 90_000;

/// Time within which a running watch has published a rise of the score. It does so at once; the rest is
/// for a watch that is busy.
const SEEN_MS: i64 = 10_000;

/// A patient's latest values, trend and change tracking.
#[derive(Debug, Default)]
pub(super) struct Patient {
    pub(super) bedside: bedside::Patient,
    /// The patient as the watch knows it; `None` without a watch.
    pub(super) watched: Option<Watched>,
    trend: Trend,
    /// Arrival of the first reading, as far as the dashboard has read back.
    first_arrival_ms: Option<i64>,
    /// Arrival of the first reading that the watch has not judged, as far as it has published.
    unjudged_ms: Option<i64>,
    /// Arrival of the first reading of a rise that the watch has not published.
    unseen_rise_ms: Option<i64>,
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
        self.trend.insert(time_ms, &decoded.reading.vitals, decoded.flags);
        self.readings += 1;
    }

    /// Applies a reading from before the dashboard's start: everything but the trend.
    pub(super) fn restore(&mut self, decoded: &Decoded<'_>, arrival_ms: i64) -> Stamp {
        self.changed = true;
        let first_ms = self.first_arrival_ms.unwrap_or(arrival_ms);
        self.first_arrival_ms = Some(first_ms.min(arrival_ms));
        if self.judged_ms().is_none_or(|judged_ms| judged_ms < arrival_ms) {
            self.unjudged_ms.get_or_insert(arrival_ms);
        }
        let stamp = self.bedside.apply(decoded, arrival_ms);
        self.follow_rise();
        stamp
    }

    /// Notes whether the values reach a band that the watch has not seen.
    fn follow_rise(&mut self) {
        let arrival_ms = self.last_arrival_ms();
        let rank = rank_band(&self.bedside, arrival_ms);
        let is_unseen =
            rank.zip(self.watched.as_ref()).is_some_and(|(band, watched)| !watched.has_seen(band));
        self.unseen_rise_ms = is_unseen.then(|| self.unseen_rise_ms.unwrap_or(arrival_ms));
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
        let arrivals =
            [&mut self.first_arrival_ms, &mut self.unjudged_ms, &mut self.unseen_rise_ms];
        for arrival_ms in arrivals.into_iter().flatten() {
            *arrival_ms = latest_ms.min(*arrival_ms);
        }
        self.changed = true;
    }

    /// Replaces the alarms.
    pub(super) fn set_watched(&mut self, watched: Option<Watched>) {
        self.changed |= self.watched != watched;
        self.watched = watched;
        self.unjudged_ms = match self.judged_ms() {
            None => self.first_arrival_ms,
            Some(judged_ms) if judged_ms >= self.last_arrival_ms() => None,
            Some(judged_ms) => self.unjudged_ms.max(Some(judged_ms)),
        };
        self.follow_rise();
    }

    /// Arrival of the last reading that the watch has judged, as far as it has published.
    fn judged_ms(&self) -> Option<i64> {
        self.watched.as_ref().and_then(Watched::last_arrival_ms)
    }

    /// Arrival of the first reading that is not judged, if the watch is behind or not running. A
    /// patient who was silent does not make it late: it judges the readings since.
    pub(super) fn unwatched_since_ms(&self) -> Option<i64> {
        let unjudged_ms = self.unjudged_ms?;
        let is_behind = self.last_arrival_ms().saturating_sub(unjudged_ms) > CURRENT_MS;
        is_behind.then_some(unjudged_ms)
    }

    /// Returns true if the watch times the band of the values: it has seen it, or had no time yet.
    pub(super) fn is_rise_timed(&self) -> bool {
        let last_ms = self.last_arrival_ms();
        self.unseen_rise_ms.is_none_or(|rise_ms| last_ms.saturating_sub(rise_ms) <= SEEN_MS)
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

    /// Arrival time of the last reading.
    pub(super) fn last_arrival_ms(&self) -> i64 {
        self.bedside.last_arrival_ms()
    }

    /// Number of readings since the dashboard started.
    pub(super) const fn readings(&self) -> u64 {
        self.readings
    }
}
