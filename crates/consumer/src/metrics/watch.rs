//! The watch.
#![expect(clippy::disallowed_macros, reason = "one of the files that record this crate's metrics")]

use metrics::{counter, gauge, histogram};
use vitals_core::runtime::metrics::Metric;

use super::definition::{counter, gauge, histogram};
use crate::watch::Burden;

pub(super) const WATCH_LAG: Metric = gauge(
    "vitals_watch_lag",
    &["partition"],
    "Readings in Kafka that the watch has not judged yet.",
);
pub(super) const WATCH_READINGS: Metric =
    counter("vitals_watch_readings_total", &[], "Readings judged by the watch.");
pub(super) const WATCH_REJECTED: Metric = counter(
    "vitals_watch_rejected_total",
    &["topic"],
    "Messages that the watch could not decode, by topic.",
);
pub(super) const WATCH_PATIENTS: Metric = gauge("vitals_watch_patients", &[], "Patients watched.");
pub(super) const WATCH_ALARMS: Metric =
    gauge("vitals_watch_active_alarms", &[], "Alarms that are active at this moment.");
pub(super) const WATCH_ALERTS: Metric = counter(
    "vitals_watch_alerts_total",
    &["kind"],
    "Alerts published: raised, changed, acknowledged, silenced or cleared.",
);
pub(super) const WATCH_STATES: Metric =
    counter("vitals_watch_states_total", &[], "States published on `patient-status`.");
pub(super) const WATCH_ALERT_SECONDS: Metric = histogram(
    "vitals_watch_alert_seconds",
    &[],
    "Time from the arrival of the reading that caused an alert to the alert's delivery.",
);
pub(super) const WATCH_FAILURES: Metric = counter(
    "vitals_watch_failures_total",
    &[],
    "Failures after which the watch restored its state.",
);

pub(super) const BURDEN_RATE: Metric = gauge(
    "vitals_watch_alarms_per_patient_day",
    &[],
    "Alarms per patient and day over the last 24 hours of the whole ward. NaN without patients.",
);
pub(super) const BURDEN_SHORT: Metric = gauge(
    "vitals_watch_short_alarm_ratio",
    &[],
    "Share of these alarms that ended within their delay. NaN without alarms.",
);
pub(super) const BURDEN_ACKNOWLEDGED: Metric = gauge(
    "vitals_watch_acknowledged_alarm_ratio",
    &[],
    "Share of these alarms that were acknowledged. NaN without alarms.",
);
pub(super) const BURDEN_RULES: Metric = gauge(
    "vitals_watch_alarms_by_rule",
    &["rule"],
    "These alarms by rule, for the ten rules with the most. `GET /watch/burden` also has the \
     patients; metrics name none.",
);

pub(crate) fn set_watch_lag(partition: i32, messages: i64) {
    gauge!(WATCH_LAG.name, "partition" => partition.to_string()).set(messages as f64);
}

/// Sets the lag of a partition that another instance watches from now on.
pub(crate) fn clear_watch_lag(partition: i32) {
    set_watch_lag(partition, 0);
}

pub(crate) fn add_watch_readings(readings: u64) {
    counter!(WATCH_READINGS.name).increment(readings);
}

pub(crate) fn count_watch_rejected(topic: &str) {
    counter!(WATCH_REJECTED.name, "topic" => topic.to_owned()).increment(1);
}

pub(crate) fn set_watch_patients(patients: usize) {
    gauge!(WATCH_PATIENTS.name).set(patients as f64);
}

pub(crate) fn set_active_alarms(alarms: usize) {
    gauge!(WATCH_ALARMS.name).set(alarms as f64);
}

pub(crate) fn count_alert(kind: &'static str) {
    counter!(WATCH_ALERTS.name, "kind" => kind).increment(1);
}

pub(crate) fn count_watch_state() {
    counter!(WATCH_STATES.name).increment(1);
}

/// Records the milliseconds from a reading's arrival to the delivery of its alert.
pub(crate) fn record_alert_latency(latency_ms: i64) {
    histogram!(WATCH_ALERT_SECONDS.name).record(latency_ms.max(0) as f64 / 1000.0);
}

pub(crate) fn count_watch_failure() {
    counter!(WATCH_FAILURES.name).increment(1);
}

pub(crate) fn set_burden(burden: &Burden) {
    gauge!(BURDEN_RATE.name).set(burden.alarms_per_patient_day.unwrap_or(f64::NAN));
    gauge!(BURDEN_SHORT.name).set(burden.short_share.unwrap_or(f64::NAN));
    gauge!(BURDEN_ACKNOWLEDGED.name).set(burden.acknowledged_share.unwrap_or(f64::NAN));
    for rule in &burden.top_rules {
        gauge!(BURDEN_RULES.name, "rule" => rule.rule.clone()).set(rule.alarms as f64);
    }
}
