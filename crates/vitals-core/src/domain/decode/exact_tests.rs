//! Values that are hard to represent: damaged ones, long numbers, marks in place of names.

use super::{
    verdict_tests::{NOW, check, message},
    *,
};
use crate::domain::vital::Vital;

#[test]
fn a_value_that_no_parser_can_represent_costs_its_own_field() {
    let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
    check(
        &format!(r#""heart_rate":134,"spo2":{deep},"more":{deep}"#),
        "heart_rate=134",
        "",
        &format!("spo2:wrong_type:{}", &deep[..128]),
    );
    check(
        r#""heart_rate":134,"ward":"\udc00","bed":"4","sequence":1e400"#,
        "heart_rate=134",
        "",
        r#"sequence:wrong_type:1e400 ward:wrong_type:"\udc00""#,
    );
}

#[test]
fn text_that_is_not_utf8_costs_its_own_field() {
    let latin_1 =
        b"{\"patient_id\":\"p\",\"timestamp\":1763812800123,\"spo2\":79,\"sequence\":NaN,\
        \"ward\":\"K\xf6ln\",\"device_id\":12345678901234567890123,\"unit\":\"\xb0C\"}\0";
    let decoded = decode(latin_1, Some(NOW), &DecodeOptions::default()).unwrap();
    assert_eq!(decoded.verdict(Vital::Spo2), Verdict::Measured(79.0));
    assert_eq!(decoded.reading.ward, None);
    assert_eq!(decoded.reading.device_id.as_deref(), Some("12345678901234567890123"));
    let refused: Vec<_> =
        decoded.refused.iter().map(|it| (it.field.as_ref(), it.value.as_str())).collect();
    assert_eq!(refused, [("ward", "K\u{fffd}ln")]);
    assert_eq!(decoded.extra_json().as_deref(), Some("{\"unit\":\"\u{fffd}C\"}"));
    // The mark of a replaced character in valid text is a character like any other.
    let json = message("\"spo2\":79,\"ward\":\"K\u{fffd}ln\"");
    let decoded = decode(json.as_bytes(), Some(NOW), &DecodeOptions::default()).unwrap();
    assert_eq!(decoded.reading.ward.as_deref(), Some("K\u{fffd}ln"));
}

#[test]
fn marks_name_no_device_ward_or_bed() {
    for mark in ["", " ", "---", "N/A", "null", "unknown", "\u{200b}"] {
        let json =
            message(&format!(r#""spo2":97,"device_id":"{mark}","ward":"{mark}","bed":"{mark}""#));
        let decoded = decode(json.as_bytes(), Some(NOW), &DecodeOptions::default()).unwrap();
        let Decoded { reading, refused, .. } = &decoded;
        assert_eq!((&reading.device_id, &reading.ward, &reading.bed), (&None, &None, &None));
        assert!(refused.is_empty() && decoded.flags.is_empty(), "{mark:?}");
    }
    let json = message(r#""spo2":97,"device_id":"MON","ward":"ND","bed":" 4""#);
    let reading = decode(json.as_bytes(), Some(NOW), &DecodeOptions::default()).unwrap().reading;
    let names = (reading.device_id.as_deref(), reading.ward.as_deref(), reading.bed.as_deref());
    assert_eq!(names, (Some("MON"), Some("ND"), Some(" 4")));
}

#[test]
fn no_digit_of_a_kept_or_refused_value_is_lost() {
    let digits = "12345678901234567890123";
    let json = message(&format!(
        r#""spo2":1e5,"temperature":[1.10],"pulse":-999.0,"serial":{digits},"r":0.10,"serial":2"#
    ));
    let decoded = decode(json.as_bytes(), Some(NOW), &DecodeOptions::default()).unwrap();
    let extra = format!(r#"{{"serial":{digits},"r":0.10,"serial":2}}"#);
    assert_eq!(decoded.extra_json(), Some(extra));
    let mut refused: Vec<_> =
        decoded.refused.iter().map(|it| format!("{}={}", it.field, it.value)).collect();
    refused.sort();
    assert_eq!(refused, ["pulse=-999.0", "spo2=1e5", "temperature=[1.10]"]);
    check(r#""spo2":97.0,"spo2":98,"spo2":99.50"#, "", "", "spo2:duplicate_field:97.0, 98, 99.50");
}

#[test]
fn whole_numbers_in_any_notation_are_ids() {
    let digits = "12345678901234567890123";
    for (number, id) in [("1", "1"), ("1.0", "1"), ("42.00", "42"), (digits, digits)] {
        let json = format!(
            r#"{{"patient_id":{number},"timestamp":{NOW},"spo2":97,"device_id":{number},
            "bed":{number}}}"#
        );
        let decoded = decode(json.as_bytes(), Some(NOW), &DecodeOptions::default()).unwrap();
        let reading = &decoded.reading;
        assert_eq!(reading.patient_id, id);
        assert_eq!((reading.device_id.as_deref(), reading.bed.as_deref()), (Some(id), Some(id)));
        assert!(decoded.refused.is_empty(), "{:?}", decoded.refused);
    }
    for number in ["1.5", "1e3", "-1.0"] {
        let json = format!(r#"{{"patient_id":{number},"timestamp":{NOW},"spo2":97}}"#);
        assert!(decode(json.as_bytes(), Some(NOW), &DecodeOptions::default()).is_err());
    }
}
