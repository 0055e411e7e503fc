//! The verdict on each field: a table of inputs, and properties.

use proptest::prelude::*;

use super::*;
use crate::domain::{
    reading::Consciousness,
    vital::{VITALS, Vital},
};

pub(super) const NOW: i64 = 1_763_812_800_123;

pub(super) fn message(fields: &str) -> String {
    format!(r#"{{"patient_id":"p","timestamp":{NOW},{fields}}}"#)
}

fn with_options(fields: &str, options: &DecodeOptions) -> (String, String, String) {
    let json = message(fields);
    let decoded = decode(json.as_bytes(), Some(NOW), options).expect(fields);
    let kept = decoded.reading.vitals.measured();
    let kept: Vec<String> =
        kept.map(|(vital, value)| format!("{}={value}", vital.name())).collect();
    let refused: Vec<String> = decoded
        .refused
        .iter()
        .map(|it| format!("{}:{}:{}", it.field, it.reason.code(), it.value))
        .collect();
    (kept.join(" "), decoded.flags.codes().unwrap_or_default(), refused.join(" "))
}

/// Checks the kept vitals, the flags, and the refused fields with reason and value.
#[track_caller]
pub(super) fn check(fields: &str, kept: &str, flags: &str, refused: &str) {
    let found = with_options(fields, &DecodeOptions::default());
    assert_eq!(found, (kept.to_owned(), flags.to_owned(), refused.to_owned()), "{fields}");
}

#[test]
fn one_bad_vital_costs_no_other() {
    let good = r#""heart_rate":134,"spo2":79"#;
    let kept = "heart_rate=134 spo2=79";
    let cases = [
        ("-999", "", "temperature:sentinel:-999"),
        ("-99.9", "", "temperature:sentinel:-99.9"),
        ("\"-999\"", "temperature:converted", "temperature:sentinel:-999"),
        ("98.6", "", "temperature:fahrenheit:98.6"),
        ("102.2", "", "temperature:fahrenheit:102.2"),
        ("120", "", "temperature:out_of_range:120"),
        ("0.0", "", "temperature:out_of_range:0.0"),
        ("8388607", "", "temperature:sentinel:8388607"),
        ("1e400", "", "temperature:out_of_range:1e400"),
        ("Infinity", "", "temperature:out_of_range:Infinity"),
        ("NaN", "temperature:not_measured", ""),
        ("\"NaN\"", "temperature:not_measured", ""),
        ("\"unavailable\"", "temperature:not_measured", ""),
        ("\"---\"", "temperature:not_measured", ""),
        ("\"\"", "temperature:not_measured", ""),
        ("null", "", ""),
        ("\"high\"", "", "temperature:wrong_type:high"),
        ("\"36,8\"", "", "temperature:wrong_type:36,8"),
        ("true", "", "temperature:wrong_type:true"),
        ("[36.8]", "", "temperature:wrong_type:[36.8]"),
        (r#"{"value":36.8}"#, "", r#"temperature:wrong_type:{"value":36.8}"#),
        ("18446744073709551615", "", "temperature:out_of_range:18446744073709551615"),
        ("36.8,\"temperature\":37.1", "", "temperature:duplicate_field:36.8, 37.1"),
        ("null,\"temperature\":37.1", "", "temperature:duplicate_field:null, 37.1"),
        ("-1e400", "", "temperature:out_of_range:-1e400"),
        ("1e-400", "", "temperature:out_of_range:1e-400"),
        ("-999.9", "", "temperature:sentinel:-999.9"),
        ("-2147483648", "", "temperature:sentinel:-2147483648"),
        ("2147483647.0", "", "temperature:sentinel:2147483647.0"),
        ("-9223372036854775809", "", "temperature:out_of_range:-9223372036854775809"),
        // The edges of Fahrenheit, at the precision that the converted value has.
        ("113.04", "", "temperature:fahrenheit:113.04"),
        ("113.1", "", "temperature:out_of_range:113.1"),
        ("78.71", "", "temperature:fahrenheit:78.71"),
        ("78.7", "", "temperature:out_of_range:78.7"),
        ("\"98.6\"", "temperature:converted", "temperature:fahrenheit:98.6"),
        // Text that is nearly a number.
        ("\"98.6 F\"", "", "temperature:wrong_type:98.6 F"),
        ("\"36.8°C\"", "", "temperature:wrong_type:36.8°C"),
        ("\"３６\"", "", "temperature:wrong_type:３６"),
        ("\"٣٦\"", "", "temperature:wrong_type:٣٦"),
        ("\"36_8\"", "", "temperature:wrong_type:36_8"),
        ("\"0x24\"", "", "temperature:wrong_type:0x24"),
        ("\"1e400\"", "", "temperature:out_of_range:1e400"),
        ("\"-inf\"", "", "temperature:out_of_range:-inf"),
        // Half a surrogate pair.
        (r#""\ud83d""#, "", r#"temperature:wrong_type:"\ud83d""#),
    ];
    for (value, flags, refused) in cases {
        check(&format!(r#"{good},"temperature":{value}"#), kept, flags, refused);
    }
}

#[test]
fn unambiguous_values_are_converted_and_flagged() {
    let cases = [
        (r#""heart_rate":"72""#, "heart_rate=72", "heart_rate:converted"),
        (r#""temperature":" 36.8 ""#, "temperature=36.8", "temperature:converted"),
        ("\"temperature\":\"\u{a0}36.8\u{200b}\"", "temperature=36.8", "temperature:converted"),
        (r#""heart_rate":"+72""#, "heart_rate=72", "heart_rate:converted"),
        (r#""heart_rate":"7.2E1""#, "heart_rate=72", "heart_rate:converted"),
        (r#""heart_rate":7.2e1"#, "heart_rate=72", ""),
        (r#""spo2":97,"spo2":97"#, "spo2=97", ""),
        (r#""spo2":97,"bed":7"#, "spo2=97", "bed:converted"),
        (r#""spo2":97,"sequence":"17""#, "spo2=97", "sequence:converted"),
        (r#""spo2":97,"sequence":17.0"#, "spo2=97", "sequence:converted"),
        (r#""spo2":97,"sequence":"17.0""#, "spo2=97", "sequence:converted"),
        ("\"spo2\":97,\"sequence\":\"\u{feff}17\"", "spo2=97", "sequence:converted"),
        (r#""spo2":97,"consciousness":"a""#, "spo2=97", "consciousness:converted"),
        (r#""spo2":100.4"#, "spo2=100", "spo2:rounded"),
        (r#""temperature":14.16"#, "temperature=14.2", "temperature:low,temperature:rounded"),
        (r#""temperature":25.96"#, "temperature=25.96", ""),
        (r#""heart_rate":350.4"#, "heart_rate=350.4", ""),
    ];
    for (fields, kept, flags) in cases {
        check(fields, kept, flags, "");
    }
    check(r#""spo2":100.5"#, "", "", "spo2:out_of_range:100.5");
}

#[test]
fn ids_are_whole_numbers_or_text() {
    for (id, expected) in [("42", "42"), ("18446744073709551615", "18446744073709551615")] {
        let json = format!(r#"[{{"patient_id":{id},"timestamp":"{NOW}","device_id":{id}}}]"#);
        let decoded = decode(json.as_bytes(), Some(NOW), &DecodeOptions::default()).unwrap();
        assert_eq!(decoded.reading.patient_id, expected);
        assert_eq!(decoded.reading.device_id.as_deref(), Some(expected));
        let flags = "in_array,patient_id:converted,timestamp:converted,device_id:converted";
        assert_eq!(decoded.flags.codes().as_deref(), Some(flags));
    }
    let long = format!(r#""spo2":97,"ward":"{}","bed":[1]"#, "w".repeat(257));
    let refused = format!("ward:out_of_range:{} bed:wrong_type:[1]", "w".repeat(128));
    check(&long, "spo2=97", "", &refused);
}

#[test]
fn implausible_and_ambiguous_values_are_doubted() {
    let cases = [
        (r#""heart_rate":351"#, "heart_rate=351", "heart_rate:high"),
        (r#""heart_rate":9"#, "heart_rate=9", "heart_rate:low"),
        (r#""temperature":25.9"#, "temperature=25.9", "temperature:low"),
        (r#""spo2":0.97"#, "spo2=0.97", "spo2:ambiguous"),
        (r#""spo2":1"#, "spo2=1", "spo2:ambiguous"),
        (r#""spo2":29"#, "spo2=29", "spo2:low"),
    ];
    for (fields, kept, flags) in cases {
        check(fields, kept, flags, "");
        let json = message(fields);
        let decoded = decode(json.as_bytes(), Some(NOW), &DecodeOptions::default()).unwrap();
        let vital = VITALS.into_iter().find(|vital| fields.contains(vital.name())).unwrap();
        assert!(matches!(decoded.verdict(vital), Verdict::Doubted(_)), "{fields}");
    }
}

#[test]
fn observations_alone_are_a_reading() {
    let levels = [
        ("\"C\"", Some(Consciousness::C)),
        ("\"Alert\"", Some(Consciousness::A)),
        ("\"new confusion\"", Some(Consciousness::C)),
        ("\"VOICE\"", Some(Consciousness::V)),
        ("\"u\"", Some(Consciousness::U)),
        ("\" Pain \\t\"", Some(Consciousness::P)),
        ("\"\u{200b}C\"", Some(Consciousness::C)),
        ("\"AV\"", None),
        ("true", None),
        ("\"drowsy\"", None),
        ("15", None),
        ("\"unknown\"", None),
        ("null", None),
    ];
    let oxygen = [
        ("true", Some(true)),
        ("\"true\"", Some(true)),
        ("\"FALSE\"", Some(false)),
        ("1", Some(true)),
        ("0", Some(false)),
        ("\"yes\"", Some(true)),
        ("\"\u{feff}true\u{a0}\"", Some(true)),
        ("\"1.0\"", Some(true)),
        ("\"0.0\"", Some(false)),
        ("\"f\"", Some(false)),
        ("1.0", Some(true)),
        ("-0.0", Some(false)),
        ("0.21", None),
        ("[true]", None),
        ("2", None),
        ("\"-\"", None),
        ("\"maybe\"", None),
    ];
    for (level, expected) in levels {
        for (given, expected_oxygen) in oxygen {
            let json =
                message(&format!(r#""consciousness":{level},"supplemental_oxygen":{given}"#));
            let decoded = decode(json.as_bytes(), Some(NOW), &DecodeOptions::default()).unwrap();
            assert_eq!(decoded.reading.consciousness, expected, "{json}");
            assert_eq!(decoded.reading.supplemental_oxygen, expected_oxygen, "{json}");
        }
    }
    check(r#""consciousness":"drowsy""#, "", "", "consciousness:out_of_range:drowsy");
    check(r#""supplemental_oxygen":2"#, "", "", "supplemental_oxygen:wrong_type:2");
    check(r#""sequence":1.5"#, "", "", "sequence:wrong_type:1.5");
    check(r#""sequence":"1.5""#, "", "", "sequence:wrong_type:1.5");
    check(r#""sequence":"inf""#, "", "", "sequence:wrong_type:inf");
}

#[test]
fn unknown_fields_are_kept_and_misspelt_ones_refused() {
    let json = message(r#""spo2":97,"heartRate":72,"x":{"a":[1]},"mood":"good","hr":null"#);
    let decoded = decode(json.as_bytes(), Some(NOW), &DecodeOptions::default()).unwrap();
    let extra = r#"{"heartRate":72,"x":{"a":[1]},"mood":"good","hr":null}"#;
    assert_eq!(decoded.extra_json().as_deref(), Some(extra));
    check(r#""spo2":97,"heartRate":72"#, "spo2=97", "", "heartRate:misspelt_field:72");
}

/// Half a surrogate pair is no text, so no name of a field. Nor is a name that is not UTF-8.
#[test]
fn a_damaged_name_costs_no_other_field() {
    let names: [&[u8]; 3] = [br"\ud83d", br"\udc00 x", b"\xff"];
    for name in names {
        let mut json = message(r#""spo2":79,"temperature":-999,"#).into_bytes();
        json.pop();
        json.extend([b"\"", name, b"\":1}"].concat());
        let decoded = decode(&json, Some(NOW), &DecodeOptions::default()).unwrap();
        assert_eq!(decoded.verdict(Vital::Spo2), Verdict::Measured(79.0), "{name:?}");
        assert_eq!(decoded.refused[0].value, "-999", "{name:?}");
        assert!(decoded.extra_json().unwrap().contains('\u{fffd}'), "{name:?}");
    }
}

#[test]
fn the_refused_fields_of_a_reading_are_few() {
    let many: Vec<String> = (0..1000).map(|number| format!(r#""heart_rat{number}":1"#)).collect();
    let json = message(&format!(r#""heart_rate":400,{}"#, many.join(",")));
    let decoded = decode(json.as_bytes(), Some(NOW), &DecodeOptions::default()).unwrap();
    assert!(decoded.refused.len() <= 17, "{} refused fields", decoded.refused.len());
    assert!(decoded.refused.iter().any(|it| it.field == "heart_rate"), "known fields first");
    assert_eq!(decoded.extra.len(), 1000);
}

#[test]
fn zero_has_no_sign() {
    for zero in ["-0.0", "-0", "\"-0\""] {
        let json = message(&format!(r#""spo2":97,"respiratory_rate":{zero}"#));
        let decoded = decode(json.as_bytes(), Some(NOW), &DecodeOptions::default()).unwrap();
        let rate = decoded.reading.vitals.get(Vital::RespiratoryRate);
        assert_eq!(rate.map(f64::to_bits), Some(0.0_f64.to_bits()), "{zero}");
    }
}

#[test]
fn a_device_that_measures_fahrenheit_is_converted() {
    let units = UnitSettings { fahrenheit_devices: vec!["ear-*".to_owned()] };
    let options = DecodeOptions { units, ..DecodeOptions::default() };
    let cases = [
        (
            r#""temperature":98.6,"device_id":"ear-1""#,
            "temperature=37",
            "temperature:converted",
            "",
        ),
        (
            r#""temperature":102.2,"device_id":"ear-1""#,
            "temperature=39",
            "temperature:converted",
            "",
        ),
        (
            r#""temperature":36.8,"device_id":"ear-1""#,
            "",
            "temperature:converted",
            "temperature:out_of_range:36.8",
        ),
        (r#""temperature":98.6,"device_id":"mon-1""#, "", "", "temperature:fahrenheit:98.6"),
        (
            r#""temperature":212,"device_id":"ear-1""#,
            "",
            "temperature:converted",
            "temperature:out_of_range:212",
        ),
        (r#""temperature":-999,"device_id":"ear-1""#, "", "", "temperature:sentinel:-999"),
    ];
    for (fields, kept, flags, refused) in cases {
        let found = with_options(fields, &options);
        assert_eq!(found, (kept.to_owned(), flags.to_owned(), refused.to_owned()), "{fields}");
    }
}

/// A value of any kind for a field.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| format!("{number:?}")),
        (-10..400_i32).prop_map(|number| number.to_string()),
        ".{0,12}".prop_map(|text| serde_json::to_string(&text).unwrap()),
        proptest::sample::select(vec!["true", "null", "[]", "{}", "NaN", "\"NaN\"", "-Infinity"])
            .prop_map(str::to_owned),
    ]
}

proptest! {
    /// No value of any field but patient and time costs another field.
    #[test]
    fn every_other_field_is_kept(index in 0..VITALS.len(), value in value()) {
        let bad = VITALS[index];
        let good = if bad == Vital::Spo2 { Vital::HeartRate } else { Vital::Spo2 };
        let json = message(&format!(r#""{}":97,"{}":{value}"#, good.name(), bad.name()));
        let decoded = decode(json.as_bytes(), Some(NOW), &DecodeOptions::default());
        let decoded = decoded.map_err(|rejection| TestCaseError::fail(format!("{json}: {rejection}")))?;
        prop_assert_eq!(decoded.verdict(good), Verdict::Measured(97.0));
        if let Verdict::Measured(value) = decoded.verdict(bad) {
            let limits = bad.plausibility();
            prop_assert!(bad.round(value) >= limits.flag_below && bad.round(value) <= limits.flag_above);
        }
    }
}
