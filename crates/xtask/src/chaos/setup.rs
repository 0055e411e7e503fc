//! The folder and the settings of a run.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::consumer_log::JSON_LOG;
use crate::services::Services;

/// Limits that healthy patients break again and again, with short delays: alarms are under way at
/// every fault.
const ALARMS: [(&str, &str); 14] = [
    ("WATCH__LIMITS__HEART_RATE__HIGH", "84"),
    ("WATCH__LIMITS__HEART_RATE__DELAY_MS", "1500"),
    ("WATCH__LIMITS__HEART_RATE__CLEAR_AFTER_MS", "1500"),
    ("WATCH__LIMITS__SPO2__LOW", "95"),
    ("WATCH__LIMITS__SPO2__DELAY_MS", "3000"),
    ("WATCH__LIMITS__SPO2__CLEAR_AFTER_MS", "2000"),
    ("WATCH__LIMITS__RESPIRATORY_RATE__HIGH", "18"),
    ("WATCH__LIMITS__RESPIRATORY_RATE__DELAY_MS", "0"),
    ("WATCH__LIMITS__RESPIRATORY_RATE__CLEAR_AFTER_MS", "1000"),
    ("WATCH__NEWS2__MEDIUM_DELAY_MS", "4000"),
    ("WATCH__NEWS2__HIGH_DELAY_MS", "2000"),
    ("WATCH__NEWS2__CLEAR_AFTER_MS", "6000"),
    ("WATCH__SIGNALS__ESCALATE_AFTER_MS", "20000"),
    // An outage of Kafka is a silence of every patient.
    ("WATCH__TECHNICAL__NO_DATA_AFTER_MS", "6000"),
];

/// The settings of every process, as environment variables.
pub(super) fn settings(services: &Services) -> Vec<(String, String)> {
    let settings = [
        ("KAFKA__BOOTSTRAP_SERVERS", services.bootstrap_servers()),
        ("KAFKA__REQUEST_TIMEOUT_MS", "5000".to_owned()),
        ("LAKE__URL", format!("{}/lake", services.hdfs())),
        ("LAKE__TIMEOUT_MS", "5000".to_owned()),
        ("CONSUMER__ROLES", "all".to_owned()),
        ("CONSUMER__ROTATION__MAX_ROWS", "2000".to_owned()),
        ("CONSUMER__ROTATION__MAX_AGE_MS", "1000".to_owned()),
        ("CONSUMER__MAINTENANCE__INTERVAL_MS", "20000".to_owned()),
        // The broker's minimum.
        ("CONSUMER__SESSION_TIMEOUT_MS", "6000".to_owned()),
        ("CONSUMER__RETRY__MAX_BACKOFF_MS", "1000".to_owned()),
        // The report counts failpoint hits in the logs.
        (JSON_LOG.0, JSON_LOG.1.to_owned()),
    ];
    let alarms = ALARMS.iter().map(|(key, value)| (*key, (*value).to_owned()));
    settings
        .into_iter()
        .chain(alarms)
        .map(|(key, value)| (format!("VITALS__{key}"), value))
        .collect()
}

/// Creates the folder of a run, empty.
pub(super) fn create_empty_folder(dir: &Path) -> Result<()> {
    if dir.exists() {
        fs::remove_dir_all(dir).with_context(|| format!("removing {}", dir.display()))?;
    }
    fs::create_dir_all(dir).with_context(|| format!("creating {}", dir.display()))
}
