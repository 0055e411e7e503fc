//! Versions whose digests are right and whose parts are unusable.

use std::fs;

use serde_json::{Value, json};

use crate::{
    model::Algorithm,
    registry::{
        LoadError, Manifest, ModelId,
        json::to_indented_json,
        sha256_hex,
        store::{CALIBRATION, CONFORMAL, EXPLAINER, MANIFEST, MODEL, OVERVIEW, SCALER},
    },
};

use super::{edit, saved_of};

/// Changes an artifact and recomputes every hash, so that only the content itself is invalid.
/// Returns the error of loading it.
fn load_error_after(algorithm: Algorithm, file: &str, change: impl FnOnce(&mut Value)) -> String {
    let (_dir, registry, id) = saved_of(algorithm);
    let path = registry.folder(&id).join(file);
    edit(&path, change);
    let digest = sha256_hex(&fs::read(&path).unwrap());
    let manifest = fs::read(registry.folder(&id).join(MANIFEST)).unwrap();
    let mut manifest: Manifest = serde_json::from_slice(&manifest).unwrap();
    manifest.artifacts.insert(file.to_owned(), digest);
    manifest.version = manifest.version_of_content().unwrap();
    let new = ModelId::new(algorithm.name(), manifest.version.as_str()).unwrap();
    fs::rename(registry.folder(&id), registry.folder(&new)).unwrap();
    fs::write(registry.folder(&new).join(MANIFEST), to_indented_json(&manifest).unwrap()).unwrap();
    let error = registry.load(&new).unwrap_err();
    assert!(matches!(error, LoadError::Damaged { .. }), "{error}");
    error.to_string()
}

fn check_load_error(algorithm: Algorithm, file: &str, field: &str, value: Value, expected: &str) {
    let text =
        load_error_after(algorithm, file, |content| *content.pointer_mut(field).unwrap() = value);
    assert!(text.contains(expected), "{field}: {text}");
}

#[test]
fn an_explainer_of_another_model_is_rejected() {
    let expected = "base value differs from the model's";
    check_load_error(Algorithm::Logistic, EXPLAINER, "/base_value", json!(0.25), expected);
    check_load_error(Algorithm::Boosted, EXPLAINER, "/base_value", json!(0.25), expected);
    check_load_error(Algorithm::Boosted, EXPLAINER, "/method", json!("additive"), expected);
}

#[test]
fn an_unusable_tree_is_rejected() {
    for (field, value) in [
        ("/trees/0/splits/0/0", json!(8)),
        ("/trees/0/covers", json!([0.0, 0.0, 0.0, 0.0])),
        ("/trees/0/covers/1", json!(-1.0)),
    ] {
        check_load_error(Algorithm::Boosted, MODEL, field, value, "tree 1 is not usable");
    }
    for (field, value, expected) in [
        ("/trees/0/leaves", json!([0.1, 0.2]), "length 4"),
        ("/trees/0/leaves/0", json!("much"), "expected f64"),
        ("/trees/0/splits/0/0", json!(-1), "integer"),
        ("/trees/0/splits/0/1", Value::Null, "null"),
        ("/trees/0", json!({}), "missing field"),
        ("/base_score", Value::Null, "null"),
    ] {
        check_load_error(Algorithm::Boosted, MODEL, field, value, expected);
    }
    let text =
        load_error_after(Algorithm::Boosted, MODEL, |model| model["trees"][0]["more"] = json!(1));
    assert!(text.contains("unknown field `more`"), "{text}");
}

#[test]
fn the_trees_of_an_ensemble_are_checked() {
    let field = "/boosters/2/trees/0/splits/0/0";
    let expected = "tree 1 is not usable";
    check_load_error(Algorithm::Ensemble, MODEL, field, json!(8), expected);
    let expected = "it contains unusable numbers";
    check_load_error(Algorithm::Ensemble, MODEL, "/boosters", json!([]), expected);
    check_load_error(Algorithm::Ensemble, MODEL, "/spline_share", json!(1.5), expected);
    let slopes = "/spline/curves/1/slopes";
    check_load_error(Algorithm::Ensemble, MODEL, slopes, json!([0.1]), expected);
    // A curve of glucose may not fall.
    let first = "/spline/curves/1/slopes/0";
    check_load_error(Algorithm::Ensemble, MODEL, first, json!(-0.1), expected);
}

#[test]
fn unusable_parts_are_rejected() {
    let kind = Algorithm::Logistic;
    check_load_error(kind, CALIBRATION, "/slope", json!(-1.0), "its slope is not positive");
    check_load_error(kind, CALIBRATION, "/slope", json!(0.0), "its slope is not positive");
    check_load_error(kind, CONFORMAL, "/positive", json!([]), "its scores are not sorted");
    check_load_error(kind, CONFORMAL, "/negative", json!([1.0, 0.5]), "not sorted");
    check_load_error(kind, OVERVIEW, "/features/0/feature", json!("height"), "other features");
    check_load_error(kind, OVERVIEW, "/features/1/partial/mean", json!([0.5]), "for glucose");
    check_load_error(kind, MODEL, "/weights", json!([0.5]), "length 8");
    check_load_error(kind, SCALER, "/imputer/medians", json!([0.5]), "another number of features");
}
