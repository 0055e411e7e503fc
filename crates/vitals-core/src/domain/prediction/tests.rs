use crate::domain::features::FEATURES;

use super::*;

pub(super) fn event() -> PredictionEvent<'static> {
    let contributions = [0.5, 0.25, -0.125, 0.0, 1.0, -1.0, 2.0, 0.375];
    PredictionEvent {
        request_id: "01a20a73-c415-7483-ac0a-fb062c505685".into(),
        row: 0,
        timestamp: 1_763_812_800_123,
        model: "spline".into(),
        model_version: "be54ff7ee1c3".into(),
        role: Role::Served,
        inputs: ByFeature::from([0.0, 137.0, 40.0, 35.0, 0.0, 43.1, 2.288, 33.0]),
        not_measured: vec!["insulin".into()],
        probability: 0.880_797_077_977_882_4,
        prediction: 1,
        threshold: 0.5,
        risk_level: RiskLevel::High,
        log_odds: 2.0,
        base_value: -1.0,
        contributions: ByFeature::from(contributions),
        latency_us: 17,
        caller: Some("10.1.2.3".into()),
        traceparent: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".into()),
        client_id: Some("order 7".into()),
    }
}

#[test]
fn a_message_survives_the_round_trip() {
    let json = serde_json::to_string(&event()).unwrap();
    insta::assert_snapshot!(json);
    let read: PredictionEvent<'_> = serde_json::from_str(&json).unwrap();
    assert_eq!(read, event());
    read.check().unwrap();
}

#[test]
fn json_has_the_names_and_order_of_the_catalog() {
    let numbers = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
    assert_eq!(ByFeature::from(numbers).to_array(), numbers);
    let json = serde_json::to_string(&ByFeature::from(numbers)).unwrap();
    let expected: Vec<_> =
        FEATURES.iter().zip(numbers).map(|(f, n)| format!("\"{}\":{n:.1}", f.name)).collect();
    assert_eq!(json, format!("{{{}}}", expected.join(",")));
}

#[test]
fn role_names_match_the_serialised_names() {
    for role in [Role::Served, Role::Shadow] {
        assert_eq!(serde_json::to_value(role).unwrap(), role.name());
    }
}

#[test]
fn missing_and_unknown_fields_are_refused() {
    let json = serde_json::to_value(event()).unwrap();
    let optional = ["caller", "traceparent", "client_id"];
    let fields = json.as_object().unwrap().keys();
    for field in fields.filter(|field| !optional.contains(&field.as_str())) {
        let mut without = json.clone();
        without.as_object_mut().unwrap().remove(field);
        let without = without.to_string();
        let error = serde_json::from_str::<PredictionEvent<'_>>(&without);
        assert!(error.unwrap_err().to_string().contains(field.as_str()), "{field}");
    }
    // Messages of earlier releases lack the optional fields.
    let mut earlier = json.clone();
    for field in optional {
        earlier.as_object_mut().unwrap().remove(field);
    }
    let earlier = earlier.to_string();
    let event = serde_json::from_str::<PredictionEvent<'_>>(&earlier).unwrap();
    assert_eq!((event.caller, event.traceparent, event.client_id), (None, None, None));
    let mut more = json.clone();
    more["patient_id"] = "p-1".into();
    assert!(serde_json::from_str::<PredictionEvent<'_>>(&more.to_string()).is_err());
}

#[test]
fn invalid_values_are_reported_with_their_field() {
    type Change = fn(&mut PredictionEvent<'_>);
    let cases: [(&str, Change); 17] = [
        ("request_id", |e| e.request_id = "".into()),
        ("timestamp", |e| e.timestamp = 0),
        ("timestamp", |e| e.timestamp = 1_763_812_800_123_456),
        ("timestamp", |e| e.timestamp = i64::MAX),
        ("timestamp", |e| e.timestamp = i64::MIN),
        ("model", |e| e.model = "m".repeat(65).into()),
        ("model_version", |e| e.model_version = "".into()),
        ("probability", |e| e.probability = 1.5),
        ("threshold", |e| e.threshold = f64::NAN),
        ("prediction", |e| e.prediction = 0),
        ("risk_level", |e| e.risk_level = RiskLevel::Low),
        ("not_measured", |e| e.not_measured = vec!["weight".into()]),
        ("not_measured", |e| e.not_measured = vec!["glucose".into()]),
        ("log_odds", |e| e.log_odds = 2.1),
        ("caller", |e| e.caller = Some("".into())),
        ("traceparent", |e| e.traceparent = Some("0".repeat(129).into())),
        ("client_id", |e| e.client_id = Some("7".repeat(129).into())),
    ];
    for (field, change) in cases {
        let mut event = event();
        change(&mut event);
        let rejection = event.check().unwrap_err();
        assert!(rejection.detail.starts_with(&format!("{field}: ")), "{rejection}");
    }
}
