//! The value of topic `patient-status`: a patient's status, and the messages that it includes.

use serde::{Deserialize, Serialize};

use super::status::PatientStatus;

/// A patient's status with its position in the topics that the watch reads. The next owner of the
/// patient's partition continues from there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatusMessage {
    /// The partition of the patient's readings.
    pub partition: i32,
    /// The id of the partition's log: a topic that was created again has other ones.
    #[serde(default)]
    pub log: String,
    /// The id of the partition's assignment to the instance that published the status.
    #[serde(default)]
    pub owner: String,
    /// The offset after the last reading that the status includes.
    pub next_offset: i64,
    /// Partition of `ward-actions`, and the offset after the last action that it includes.
    pub next_action: Option<(i32, i64)>,
    /// Arrival of the first reading since which the patient has been watched, ms since the epoch.
    pub watched_since_ms: i64,
    /// The status.
    #[serde(flatten)]
    pub status: PatientStatus,
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::{
        decode::{DecodeOptions, decode},
        watch::{PatientWatch, WatchSettings},
    };

    /// A restart must find the state unchanged, whatever the JSON of its parts.
    #[test]
    fn a_message_survives_the_round_trip() {
        let mut watch = PatientWatch::new("p-1", Arc::new(WatchSettings::default()));
        let mut events = Vec::new();
        for minute in 0..90 {
            let time_ms = 1_763_812_800_000 + minute * 60_000;
            let payload = format!(
                r#"{{"patient_id":"p-1","timestamp":{time_ms},"heart_rate":{},"spo2":84,
                "temperature":36.8,"consciousness":"A","device_id":"m-1","respiratory_rate":999}}"#,
                70 + minute
            );
            let decoded =
                decode(payload.as_bytes(), Some(time_ms), &DecodeOptions::default()).unwrap();
            watch.apply_reading(&decoded, time_ms, &mut events);
        }
        assert!(!events.is_empty());
        let message = StatusMessage {
            partition: 3,
            log: "log".to_owned(),
            owner: "owner".to_owned(),
            next_offset: 90,
            next_action: Some((0, 7)),
            watched_since_ms: 1_763_812_800_000,
            status: watch.status(),
        };
        let json = serde_json::to_vec(&message).unwrap();
        assert_eq!(serde_json::from_slice::<StatusMessage>(&json).unwrap(), message);
    }
}
