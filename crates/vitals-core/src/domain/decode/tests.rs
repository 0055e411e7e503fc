use proptest::prelude::*;

use super::{no_value::is_no_value, *};
use crate::domain::{
    reading::Reading,
    rejection::{Reason, Rejection},
    vital::{VITALS, Vital},
};

const NOW: i64 = 1_763_812_800_123;

fn decode_now(json: &str) -> Result<Decoded<'_>, Rejection> {
    decode(json.as_bytes(), Some(NOW), &DecodeOptions::default())
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
    assert!(decoded.extra.is_empty() && decoded.refused.is_empty());
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
        (r#""1763812800123""#, NOW),
        (r#"" 1763812800.25 ""#, 1_763_812_800_250),
        ("\"\u{feff}1763812800123\u{a0}\"", NOW),
        ("\"2025-11-22T12:00:00.123Z\u{200b}\"", NOW),
        (r#""2025-11-22 12:00:00.123Z""#, NOW),
        (r#""2025-11-22T12:00:00.123+0000""#, NOW),
        ("1763812800.25", 1_763_812_800_250),
        ("1763812800123.0", NOW),
        (r#""2025-11-22T12:00:00.123Z""#, NOW),
        (r#""2025-11-22T13:00:00.123+01:00""#, NOW),
        (r#""2025-11-22t12:00:00.123456789z""#, NOW),
        (r#""2025-11-22T11:30:00.123-00:30""#, NOW),
        ("1.763812800123e12", NOW),
        (r#""1.763812800123E+12""#, NOW),
        (r#""1.76381280025e9""#, 1_763_812_800_250),
        // A leap second is the second before it.
        (r#""2016-12-31T23:59:60Z""#, 1_483_228_799_000),
        (r#""1969-12-31T23:30:00-01:00""#, 1_800_000),
    ];
    for (time, expected) in cases {
        let json = format!(r#"{{"patient_id":"p","timestamp":{time},"spo2":97}}"#);
        assert_eq!(decode_now(&json).unwrap().reading.time_ms, expected, "{time}");
    }
}

#[test]
fn a_message_that_is_no_reading_is_rejected_with_its_reason() {
    let cases = [
        ("", Reason::Empty, "no payload"),
        ("{", Reason::NotJson, "EOF"),
        ("heart rate 72", Reason::NotJson, "line 1"),
        (r#"{"patient_id":"p","timestamp":1}x"#, Reason::NotJson, "trailing"),
        (r#"{"patient_id":"p","timestamp":1,"spo2":NaN}x"#, Reason::NotJson, ""),
        ("NaN", Reason::NotAnObject, "a string"),
        ("[1,2]", Reason::NotAnObject, "an array"),
        ("[]", Reason::NotAnObject, "an array"),
        (r#"[[{"patient_id":"p","timestamp":1}]]"#, Reason::NotAnObject, "an array"),
        (r#"[{"patient_id":"p","timestamp":1},{}]"#, Reason::NotAnObject, "an array"),
        ("null", Reason::NotAnObject, "null"),
        (r#"{"timestamp":1,"spo2":97}"#, Reason::MissingField, "patient_id"),
        (r#"{"patient_id":" ","timestamp":1}"#, Reason::MissingField, "patient_id"),
        (r#"{"patient_id":true,"timestamp":1}"#, Reason::WrongType, "patient_id"),
        (r#"{"patient_id":-1,"timestamp":1}"#, Reason::WrongType, "patient_id"),
        (r#"{"patient_id":1.5,"timestamp":1}"#, Reason::WrongType, "patient_id"),
        (r#"{"patient_id":"p","patient_id":"q","timestamp":1}"#, Reason::DuplicateField, "patient"),
        (r#"{"patient_id":"p","timestamp":1,"timestamp":2}"#, Reason::DuplicateField, "timestamp"),
        (r#"{"patient_id":"p","spo2":97}"#, Reason::MissingField, "timestamp"),
        (r#"{"patient_id":"p","timestamp":[]}"#, Reason::WrongType, "timestamp"),
        (r#"{"patient_id":"p","timestamp":true}"#, Reason::WrongType, "timestamp"),
        (r#"{"patient_id":"\ud800","timestamp":1}"#, Reason::NotJson, "patient_id"),
        (r#"{"patient_id":1e400,"timestamp":1}"#, Reason::NotJson, "patient_id"),
        (r#"{"patient_id":["p"],"timestamp":1}"#, Reason::WrongType, "patient_id"),
        (r#"{"patient_id":null,"timestamp":1}"#, Reason::MissingField, "patient_id"),
        ("[null]", Reason::NotAnObject, "an array"),
        (r#"[{"patient_id":"p","timestamp":1},null]"#, Reason::NotAnObject, "an array"),
        (r#"{"patient_id":"p","timestamp":1}{}"#, Reason::NotJson, "trailing"),
        ("\u{feff}", Reason::NotJson, ""),
    ];
    for (json, reason, part) in cases {
        reject(json, reason, part);
    }
    let large = format!(r#"{{"patient_id":"{}"}}"#, "p".repeat(MAX_MESSAGE_BYTES));
    reject(&large, Reason::TooLarge, "bytes");
    let deep = "[".repeat(60_000);
    assert_eq!(decode_now(&deep).unwrap_err().reason, Reason::NotJson);
    let not_utf8 = b"{\"patient_id\":\"\xff\",\"timestamp\":1}";
    let rejection = decode(not_utf8, Some(NOW), &DecodeOptions::default()).unwrap_err();
    assert_eq!(rejection.reason, Reason::NotJson);
}

#[test]
fn a_time_outside_1970_to_2262_is_rejected_without_an_overflow() {
    let times = [
        "-1",
        "-5.5",
        "9223372037",
        "99999999999",
        "9223372036855",
        "1763812800123456",
        "1763812800123456789",
        "9223372036854775807",
        "-9223372036854775808",
        "18446744073709551615",
        "1e300",
        "-1e300",
        r#""1e300""#,
        r#""-5""#,
        r#""1969-12-31T23:59:59Z""#,
        r#""1969-12-31T23:59:59.9999Z""#,
        r#""1970-01-01T00:30:00+01:00""#,
        r#""2025-11-22T24:00:00Z""#,
        r#""2025-02-29T12:00:00Z""#,
        r#""2263-01-01T00:00:00Z""#,
        r#""1763812800123456789""#,
        r#""e""#,
        r#""Infinity""#,
        "NaN",
        "-0.0001",
        r#""2262-04-12T00:00:00Z""#,
        r#""today""#,
        r#""2025-11-22T12:00:00""#,
        r#""NaN""#,
        r#""""#,
    ];
    for time in times {
        for arrival in [None, Some(NOW), Some(i64::MIN), Some(i64::MAX)] {
            let json = format!(r#"{{"patient_id":"p","timestamp":{time},"spo2":97}}"#);
            let rejection =
                decode(json.as_bytes(), arrival, &DecodeOptions::default()).unwrap_err();
            assert_eq!(rejection.reason, Reason::InvalidTimestamp, "{time}: {rejection}");
        }
    }
    for (time, expected) in [("0", 0), ("9223372036854", MAX_TIME_MS), ("-0.0", 0)] {
        let json = format!(r#"{{"patient_id":"p","timestamp":{time},"spo2":97}}"#);
        let decoded = decode(json.as_bytes(), None, &DecodeOptions::default()).unwrap();
        assert_eq!(decoded.reading.time_ms, expected);
    }
}

#[test]
fn a_clock_that_is_ahead_moves_the_reading_to_its_arrival() {
    let decode_at = |time: i64, arrival| {
        let json = format!(r#"{{"patient_id":"p","timestamp":{time},"spo2":97}}"#);
        let options = DecodeOptions::default();
        let decoded = decode(json.as_bytes(), arrival, &options).unwrap();
        (decoded.reading.time_ms, decoded.device_time_ms, decoded.flags.codes())
    };
    let ahead = Some("clock_ahead".to_owned());
    assert_eq!(decode_at(NOW + 300_000, Some(NOW)), (NOW + 300_000, None, None));
    let one_more = NOW + 300_001;
    assert_eq!(decode_at(one_more, Some(NOW)), (NOW, Some(one_more), ahead.clone()));
    assert_eq!(decode_at(6_048_000_000_000, Some(NOW)), (NOW, Some(6_048_000_000_000), ahead));
    assert_eq!(decode_at(one_more, None), (one_more, None, None));
    assert_eq!(decode_at(NOW - 3_600_001, Some(NOW)).2, Some("late".to_owned()));
}

#[test]
fn a_kafka_timestamp_before_2000_or_after_2262_is_no_arrival() {
    for kafka in [i64::MIN, -1, 0, 1, NOW / 1000, NOW * 1000, i64::MAX] {
        assert_eq!(arrival_ms(kafka), None, "{kafka}");
    }
    assert_eq!(arrival_ms(NOW), Some(NOW));
}

#[test]
fn a_mark_for_no_value_names_no_patient() {
    for id in ["", " ", "---", "N/A", "null", "NaN", "\u{200b}", "\u{3000}", "\\u0000"] {
        let json = format!(r#"{{"patient_id":"{id}","timestamp":{NOW},"spo2":97}}"#);
        reject(&json, Reason::MissingField, "patient_id");
    }
}

#[test]
fn every_other_id_is_kept_as_it_is() {
    for id in [".", "..", " p1", "p1 ", "0", "00", "12.0", "-1", "1e3", "a/b", "患者", "\u{200b}p"]
    {
        let json = format!(r#"{{"patient_id":"{id}","timestamp":{NOW},"spo2":97}}"#);
        assert_eq!(decode_now(&json).unwrap().reading.patient_id, id);
    }
    let longest = "p".repeat(MAX_TEXT_BYTES);
    let json = format!(r#"{{"patient_id":"{longest}","timestamp":{NOW}}}"#);
    assert_eq!(decode_now(&json).unwrap().reading.patient_id, longest);
    let json = format!(r#"{{"patient_id":"{longest}p","timestamp":{NOW}}}"#);
    reject(&json, Reason::OutOfRange, "257 bytes");
}

proptest! {
    #[test]
    fn arbitrary_bytes_give_a_verdict(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _verdict = decode(&bytes, Some(NOW), &DecodeOptions::default());
    }

    #[test]
    fn encoded_readings_are_decoded_unchanged(
        patient in "[a-z0-9-]{1,20}|.{1,20}",
        values in proptest::collection::vec(proptest::option::of(1.1..100.0_f64), 8),
        sequence in proptest::option::of(0..i64::MAX),
    ) {
        prop_assume!(!is_no_value(&patient));
        let mut reading = Reading::new(&patient, NOW);
        reading.sequence = sequence;
        reading.vitals.set(Vital::Spo2, Some(97.0));
        for (vital, value) in VITALS.into_iter().zip(values) {
            if !matches!(vital, Vital::Spo2 | Vital::Diastolic | Vital::Temperature) {
                reading.vitals.set(vital, value);
            }
        }
        let bytes = serde_json::to_vec(&reading).unwrap();
        let decoded = decode(&bytes, Some(NOW), &DecodeOptions::default()).unwrap();
        prop_assert_eq!(decoded.reading, reading);
    }
}
