use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn example() -> Value {
    json!({"pregnancies": 0, "glucose": 137, "blood_pressure": 40, "skin_thickness": 35,
        "insulin": 168, "bmi": 43.1, "diabetes_pedigree_function": 2.288, "age": 33})
}

fn parse(value: &Value) -> Result<Features, Vec<FieldError>> {
    match Features::from_json(value.to_string().as_bytes()) {
        Ok(features) => Ok(features),
        Err(FeaturesError::Invalid(errors)) => Err(errors),
        Err(FeaturesError::NotJson(error)) => panic!("{value} is JSON: {error}"),
    }
}

/// The only error of a body, as a sentence.
fn only_error(value: &Value) -> String {
    let errors = parse(value).expect_err("must be refused");
    assert_eq!(errors.len(), 1, "{errors:?}");
    errors[0].to_string()
}

#[test]
fn values_keep_the_order_of_the_catalog() {
    let features = parse(&example()).unwrap();
    assert_eq!(features.values(), &[0.0, 137.0, 40.0, 35.0, 168.0, 43.1, 2.288, 33.0]);
    assert_eq!(features.not_measured().count(), 0);
}

#[test]
fn zero_means_not_measured_only_for_some_features() {
    let mut body = example();
    for feature in FEATURES.iter().filter(|feature| feature.zero_means_missing) {
        body[feature.name] = json!(0);
    }
    let features = parse(&body).unwrap();
    let missing: Vec<_> = features.not_measured().collect();
    assert_eq!(missing, ["glucose", "blood_pressure", "skin_thickness", "insulin", "bmi"]);
    assert_eq!(features.raw(), [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.288, 33.0]);
}

#[test]
fn an_invalid_field_is_reported_with_its_error() {
    let cases = [
        (
            "glucose",
            json!(700),
            "glucose must be from 30 to 600 mg/dL, or 0 when not measured, not 700",
        ),
        ("age", json!(20), "age must be from 21 to 120 years, not 20"),
        ("age", json!(0), "age must be from 21 to 120 years, not 0"),
        ("pregnancies", json!(-1), "pregnancies must be from 0 to 25, not -1"),
        ("pregnancies", json!(1.5), "pregnancies must be a whole number, not 1.5"),
        (
            "bmi",
            json!(1e300),
            "bmi must be from 10 to 100 kg/m², or 0 when not measured, not 1e300",
        ),
        ("bmi", json!("31"), "bmi must be a number, not text"),
        ("bmi", json!(null), "bmi must be a number, not null"),
        ("bmi", json!(true), "bmi must be a number, not true or false"),
        ("bmi", json!([[31]]), "bmi must be a number, not an array"),
        ("bmi", json!({"value": {"deep": []}}), "bmi must be a number, not an object"),
        ("weight", json!(80), "weight is not a feature of this model"),
    ];
    for (field, value, expected) in cases {
        let mut body = example();
        body[field] = value;
        assert_eq!(only_error(&body), expected);
    }
}

#[test]
fn missing_fields_are_reported_in_order() {
    let errors = parse(&json!({})).unwrap_err();
    let names: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(names, FEATURES.map(|feature| feature.name));
    assert!(errors.iter().all(|error| error.problem == FieldProblem::Missing));
}

#[test]
fn all_errors_are_reported_together() {
    let body = json!({"glucose": "high", "age": 5, "weight": 80});
    let errors = parse(&body).unwrap_err();
    let of = |name: &str| errors.iter().find(|error| error.field == name).map(|e| &e.problem);
    assert_eq!(errors.len(), 9, "{errors:?}");
    assert_eq!(of("glucose"), Some(&FieldProblem::NotANumber("text")));
    assert!(matches!(of("age"), Some(FieldProblem::OutOfRange { .. })));
    assert_eq!(of("weight"), Some(&FieldProblem::Unknown));
    assert_eq!(of("bmi"), Some(&FieldProblem::Missing));
}

