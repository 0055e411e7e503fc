use proptest::prelude::*;

use super::*;
use crate::domain::{
    reading::Reading,
    rejection::{Reason, Rejection},
    vital::{VITALS, Vital},
};

const NOW: i64 = 1_763_812_800_123;

fn decode_now(json: &str) -> Result<Decoded<'_>, Rejection> {
    decode(json.as_bytes(), NOW, TimeLimits::default())
}

fn reject(json: &str, reason: Reason, part: &str) {
    let rejection = decode_now(json).expect_err(json);
    assert_eq!(rejection.reason, reason, "{json}: {rejection}");
    assert!(rejection.detail.contains(part), "{json}: {rejection}");
}

#[test]
fn a_full_reading_keeps_all_fields() {
    let json = r#"{"patient_id":"p-0042","timestamp":1763812800123,"heart_rate":72,"spo2":97,
        "systolic":121,"diastolic":79,"respiratory_rate":16,"temperature":36.8,
        "supplemental_oxygen":false,"consciousness":"A","device_id":"mon-17","sequence":90211,
        "ward":"A3","bed":"12"}"#;
    let decoded = decode_now(json).unwrap();
    assert!(decoded.flags.is_empty());
    assert_eq!(decoded.unknown_fields, 0);
    let written = serde_json::to_value(&decoded.reading).unwrap();
    assert_eq!(written, serde_json::from_str::<serde_json::Value>(json).unwrap());
}

#[test]
fn older_producers_send_seconds() {
    let json = r#"{"patient_id":"ab12cd34","timestamp":1763812800,"heart_rate":88,"spo2":97,
        "systolic":121,"diastolic":79,"respiratory_rate":16}"#;
    assert_eq!(decode_now(json).unwrap().reading.time_ms, 1_763_812_800_000);
}

