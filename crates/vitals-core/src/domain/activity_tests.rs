use super::*;

fn event() -> ActivityEvent {
    ActivityEvent {
        version: ACTIVITY_VERSION,
        event_id: "01a20a73-c415-7483-ac0a-fb062c505685".to_owned(),
        time: 1_763_812_800_123,
        user: Some("ada.li".to_owned()),
        address: "2001:db8::7".parse().unwrap(),
        user_agent: Some("Firefox".to_owned()),
        action: Action::Exported,
        view: View::Patient,
        patient_id: Some("p-0042".to_owned()),
        ward: Some("A3".to_owned()),
        from: Some(1_763_809_200_000),
        to: Some(1_763_812_800_000),
        request_id: Some("request-1".to_owned()),
    }
}

#[test]
fn a_message_survives_the_round_trip() {
    let json = serde_json::to_string(&event()).unwrap();
    insta::assert_snapshot!(json);
    assert_eq!(decode(json.as_bytes()).unwrap(), event());
}

#[test]
fn unknown_facts_are_absent() {
    let bare = ActivityEvent {
        user: None,
        user_agent: None,
        view: View::Ward,
        patient_id: None,
        ward: None,
        from: None,
        to: None,
        request_id: None,
        ..event()
    };
    let json = serde_json::to_string(&bare).unwrap();
    insta::assert_snapshot!(json);
    assert_eq!(decode(json.as_bytes()).unwrap(), bare);
}

#[test]
fn names_match_the_serialised_names() {
    for action in Action::ALL {
        assert_eq!(serde_json::to_value(action).unwrap(), action.name());
        assert_eq!(Action::named(action.name()), Some(action));
    }
    for view in View::ALL {
        assert_eq!(serde_json::to_value(view).unwrap(), view.name());
        assert_eq!(View::named(view.name()), Some(view));
    }
}

#[test]
fn rejections_have_a_reason_and_name_the_field() {
    let json = serde_json::to_string(&event()).unwrap();
    let long = "n".repeat(257);
    let cases = [
        (String::new(), Reason::Empty, "no payload"),
        ("[]".to_owned(), Reason::NotAnObject, "not an object"),
        (json.replace(r#""version":1"#, r#""version":2"#), Reason::OutOfRange, "version: "),
        (json.replace("exported", "deleted"), Reason::WrongType, "action"),
        (json.replace(r#""view":"patient""#, r#""view":"bed""#), Reason::WrongType, "view"),
        (json.replace("2001:db8::7", "ward-pc"), Reason::WrongType, "address"),
        (json.replace(r#""ward""#, r#""spo2""#), Reason::UnknownField, "spo2"),
        (json.replace(r#""time":1763812800123,"#, ""), Reason::MissingField, "time"),
        (json.replace("1763812800123", "-1"), Reason::OutOfRange, "time: "),
        (json.replace("ada.li", &long), Reason::OutOfRange, "user: "),
        (json.replace("ada.li", ""), Reason::OutOfRange, "user: "),
        (json.replace("p-0042", &long), Reason::OutOfRange, "patient_id: "),
        (json.replace("request-1", &long), Reason::OutOfRange, "request_id: "),
        (json.replace("1763809200000", "-5"), Reason::OutOfRange, "from: "),
        (json.replace("1763809200000", "1763812800001"), Reason::Inconsistent, "to: "),
        (json.replace(r#""from":1763809200000,"#, ""), Reason::Inconsistent, "from, to: "),
        (json.replace(r#""patient_id":"p-0042","#, ""), Reason::Inconsistent, "patient_id: "),
    ];
    for (payload, reason, part) in cases {
        let rejection = decode(payload.as_bytes()).unwrap_err();
        assert_eq!(rejection.reason, reason, "{payload}: {rejection}");
        assert!(rejection.detail.contains(part), "{payload}: {rejection}");
    }
}