#[test]
fn repeated_fields_are_refused() {
    let twice = example().to_string().replacen('{', r#"{"age":40,"#, 1);
    let error = Features::from_json(twice.as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "age is given more than once");
}

#[test]
fn a_body_of_another_type_is_refused() {
    for (body, kind) in [
        ("[1,[2]]", "an array"),
        ("3", "a number"),
        ("-3", "a number"),
        ("2.5", "a number"),
        ("\"glucose\"", "text"),
        ("null", "null"),
        ("false", "true or false"),
    ] {
        let error = Features::from_json(body.as_bytes()).unwrap_err().to_string();
        assert!(error.ends_with(&format!("not {kind}")), "{body}: {error}");
    }
}

#[test]
fn malformed_json_is_reported_with_its_position() {
    for (body, line, column) in [("", 1, 0), ("{\n  age: 3}", 2, 3), ("{} x", 1, 4), ("[1,2", 1, 4)]
    {
        match Features::from_json(body.as_bytes()) {
            Err(FeaturesError::NotJson(error)) => {
                assert_eq!((error.line(), error.column()), (line, column), "{body:?}: {error}");
            }
            other => panic!("{body:?}: {other:?}"),
        }
    }
}

#[test]
fn long_names_and_long_error_lists_are_truncated() {
    let many: serde_json::Map<_, _> =
        (0..1000).map(|i| (format!("{i}{}", "x".repeat(500)), json!(1))).collect();
    let errors = parse(&Value::Object(many)).unwrap_err();
    assert_eq!(errors.len(), 32);
    assert!(errors.iter().all(|error| error.field.chars().count() <= 64));
}

#[test]
fn infinite_and_nan_values_are_refused() {
    let mut values = parse(&example()).unwrap().raw();
    values[1] = f64::NAN;
    values[5] = f64::INFINITY;
    let errors = Features::from_raw(values).unwrap_err();
    assert_eq!(
        errors,
        [
            FieldError::new("glucose", FieldProblem::NotFinite),
            FieldError::new("bmi", FieldProblem::NotFinite)
        ]
    );
}

#[test]
fn catalog_entries_are_unique_with_valid_ranges() {
    for (i, feature) in FEATURES.iter().enumerate() {
        assert_eq!(Feature::position(feature.name), Some(i));
        assert_eq!(FEATURES.iter().filter(|f| f.column == feature.column).count(), 1);
        assert!(feature.min < feature.max && feature.step > 0.0, "{}", feature.name);
        assert!(!feature.zero_means_missing || feature.min > 0.0, "{}", feature.name);
    }
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Features::from_json(&bytes);
    }

    #[test]
    fn accepted_values_are_in_range_or_not_measured(values in proptest::array::uniform8(-10.0..2500.0f64)) {
        if let Ok(features) = Features::from_raw(values) {
            for (feature, value) in FEATURES.iter().zip(features.values()) {
                prop_assert!(value.is_nan() || (feature.min..=feature.max).contains(value));
            }
        }
    }

    #[test]
    fn values_in_range_are_accepted_unchanged(parts in proptest::array::uniform8(0.0..=1.0f64)) {
        let mut body = serde_json::Map::new();
        let mut sent = [0.0; FEATURE_COUNT];
        for ((feature, part), slot) in FEATURES.iter().zip(parts).zip(&mut sent) {
            let value = feature.min + part * (feature.max - feature.min);
            *slot = if feature.whole { value.round() } else { (value * 1000.0).round() / 1000.0 };
            body.insert(feature.name.to_owned(), json!(*slot));
        }
        let features = parse(&Value::Object(body)).unwrap();
        prop_assert_eq!(features.values(), &sent);
    }
}

fn parse_rows(json: &str) -> Result<Vec<[f64; FEATURE_COUNT]>, String> {
    match FeatureRows::from_json(json.as_bytes()) {
        Ok(FeatureRows::One(features)) => Ok(vec![features.raw()]),
        Ok(FeatureRows::Many(rows)) => Ok(rows.iter().map(Features::raw).collect()),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn an_array_has_one_row_per_object() {
    let mut other = example();
    other["age"] = json!(50);
    let rows = parse_rows(&json!([example(), other]).to_string()).unwrap();
    assert_eq!((rows.len(), rows[0][7], rows[1][7]), (2, 33.0, 50.0));
    assert_eq!(parse_rows(&format!(" \n[ {} ]", example())).unwrap().len(), 1);
}

#[test]
fn errors_of_an_array_name_the_row() {
    let mut wrong = example();
    wrong["age"] = json!(3);
    wrong["weight"] = json!([[1]]);
    let error = parse_rows(&json!([example(), wrong, 7]).to_string()).unwrap_err();
    let expected = "row 1: age must be from 21 to 120 years, not 3; row 1: weight is not a feature \
        of this model; row 2: body must be an object with the eight features by name, not a number";
    assert_eq!(error, expected);
    assert_eq!(parse_rows("[]").unwrap_err(), "body must have at least one row");
    assert!(parse_rows(&format!("[{}", example())).unwrap_err().starts_with("not JSON"));
    let many = format!("[{}]", vec!["{}"; 1000].join(","));
    assert_eq!(parse_rows(&many).unwrap_err().matches("is required").count(), 32);
}

#[test]
fn deep_nesting_is_refused_without_recursion() {
    for body in ["[".repeat(100_000), "{\"age\":".repeat(100_000), "[{\"age\":[".repeat(50_000)] {
        assert!(parse_rows(&body).unwrap_err().starts_with("not JSON"));
    }
}

proptest! {
    /// The fast path accepts the same bodies as the parser, with the same values.
    #[test]
    fn fast_path_and_parser_agree(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
        glucose in prop_oneof![-10.0..700.0f64, any::<f64>()],
        order in Just((0..8usize).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let mut body = example();
        if let Some(number) = serde_json::Number::from_f64(glucose) {
            body["glucose"] = Value::Number(number);
        }
        let field = |j: usize| format!("\"{0}\":{1}", FEATURES[j].name, body[FEATURES[j].name]);
        let fields: Vec<_> = order.into_iter().map(field).collect();
        let mut json = format!("{{{}}}", fields.join(",")).into_bytes();
        for (at, byte) in changes {
            let at = at.index(json.len());
            json[at] = byte;
        }
        let bits = |features: Features| features.values().map(f64::to_bits);
        let parsed = Features::from_json(&json).ok().map(bits);
        let array = [b"[".as_slice(), &json, b"]"].concat();
        let rows = fast_path::rows(&array).map(|rows| rows.into_iter().map(bits).next());
        prop_assert_eq!(rows.flatten(), parsed);
    }
}
