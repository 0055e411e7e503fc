//! The alerts that a watch has published, and the readings that they follow from.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use rdkafka::Message;
use serde::Deserialize;

use super::topic_reader::read_topic;

/// The alerts of a topic, by id. An id is patient, rule, onset, kind and time.
pub(super) type AlertLog = BTreeMap<String, PublishedAlert>;

/// The arrival of each patient's last reading, ms since the epoch.
pub(super) type LastReadings = BTreeMap<String, i64>;

/// A transition of an alarm.
#[derive(Clone, Debug)]
pub(super) struct PublishedAlert {
    pub(super) patient_id: String,
    /// `raised`, `changed`, `escalated` or `cleared`.
    pub(super) kind: String,
    /// Time of the transition, ms since the epoch.
    pub(super) at_ms: i64,
    /// Times at which Kafka appended it, ms since the epoch.
    pub(super) appended_ms: Vec<i64>,
}

/// The part of a message that is compared.
#[derive(Debug, Deserialize)]
struct AlertMessage {
    id: String,
    patient_id: String,
    kind: String,
    at_ms: i64,
}

/// Reads the alerts of `topic`.
///
/// # Errors
/// Returns an error if Kafka doesn't respond, or a message is no alert.
pub(super) fn read_alerts(bootstrap: &str, topic: &str) -> Result<AlertLog> {
    let mut alerts = AlertLog::new();
    read_topic(bootstrap, topic, |message| {
        let payload = message.payload().unwrap_or_default();
        let alert: AlertMessage = serde_json::from_slice(payload)
            .with_context(|| format!("{topic}, offset {}: no alert", message.offset()))?;
        let appended_ms = message.timestamp().to_millis().context("an alert without a time")?;
        let AlertMessage { id, patient_id, kind, at_ms } = alert;
        let published = alerts.entry(id).or_insert_with(|| {
            let appended_ms = Vec::new();
            PublishedAlert { patient_id, kind, at_ms, appended_ms }
        });
        published.appended_ms.push(appended_ms);
        Ok(())
    })?;
    Ok(alerts)
}

/// Reads the arrivals of the last readings from `topic`, whose messages the broker stamps.
///
/// # Errors
/// Returns an error if Kafka doesn't respond, or a message has no key or time.
pub(super) fn read_last_readings(bootstrap: &str, topic: &str) -> Result<LastReadings> {
    let mut last = LastReadings::new();
    read_topic(bootstrap, topic, |message| {
        let key = message.key().context("a reading without a key")?;
        let patient = std::str::from_utf8(key).context("the key of a reading")?;
        let arrival_ms = message.timestamp().to_millis().context("a reading without a time")?;
        match last.get_mut(patient) {
            Some(known) => *known = arrival_ms.max(*known),
            None => {
                last.insert(patient.to_owned(), arrival_ms);
            }
        }
        Ok(())
    })?;
    Ok(last)
}
