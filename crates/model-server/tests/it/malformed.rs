//! Every request gets a prediction or a problem document, whatever its body.

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use proptest::prelude::*;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::client::{example, router};

thread_local! {
    static SERVER: (tokio::runtime::Runtime, Router) =
        (tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(), router());
}

fn post(body: Vec<u8>) -> (StatusCode, Value) {
    SERVER.with(|(runtime, router)| {
        runtime.block_on(async {
            let request = Request::post("/predict").body(Body::from(body)).unwrap();
            let response = router.clone().oneshot(request).await.unwrap();
            let status = response.status();
            let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
            (status, serde_json::from_slice(&bytes).expect("every response is JSON"))
        })
    })
}

/// Asserts that the response to `body` is valid.
fn check(body: Vec<u8>) -> Result<(), TestCaseError> {
    let json = serde_json::from_slice::<Value>(&body).is_ok();
    let (status, response) = post(body);
    match status {
        StatusCode::OK => prop_assert!(json && response["probability"].is_f64()),
        StatusCode::BAD_REQUEST => prop_assert!(!json, "{response}"),
        StatusCode::UNPROCESSABLE_ENTITY => {
            prop_assert!(response["errors"].as_array().is_some_and(|errors| !errors.is_empty()));
        }
        other => prop_assert!(false, "{other}: {response}"),
    }
    Ok(())
}

/// Arbitrary JSON, up to three levels deep.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (-10.0..700.0f64).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::hash_map(any::<String>(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3400))]

    #[test]
    fn random_bytes(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        check(body)?;
    }

    #[test]
    fn a_valid_body_with_some_bytes_changed(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let mut body = example().to_string().into_bytes();
        for (at, byte) in changes {
            let position = at.index(body.len());
            body[position] = byte;
        }
        if let Some(cut) = cut {
            body.truncate(cut.index(body.len()));
        }
        check(body)?;
    }

    #[test]
    fn a_valid_body_with_some_fields_changed(
        changes in proptest::collection::vec((0..9usize, any_json()), 1..4),
        top in proptest::option::weighted(0.1, any_json()),
    ) {
        let mut body = example();
        let names: Vec<String> = body.as_object().unwrap().keys().cloned().collect();
        for (at, value) in changes {
            let name = names.get(at).map_or("made_up", String::as_str);
            body[name] = value;
        }
        check(top.unwrap_or(body).to_string().into_bytes())?;
    }
}

#[test]
fn deep_nesting_does_not_overflow_the_stack() {
    for body in
        ["[".repeat(60_000), "{\"a\":".repeat(12_000), format!("{{\"age\":{}", "[".repeat(60_000))]
    {
        assert_eq!(post(body.into_bytes()).0, StatusCode::BAD_REQUEST);
    }
    let closed = format!("{{\"age\":{}{}}}", "[".repeat(30_000), "]".repeat(30_000));
    assert!(post(closed.into_bytes()).0.is_client_error());
}

#[test]
fn numbers_out_of_range_are_rejected() {
    let huge = example().to_string().replace("43.1", "1e999");
    assert!(post(huge.into_bytes()).0.is_client_error());
    let digits = example().to_string().replace("43.1", &"9".repeat(5000));
    assert!(post(digits.into_bytes()).0.is_client_error());
}
