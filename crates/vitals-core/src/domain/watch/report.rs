//! The published status of a patient.

use std::collections::BTreeMap;

use super::{
    derived::{Derived, mean_arterial_pressure, pulse_pressure, qsofa, shock_index},
    limit_rules::source,
    patient_watch::PatientWatch,
    rule::Rule,
    score_rule,
    state::WatchState,
    status::{Alarm, LatestValue, PatientStatus, ScoreStatus},
    tracker::Tracker,
};
use crate::domain::{
    bedside::{
        CONTINUOUS_MS, Latest, OBSERVED_MS, Purpose, assess, chosen, not_applicable, rank_band,
    },
    news2::Band,
    reading::Consciousness,
    vital::{VITALS, Vital},
};

impl PatientWatch {
    /// The status at the time up to which the patient has been judged.
    #[must_use]
    pub fn status(&self) -> PatientStatus {
        let bedside = &self.state.bedside;
        let (ward, bed) = self.place();
        PatientStatus {
            patient_id: self.patient_id.clone(),
            at_ms: self.state.now_ms,
            last_arrival_ms: self.last_arrival_ms(),
            ward,
            bed,
            vitals: self.latest_vitals(),
            supplemental_oxygen: bedside.oxygen().map(|latest| self.latest(latest, false)),
            consciousness: bedside.consciousness().map(|latest| self.latest(latest, false)),
            score: self.score(),
            derived: self.derived(),
            alarms: self.alarms(),
            silences: self.state.silences.values().cloned().collect(),
            state: Box::new(self.state.clone()),
        }
    }

    /// The alarms that are listed, most urgent and then newest first.
    #[must_use]
    pub fn alarms(&self) -> Vec<Alarm> {
        let under_way = self.state.trackers.values().filter_map(|tracker| tracker.active.as_ref());
        let mut alarms: Vec<_> = under_way
            .chain(&self.state.listed)
            .map(|occurrence| Alarm {
                occurrence: occurrence.clone(),
                silenced: self.state.silences.get(&occurrence.rule).cloned(),
            })
            .collect();
        alarms.sort_by_key(|Alarm { occurrence, .. }| {
            (std::cmp::Reverse((occurrence.priority, occurrence.raised_ms)), occurrence.rule)
        });
        alarms
    }

    /// Number of [`alarms`](Self::alarms), without their copies.
    #[must_use]
    pub fn alarm_count(&self) -> usize {
        let under_way = self.state.trackers.values().filter(|tracker| tracker.active.is_some());
        under_way.count() + self.state.listed.len()
    }

    /// The band to display; `None` if NEWS2 does not apply.
    #[must_use]
    pub fn shown_band(&self) -> Option<Band> {
        let WatchState { bedside, now_ms, first_ms, .. } = &self.state;
        // Before the delays can have passed, the band of the values is all that is known.
        let settled_ms = (*first_ms)?.saturating_add(self.settings.news2.medium_delay_ms);
        if *now_ms < settled_ms {
            return rank_band(bedside, *now_ms);
        }
        if not_applicable(bedside, *now_ms).is_some() {
            return None;
        }
        let tracker = self.state.trackers.get(&Rule::News2);
        Some(score_rule::band(tracker.and_then(Tracker::priority)))
    }

    fn score(&self) -> ScoreStatus {
        let shown_band = self.shown_band();
        ScoreStatus {
            assessment: assess(&self.state.bedside, self.state.now_ms),
            shown_band,
            response: shown_band.map(|band| band.response().to_owned()),
            monitoring: shown_band.map(|band| band.monitoring().to_owned()),
        }
    }

    fn latest_vitals(&self) -> BTreeMap<Vital, LatestValue<f64>> {
        let latest =
            VITALS.into_iter().filter_map(|vital| Some((vital, self.latest_vital(vital)?)));
        latest.collect()
    }

    fn latest_vital(&self, vital: Vital) -> Option<LatestValue<f64>> {
        let latest = chosen(&self.state.bedside, vital, Purpose::Display)?;
        let doubted = latest.value.flagged;
        // A doubted value is shown as it was sent: 0.97, not 1.
        let value = latest.value.value;
        let value = if doubted { value } else { vital.round(value) };
        Some(self.latest(&Latest { value, stamp: latest.stamp }, doubted))
    }

    fn latest<T: Copy>(&self, latest: &Latest<T>, doubted: bool) -> LatestValue<T> {
        let devices = &self.state.bedside.devices;
        LatestValue {
            value: latest.value,
            doubted,
            measured_ms: devices.place(&latest.stamp),
            arrival_ms: latest.stamp.arrival_ms,
            device_id: devices.get(latest.stamp.device).and_then(|device| device.id.clone()),
        }
    }

    /// From values that are valid at the present time.
    fn derived(&self) -> Derived {
        let heart_rate = self.recent(Vital::HeartRate, CONTINUOUS_MS);
        let respiratory_rate = self.recent(Vital::RespiratoryRate, CONTINUOUS_MS);
        let systolic = self.recent(Vital::Systolic, OBSERVED_MS);
        let pressures = systolic.zip(self.recent(Vital::Diastolic, OBSERVED_MS));
        // The formula is an estimate: a measured mean pressure comes before it.
        let estimated = pressures.map(|(high, low)| mean_arterial_pressure(high, low));
        Derived {
            qsofa: qsofa(respiratory_rate, systolic, self.level()),
            shock_index: heart_rate.zip(systolic).and_then(|(rate, high)| shock_index(rate, high)),
            pulse_pressure: pressures.map(|(high, low)| pulse_pressure(high, low)),
            mean_arterial_pressure: self.recent(Vital::MeanPressure, OBSERVED_MS).or(estimated),
        }
    }

    /// The rounded value of `vital`, unless it is older than `window_ms`.
    fn recent(&self, vital: Vital, window_ms: i64) -> Option<f64> {
        let bedside = &self.state.bedside;
        let (_, latest) = source(bedside, vital)?;
        let age_ms = self.state.now_ms.saturating_sub(bedside.devices.place(&latest.stamp));
        if age_ms > window_ms { None } else { Some(vital.round(latest.value.value)) }
    }

    fn level(&self) -> Option<Consciousness> {
        let bedside = &self.state.bedside;
        let latest = bedside.consciousness()?;
        let age_ms = self.state.now_ms.saturating_sub(bedside.devices.place(&latest.stamp));
        if age_ms > OBSERVED_MS { None } else { Some(latest.value) }
    }
}
