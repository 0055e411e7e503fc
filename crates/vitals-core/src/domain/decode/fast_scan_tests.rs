use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
};

use super::{
    fast_scan::{EXACT_DIGITS, scan},
    raw_fields::{self, RawFields, RawMessage, RawValue},
};

/// The result of the JSON parser.
fn parsed(payload: &[u8]) -> Option<RawFields<'_>> {
    match serde_json::from_slice(payload) {
        Ok(RawMessage::Object(fields)) => Some(fields),
        _ => None,
    }
}

fn scanned(payload: &[u8]) -> Option<RawFields<'_>> {
    let mut fields = RawFields::default();
    scan(payload, &mut fields).map(|()| fields)
}

/// The bits of the numbers, because `==` does not distinguish zero from minus zero.
fn bits(fields: &RawFields<'_>) -> Vec<u64> {
    let bits = |value: &RawValue<'_>| match value {
        RawValue::Float(number) => number.to_bits(),
        _ => 0,
    };
    fields.values.iter().map(bits).collect()
}

/// Asserts that the scan gives the same fields as the parser. Returns false if it left `payload`
/// to the parser.
fn agree(payload: &[u8]) -> Result<bool, TestCaseError> {
    let Some(scanned) = scanned(payload) else { return Ok(false) };
    let text = String::from_utf8_lossy(payload);
    let Some(parsed) = parsed(payload) else {
        return Err(TestCaseError::fail(format!("scanned, but not an object: {text}")));
    };
    prop_assert_eq!(&scanned, &parsed, "{}", text);
    prop_assert_eq!(bits(&scanned), bits(&parsed), "{}", text);
    Ok(true)
}

#[test]
fn plain_readings_are_scanned() {
    let cases = [
        r#"{"patient_id":"päm","bed":"ü"}"#,
        r#"{"patient_id":"p-0042","timestamp":1763812800123,"heart_rate":72,"temperature":36.8}"#,
        r#"{ "patient_id": "p 1" , "timestamp": 1763812800.25 , "supplemental_oxygen": true }"#,
        "{\"ward\":null,\n\t\"bed\":\"\",\"spo2\":0,\"pulse\":0.5,\"sequence\":123456789012345678} \r\n",
    ];
    for json in cases {
        assert!(agree(json.as_bytes()).unwrap(), "{json}");
    }
}

#[test]
fn unusual_messages_are_left_to_the_parser() {
    let cases = [
        r#"{"patient_id":"p\n"}"#,
        r#"{"patient_id":"\u00e9"}"#,
        r#"{"mood":"good"}"#,
        r#"{"spo2":97,"spo2":98}"#,
        r#"{"spo2":-1}"#,
        r#"{"spo2":1e2}"#,
        r#"{"spo2":1.5e2}"#,
        r#"{"spo2":01}"#,
        r#"{"spo2":1.}"#,
        r#"{"spo2":1.2345678901234567}"#,
        r#"{"sequence":1234567890123456789}"#,
        r#"{"spo2":[97]}"#,
        r#"{"spo2":{}}"#,
        r#"{"spo2":97}x"#,
        r#"{"spo2":97,}"#,
        r#"{"spo2" 97}"#,
        r#"{"spo2":nul}"#,
        "{\"bed\":\"\u{1}\"}",
        r"{}",
        r#"{"spo2":97"#,
        "[]",
        "",
    ];
    for json in cases {
        assert!(scanned(json.as_bytes()).is_none(), "{json}");
    }
}

/// A field's value in the formats of different senders.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => (0..400_u32).prop_map(|number| number.to_string()),
        8 => (0..400_u32, 0..100_u32).prop_map(|(whole, part)| format!("{whole}.{part}")),
        4 => "[0-9]{1,20}(\\.[0-9]{1,20})?",
        1 => any::<f64>().prop_map(|number| format!("{number:?}")),
        1 => "-?[0-9]{1,3}(\\.[0-9]{0,3})?([eE][+-]?[0-9]{1,2})?",
        8 => "[a-zA-Z0-9 .:/-]{0,20}".prop_map(|text| format!("\"{text}\"")),
        1 => ".{0,12}".prop_map(|text| serde_json::to_string(&text).unwrap()),
        2 => select(vec!["true", "false", "null", "[]", "{}", "[1,{\"a\":2}]"]).prop_map(str::to_owned),
    ]
}

fn message() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        30 => (0..16_usize).prop_map(|index| raw_fields::field_name(index).to_owned()),
        1 => "[a-z_]{0,12}",
    ];
    let space = || prop_oneof![6 => Just(""), 1 => Just(" "), 1 => Just("\n\t ")];
    let field = (name, value(), space(), space(), space())
        .prop_map(|(name, value, a, b, c)| format!("{a}\"{name}\"{b}:{c}{value}"));
    vec(field, 0..14).prop_map(|fields| format!("{{{}}}", fields.join(",")))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn scan_and_parser_agree(message in message()) {
        agree(message.as_bytes())?;
    }

    #[test]
    fn scan_and_parser_agree_on_damaged_messages(
        message in message(),
        damage in vec((any::<Index>(), any::<u8>(), 0..3_u8), 1..4),
    ) {
        let mut bytes = message.into_bytes();
        for (place, byte, kind) in damage {
            let place = place.index(bytes.len());
            match kind {
                0 => bytes[place] = byte,
                1 => bytes.insert(place, byte),
                _ if bytes.len() > 1 => { bytes.remove(place); }
                _ => {}
            }
        }
        agree(&bytes)?;
    }

    #[test]
    fn short_numbers_are_rounded_like_the_parser_rounds(number in "(0|[1-9][0-9]{0,14})\\.[0-9]{1,14}") {
        let json = format!("{{\"spo2\":{number}}}");
        prop_assert_eq!(agree(json.as_bytes())?, number.len() <= EXACT_DIGITS + 1);
        if let Some(fields) = scanned(json.as_bytes()) {
            prop_assert_eq!(&fields.values[2], &RawValue::Float(number.parse().unwrap()));
        }
    }
}