#[test]
fn all_timestamp_formats_are_accepted() {
    let cases = [
        ("99999999", 99_999_999_000),
        ("1763812800.25", 1_763_812_800_250),
        ("1763812800123.0", NOW),
        (r#""2025-11-22T12:00:00.123Z""#, NOW),
        (r#""2025-11-22T13:00:00.123+01:00""#, NOW),
    ];
    for (time, expected) in cases {
        let json = format!(r#"{{"patient_id":"p","timestamp":{time},"spo2":97}}"#);
        assert_eq!(decode_now(&json).unwrap().reading.time_ms, expected, "{time}");
    }
}

#[test]
fn defects_are_rejected_with_their_reason() {
    let with = |fields: &str| format!(r#"{{"patient_id":"p","timestamp":{NOW},{fields}}}"#);
    let cases = [
        (String::new(), Reason::Empty, "no payload"),
        ("{".to_owned(), Reason::NotJson, "EOF"),
        ("heart rate 72".to_owned(), Reason::NotJson, "line 1"),
        (format!("{}x", with(r#""spo2":97"#)), Reason::NotJson, "trailing"),
        ("[1,2]".to_owned(), Reason::NotAnObject, "an array"),
        ("null".to_owned(), Reason::NotAnObject, "null"),
        (r#"{"timestamp":1,"spo2":97}"#.to_owned(), Reason::MissingField, "patient_id"),
        (r#"{"patient_id":" ","timestamp":1}"#.to_owned(), Reason::MissingField, "patient_id"),
        (r#"{"patient_id":7,"timestamp":1}"#.to_owned(), Reason::WrongType, "patient_id"),
        (r#"{"patient_id":"p","spo2":97}"#.to_owned(), Reason::MissingField, "timestamp"),
        (r#"{"patient_id":"p","timestamp":-5}"#.to_owned(), Reason::InvalidTimestamp, "-5"),
        (r#"{"patient_id":"p","timestamp":"today"}"#.to_owned(), Reason::InvalidTimestamp, ""),
        (r#"{"patient_id":"p","timestamp":[]}"#.to_owned(), Reason::WrongType, "timestamp"),
        (with(r#""ward":"A3""#), Reason::NoVital, "no vital"),
        (with(r#""spo2":null"#), Reason::NoVital, "no vital"),
        (with(r#""spo2":97,"spo2":98"#), Reason::DuplicateField, "spo2"),
        (
            with(r#""heart_rate":"72""#),
            Reason::WrongType,
            "heart_rate: expected a number, found a string",
        ),
        (with(r#""heart_rate":-999"#), Reason::Sentinel, "heart_rate"),
        (with(r#""temperature":-99.9"#), Reason::Sentinel, "temperature"),
        (with(r#""respiratory_rate":-100"#), Reason::Sentinel, "respiratory_rate"),
        (with(r#""heart_rate":391"#), Reason::OutOfRange, "heart_rate: 391 is outside 0 to 390"),
        (with(r#""spo2":100.5"#), Reason::OutOfRange, "spo2"),
        (with(r#""temperature":14.1"#), Reason::OutOfRange, "temperature"),
        (with(r#""spo2":97,"consciousness":"X""#), Reason::OutOfRange, "consciousness"),
        (with(r#""spo2":97,"sequence":1.5"#), Reason::WrongType, "sequence"),
        (with(r#""systolic":80,"diastolic":80"#), Reason::PressureInverted, "80"),
    ];
    for (json, reason, part) in cases {
        reject(&json, reason, part);
    }
    let far = format!(r#"{{"patient_id":"p","timestamp":{},"spo2":97}}"#, NOW + 300_001);
    reject(&far, Reason::FutureTimestamp, "300 s");
    let large = format!(r#"{{"patient_id":"{}"}}"#, "p".repeat(MAX_MESSAGE_BYTES));
    reject(&large, Reason::TooLarge, "bytes");
    let deep = "[".repeat(60_000);
    assert_eq!(decode_now(&deep).unwrap_err().reason, Reason::NotJson);
    let not_utf8 = b"{\"patient_id\":\"\xff\",\"timestamp\":1}";
    let rejection = decode(not_utf8, NOW, TimeLimits::default()).unwrap_err();
    assert_eq!(rejection.reason, Reason::NotJson);
}

#[test]
fn implausible_values_are_flagged_and_kept() {
    let cases = [
        (r#""heart_rate":351"#, NOW, "heart_rate:high"),
        (r#""heart_rate":9"#, NOW, "heart_rate:low"),
        (r#""temperature":25.9"#, NOW, "temperature:low"),
        (r#""spo2":0"#, NOW, "spo2:not_measured"),
        (r#""spo2":97"#, NOW - 3_600_001, "late"),
    ];
    for (field, time, flags) in cases {
        let json = format!(r#"{{"patient_id":"p","timestamp":{time},{field}}}"#);
        assert_eq!(decode_now(&json).unwrap().flags.codes().as_deref(), Some(flags), "{field}");
    }
}

#[test]
fn zero_means_not_measured_only_for_some_vitals() {
    let json = format!(r#"{{"patient_id":"p","timestamp":{NOW},"spo2":0,"respiratory_rate":0}}"#);
    let vitals = decode_now(&json).unwrap().reading.vitals;
    assert_eq!(vitals.get(Vital::Spo2), None);
    assert_eq!(vitals.get(Vital::RespiratoryRate), Some(0.0));
}

#[test]
fn unknown_fields_are_counted_and_ignored() {
    let json = format!(
        r#"{{"patient_id":"p","timestamp":{NOW},"spo2":97,"x":{{"a":[1]}},"mood":"good"}}"#
    );
    assert_eq!(decode_now(&json).unwrap().unknown_fields, 2);
}

proptest! {
    #[test]
    fn arbitrary_bytes_give_a_verdict(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _verdict = decode(&bytes, NOW, TimeLimits::default());
    }

    #[test]
    fn encoded_readings_are_decoded_unchanged(
        patient in "[a-z0-9-]{1,20}|.{1,20}",
        values in proptest::collection::vec(proptest::option::of(1.0..100.0_f64), 8),
        sequence in proptest::option::of(0..i64::MAX),
    ) {
        prop_assume!(!patient.trim().is_empty());
        let mut reading = Reading::new(&patient, NOW);
        reading.sequence = sequence;
        reading.vitals.set(Vital::Spo2, Some(97.0));
        for (vital, value) in VITALS.into_iter().zip(values) {
            if !matches!(vital, Vital::Spo2 | Vital::Diastolic | Vital::Temperature) {
                reading.vitals.set(vital, value);
            }
        }
        let bytes = serde_json::to_vec(&reading).unwrap();
        let decoded = decode(&bytes, NOW, TimeLimits::default()).unwrap();
        prop_assert_eq!(decoded.reading, reading);
    }
}
