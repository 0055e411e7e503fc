//! A real ICU record of one-minute values, replayed through the decoder and the watch.
//!
//! The record (MIMIC-II numerics, s00001; ODC-BY) is not part of the repository. `VITALS_ICU_RECORD`
//! names its CSV; without the file the test is skipped.

use std::{env, fs, path::PathBuf, sync::Arc};

use vitals_core::domain::{
    decode::{DecodeOptions, decode},
    vital::Vital,
    watch::{AlertEvent, AlertKind, PatientWatch, Rule, Side, WatchSettings},
};

const START_MS: i64 = 1_763_812_800_000;
const MINUTE_MS: i64 = 60_000;

/// The columns of the record with their fields.
const FIELDS: [(&str, &str); 7] = [
    ("HR", "heart_rate"),
    ("PULSE", "pulse"),
    ("RESP", "respiratory_rate"),
    ("SpO2", "spo2"),
    ("NBPSys", "systolic"),
    ("NBPDias", "diastolic"),
    ("NBPMean", "mean_pressure"),
];

fn record() -> Option<String> {
    let beside = || {
        let file = "../../../shared/data/icu-numerics-s00001.csv";
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file)
    };
    let path = env::var_os("VITALS_ICU_RECORD").map_or_else(beside, PathBuf::from);
    fs::read_to_string(path).ok()
}

/// A row as a message, and true if the monitor sent a zero for a signal.
fn message(columns: &[&str], row: &str, time_ms: i64) -> (String, bool) {
    let cells: Vec<_> = row.split(',').collect();
    let mut fields = format!(r#""patient_id":"s00001","timestamp":{time_ms}"#);
    let mut has_zero = false;
    for (column, field) in FIELDS {
        let index = columns.iter().position(|name| *name == column).unwrap();
        let cell = cells.get(index).copied().unwrap_or_default().trim();
        if cell.is_empty() {
            continue;
        }
        fields.push_str(&format!(r#","{field}":{cell}"#));
        let is_signal = ["heart_rate", "pulse", "spo2"].contains(&field);
        has_zero |= is_signal && cell.parse::<f64>().unwrap() == 0.0;
    }
    (format!("{{{fields}}}"), has_zero)
}

#[test]
fn every_zero_minute_raises_a_technical_alarm_and_none_an_asystole_or_a_desaturation() {
    let Some(text) = record() else {
        eprintln!("skipped: the ICU record is not here");
        return;
    };
    let mut lines = text.lines();
    let columns: Vec<_> = lines.next().unwrap().split(',').collect();
    let mut watch = PatientWatch::new("s00001", Arc::new(WatchSettings::default()));
    let technical = [Rule::ProbeOff, Rule::LeadsOff, Rule::SignalsLost];
    let mut zero_minutes = 0;
    for (minute, row) in lines.enumerate() {
        let time_ms = START_MS + i64::try_from(minute).unwrap() * MINUTE_MS;
        let (message, has_zero) = message(&columns, row, time_ms);
        let decoded = decode(message.as_bytes(), Some(time_ms), &DecodeOptions::default()).unwrap();
        let mut events = Vec::new();
        watch.apply_reading(&decoded, time_ms, &mut events);
        watch.advance(time_ms + MINUTE_MS - 1, &mut events);
        if !has_zero {
            continue;
        }
        zero_minutes += 1;
        let alarms = watch.alarms();
        let raised = alarms.iter().any(|alarm| {
            technical.contains(&alarm.occurrence.rule) && alarm.occurrence.cleared_ms.is_none()
        });
        assert!(raised, "minute {minute}: {message}");
        let is_wrong = |event: &AlertEvent| {
            let rules = [Rule::Asystole, Rule::Limit(Vital::Spo2, Side::Low)];
            event.kind == AlertKind::Raised && rules.contains(&event.rule)
        };
        assert!(!events.iter().any(is_wrong), "minute {minute}: {events:?}");
    }
    assert_eq!(zero_minutes, 367);
}
