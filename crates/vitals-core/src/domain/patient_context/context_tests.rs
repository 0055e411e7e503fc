use super::*;

/// 2025-11-22 12:00 UTC.
const NOW: i64 = 1_763_812_800_000;

fn context(fields: &str) -> Result<PatientContext, String> {
    PatientContext::parse(format!("{{\"patient_id\":\"p\",{fields}}}").as_bytes())
}

#[test]
fn news2_does_not_apply_under_16_and_in_pregnancy() {
    let cases = [
        (r#""birth_date":"2009-11-23""#, Some(NotApplicable::Under16)),
        (r#""birth_date":"2009-11-22""#, None),
        (r#""birth_date":"2025-08-22""#, Some(NotApplicable::Under16)),
        (r#""age_group":"child""#, Some(NotApplicable::Under16)),
        (r#""age_group":"adult""#, None),
        (r#""age_group":"child","birth_date":"1950-01-01""#, None),
        (r#""birth_date":"2025-11-23""#, Some(NotApplicable::Under16)),
        (r#""birth_date":"2052-11-22""#, None),
        (r#""birth_date":"2052-11-22","age_group":"child""#, Some(NotApplicable::Under16)),
        (r#""pregnant":true"#, Some(NotApplicable::Pregnancy)),
        (r#""pregnant":false"#, None),
    ];
    for (fields, expected) in cases {
        assert_eq!(context(fields).unwrap().not_applicable(NOW), expected, "{fields}");
    }
}

#[test]
fn a_time_outside_1970_to_2262_is_refused_by_name() {
    for time in ["-1", "9223372036855", "1763812800123456789", "-9223372036854775808"] {
        let prescription = format!(r#""spo2":{{"scale":2,"by":"N","at_ms":{time},"reason":""}}"#);
        let cases = [
            ("spo2.at_ms", prescription),
            ("admitted_ms", format!(r#""admitted_ms":{time}"#)),
            ("discharged_ms", format!(r#""discharged_ms":{time}"#)),
        ];
        for (field, fields) in cases {
            let error = context(&fields).unwrap_err();
            assert_eq!(error, format!("{field} is not between 1970 and 2262"), "{fields}");
        }
    }
    assert_eq!(context(r#""admitted_ms":0"#).unwrap().admitted_ms, Some(0));
}

#[test]
fn an_admission_or_a_discharge_counts_from_the_arrival_at_the_latest() {
    for (sent_ms, counted_ms) in [(NOW - 1, NOW - 1), (NOW, NOW), (NOW + 3_600_000, NOW)] {
        let admitted = context(&format!(r#""admitted_ms":{sent_ms}"#)).unwrap().arrived(NOW);
        assert_eq!(admitted.stay_from_ms(), Some(counted_ms));
        let left = context(&format!(r#""discharged_ms":{sent_ms}"#)).unwrap().arrived(NOW);
        assert_eq!((left.stay_from_ms(), left.is_discharged()), (Some(counted_ms), true));
    }
    assert_eq!(context(r#""ward":"A3""#).unwrap().arrived(NOW).stay_from_ms(), None);
}

#[test]
fn scale_2_is_prescribed() {
    let spo2 = |scale| format!(r#""spo2":{{"scale":{scale},"by":"Dr. N","at_ms":1,"reason":""}}"#);
    assert_eq!(context(&spo2(2)).unwrap().spo2_scale(), Spo2Scale::Two);
    assert_eq!(context(&spo2(1)).unwrap().spo2_scale(), Spo2Scale::One);
    assert_eq!(context(r#""unknown":1"#).unwrap().spo2_scale(), Spo2Scale::One);
    assert!(context(&spo2(3)).is_err());
}

#[test]
fn an_invalid_context_names_the_field() {
    assert!(PatientContext::parse(b"{}").unwrap_err().contains("patient_id"));
    assert!(PatientContext::parse(b"[]").is_err());
    assert!(context(r#""birth_date":"soon""#).unwrap_err().contains("birth_date"));
}

#[test]
fn a_message_survives_the_round_trip_without_unknown_values() {
    let mut sent = context(r#""pregnant":true,"admitted_ms":5"#).unwrap();
    sent.limits.insert(Vital::HeartRate, VitalLimits { low: Some(90.0), high: None });
    let value = serde_json::to_string(&sent).unwrap();
    assert_eq!(
        value,
        r#"{"patient_id":"p","pregnant":true,"limits":{"heart_rate":{"low":90.0}},"admitted_ms":5}"#
    );
    assert_eq!(PatientContext::parse(value.as_bytes()).unwrap(), sent);
}
