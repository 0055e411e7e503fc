use std::fs;

use ndarray::Array2;
use serde_json::{Value, json};
use tempfile::TempDir;
use vitals_core::domain::model_event::Step;

use crate::{
    explain::Overview,
    model::{Algorithm, RiskBands},
    pipeline::{Fitted, Pipeline},
    registry::{
        ActivationError, Author, DataSource, FeatureSpec, Figures, LoadError, Manifest, ModelId,
        SCHEMA_VERSION, SavedModel, Spread, ThresholdRule, json::to_indented_json, sha256_hex,
    },
};

use super::*;

/// A fitted model of this kind with its overview.
fn fitted(algorithm: Algorithm) -> (Fitted, Overview) {
    let rows = Array2::from_shape_fn((80, 8), |(i, j)| ((i * (j + 3)) % 17) as f64);
    let outcomes: Vec<bool> = (0..80).map(|i| (i * 3) % 17 > 8).collect();
    let fitted = Pipeline::fit(algorithm, rows.view(), &outcomes).unwrap();
    let overview = Overview::of(&fitted.pipeline, rows.view());
    (fitted, overview)
}

fn save(registry: &Registry, algorithm: Algorithm) -> SavedModel {
    let (Fitted { pipeline, conformal, .. }, overview) = fitted(algorithm);
    let name = algorithm.name().to_owned();
    let manifest = Manifest { name, algorithm, ..manifest() };
    registry.save(manifest, &pipeline, &conformal, &overview).unwrap()
}

fn manifest() -> Manifest {
    let spread = Spread { mean: 0.8, sd_folds: 0.02, sd_repeats: None };
    Manifest {
        schema_version: SCHEMA_VERSION,
        name: "logistic".to_owned(),
        version: String::new(),
        algorithm: Algorithm::Logistic,
        hyperparameters: [("l2".to_owned(), 1.0)].into(),
        threshold: 0.5,
        risk_bands: RiskBands { medium: 0.3, high: 0.6 },
        threshold_rule: ThresholdRule::DEFAULT,
        features: FeatureSpec::all(),
        data: DataSource { file: "t.csv".into(), sha256: sha256_hex(b""), rows: 40, positives: 20 },
        metrics: Figures {
            folds: 5,
            repeats: 1,
            roc_auc: spread,
            brier: spread,
            log_loss: spread,
            calibration_error: 0.03,
            calibration_error_pooled: 0.03,
        },
        training_command: "model-server train".to_owned(),
        code_version: "0.1.0".to_owned(),
        commit: None,
        artifacts: std::collections::BTreeMap::new(),
        card: std::collections::BTreeMap::new(),
    }
}

/// The artifacts and the manifest that lists them.
const FILES: [&str; 7] = [MANIFEST, MODEL, SCALER, CALIBRATION, EXPLAINER, CONFORMAL, OVERVIEW];

/// A registry with one active model.
fn saved() -> (TempDir, Registry, ModelId) {
    saved_of(Algorithm::Logistic)
}

fn saved_of(algorithm: Algorithm) -> (TempDir, Registry, ModelId) {
    let dir = tempfile::tempdir().unwrap();
    let registry = Registry::new(dir.path().join("models"));
    let model = save(&registry, algorithm);
    let id = ModelId::new(model.manifest.name, model.manifest.version).unwrap();
    registry.release(&id, &author()).unwrap();
    (dir, registry, id)
}

fn author() -> Author {
    Author { who: "Ada".to_owned(), why: "a test".to_owned() }
}

fn edit(path: &Path, change: impl FnOnce(&mut Value)) {
    let mut value: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    change(&mut value);
    fs::write(path, serde_json::to_vec(&value).unwrap()).unwrap();
}

/// Gives a changed manifest the version of its content, as a skilled forger would.
fn reseal(registry: &Registry, id: &ModelId, change: impl FnOnce(&mut Manifest)) -> ModelId {
    let mut manifest = registry.load(id).unwrap().manifest;
    change(&mut manifest);
    manifest.version = manifest.version_of_content().unwrap();
    let new = ModelId::new(manifest.name.as_str(), manifest.version.as_str()).unwrap();
    fs::rename(registry.folder(id), registry.folder(&new)).unwrap();
    fs::write(registry.folder(&new).join(MANIFEST), to_indented_json(&manifest).unwrap()).unwrap();
    new
}

#[test]
fn a_saved_model_is_loaded_unchanged() {
    let (_dir, registry, id) = saved();
    let loaded = registry.load_active().unwrap();
    let (fitted, overview) = fitted(Algorithm::Logistic);
    assert_eq!(loaded.pipeline, fitted.pipeline);
    assert_eq!(loaded.conformal, fitted.conformal);
    assert_eq!(loaded.overview, overview);
    assert_eq!(loaded.manifest.version, id.version());
    assert_eq!(loaded.manifest.artifacts.len(), FILES.len() - 1);
}

#[test]
fn saving_again_changes_no_byte() {
    let (_dir, registry, id) = saved();
    let read = || FILES.map(|f| fs::read(registry.folder(&id).join(f)).unwrap());
    let before = read();
    assert_eq!(save(&registry, Algorithm::Logistic).manifest.version, id.version());
    assert_eq!(read(), before);
}

#[test]
fn saving_again_repairs_a_damaged_version() {
    let (_dir, registry, id) = saved();
    fs::remove_file(registry.folder(&id).join(SCALER)).unwrap();
    save(&registry, Algorithm::Logistic);
    assert!(registry.load(&id).is_ok());
}

#[test]
fn the_error_of_an_empty_registry_names_the_train_command() {
    let dir = tempfile::tempdir().unwrap();
    let registry = Registry::new(dir.path().join("none"));
    let error = registry.load_active().unwrap_err();
    assert!(matches!(error, LoadError::NoModel { .. }));
    let text = error.to_string();
    assert!(text.contains("none") && text.contains("model-server train"), "{text}");
}

#[test]
fn a_single_changed_bit_is_detected() {
    let (_dir, registry, id) = saved();
    for file in FILES {
        let path = registry.folder(&id).join(file);
        let good = fs::read(&path).unwrap();
        for position in (0..good.len()).step_by((good.len() / 300).max(1)) {
            let mut bad = good.clone();
            bad[position] ^= 1;
            fs::write(&path, bad).unwrap();
            let Err(error) = registry.load(&id) else { panic!("{file}, byte {position}") };
            assert!(error.to_string().contains(file), "{file}, byte {position}: {error}");
        }
        fs::write(&path, good).unwrap();
    }
    assert!(registry.load(&id).is_ok());
}

#[test]
fn a_changed_manifest_is_detected() {
    let (_dir, registry, id) = saved();
    edit(&registry.folder(&id).join(MANIFEST), |manifest| manifest["threshold"] = json!(0.1));
    let error = registry.load(&id).unwrap_err().to_string();
    assert!(error.contains("damaged: its content has version"), "{error}");
}

#[test]
fn a_missing_file_is_named() {
    let (_dir, registry, id) = saved();
    fs::remove_file(registry.folder(&id).join(EXPLAINER)).unwrap();
    let error = registry.load(&id).unwrap_err();
    assert!(matches!(error, LoadError::Read { .. }) && error.to_string().contains(EXPLAINER));
}

#[test]
fn a_truncated_file_is_detected() {
    let (_dir, registry, id) = saved();
    let path = registry.folder(&id).join(MANIFEST);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    assert!(matches!(registry.load(&id), Err(LoadError::Damaged { .. })));
}

#[test]
fn another_schema_is_rejected_even_if_it_cannot_be_parsed() {
    let (_dir, registry, id) = saved();
    let path = registry.folder(&id).join(MANIFEST);
    fs::write(&path, r#"{"schema_version": 4, "something": "else"}"#).unwrap();
    let error = registry.load(&id).unwrap_err();
    assert!(matches!(error, LoadError::Newer { found: 4, supported: 3, .. }), "{error}");
    fs::write(&path, r#"{"schema_version": 1, "something": "old"}"#).unwrap();
    let error = registry.load(&id).unwrap_err();
    assert!(matches!(error, LoadError::Older { found: 1, .. }), "{error}");
    assert!(error.to_string().contains("train again"), "{error}");
}

#[test]
fn a_model_for_other_features_is_rejected() {
    let (_dir, registry, id) = saved();
    let id = reseal(&registry, &id, |manifest| manifest.features[1].unit = "mmol/L".to_owned());
    let error = registry.load(&id).unwrap_err();
    assert!(matches!(error, LoadError::Foreign { .. }), "{error}");
    assert!(error.to_string().contains("glucose (30 to 600 mmol/L"), "{error}");
    let (_dir, registry, id) = saved();
    let id = reseal(&registry, &id, |manifest| manifest.features.truncate(7));
    assert!(registry.load(&id).unwrap_err().to_string().contains("7 features, not 8"));
}

#[test]
fn a_version_in_another_versions_folder_is_rejected() {
    let (_dir, registry, id) = saved();
    let other = ModelId::new("logistic", "000000000000").unwrap();
    fs::rename(registry.folder(&id), registry.folder(&other)).unwrap();
    let error = registry.load(&other).unwrap_err().to_string();
    assert!(error.contains(&format!("it belongs to {id}, not to {other}")), "{error}");
}

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

#[test]
fn a_version_that_cannot_be_loaded_cannot_be_activated() {
    let (_dir, registry, id) = saved();
    let other = ModelId::new("logistic", "000000000000").unwrap();
    assert!(registry.release(&other, &author()).is_err());
    assert_eq!(registry.active().unwrap(), id);
}

#[test]
fn an_active_file_with_an_invalid_name_is_rejected() {
    let (_dir, registry, _) = saved();
    edit(&registry.root().join(ACTIVE), |active| active["name"] = json!("../../etc"));
    let error = registry.load_active().unwrap_err().to_string();
    assert!(
        error.contains("active.json is damaged") && error.contains("not a valid name"),
        "{error}"
    );
}

/// A second version beside the active one.
fn candidate(registry: &Registry) -> ModelId {
    let (Fitted { pipeline, conformal, .. }, overview) = fitted(Algorithm::Logistic);
    let manifest = Manifest { threshold: 0.4, ..manifest() };
    let saved = registry.save(manifest, &pipeline, &conformal, &overview).unwrap();
    ModelId::new(saved.manifest.name, saved.manifest.version).unwrap()
}

#[test]
fn the_digests_cover_the_card() {
    let (_dir, registry, id) = saved();
    registry.save_card(&id, &json!({"auc": 0.84}), "# AUC 0.84").unwrap();
    assert_eq!(registry.load(&id).unwrap().manifest.version, id.version());
    for (file, text) in [(CARD_JSON, "{\"auc\": 0.94}"), (CARD_MARKDOWN, "# AUC 0.94")] {
        let path = registry.folder(&id).join(file);
        let good = fs::read(&path).unwrap();
        fs::write(&path, text).unwrap();
        let error = registry.load(&id).unwrap_err().to_string();
        assert!(error.contains(file) && error.contains("its SHA-256 is"), "{error}");
        fs::write(&path, good).unwrap();
    }
    fs::write(registry.folder(&id).join("notes.txt"), "more").unwrap();
    let error = registry.load(&id).unwrap_err().to_string();
    assert!(error.contains("notes.txt is damaged: the manifest does not list it"), "{error}");
}

#[test]
fn a_version_that_cannot_be_read_is_not_replaced() {
    let (_dir, registry, id) = saved();
    let path = registry.folder(&id).join(SCALER);
    // A folder in place of the file gives an error that says nothing about its content.
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    fs::write(path.join("kept"), "").unwrap();
    let (Fitted { pipeline, conformal, .. }, overview) = fitted(Algorithm::Logistic);
    registry.save(manifest(), &pipeline, &conformal, &overview).unwrap_err();
    assert!(path.join("kept").exists());
}

#[test]
fn two_writers_never_publish_an_unreadable_active_version() {
    let (_dir, registry, first) = saved();
    let second = candidate(&registry);
    std::thread::scope(|scope| {
        let writers = [&first, &second]
            .map(|id| scope.spawn(|| (0..100).for_each(|_| registry.write_active(id).unwrap())));
        while writers.iter().any(|writer| !writer.is_finished()) {
            registry.active().unwrap();
        }
    });
    let left: Vec<_> =
        fs::read_dir(registry.root()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with('.')), "{left:?}");
}

#[test]
fn the_last_change_of_two_writers_is_the_active_version() {
    let (_dir, registry, first) = saved();
    let second = candidate(&registry);
    std::thread::scope(|scope| {
        for id in [&first, &second] {
            let registry = &registry;
            scope.spawn(move || (0..20).for_each(|_| registry.release(id, &author()).unwrap()));
        }
    });
    let events = registry.events().unwrap();
    assert!(registry.active().unwrap().is_subject_of(events.last().unwrap()));
    // Each change replaced the one before it.
    for (before, after) in events.iter().zip(&events[1..]) {
        let replaced = format!("{}/{}", before.model, before.model_version);
        let same = after.model_version == before.model_version;
        assert_eq!(after.previous, (!same).then_some(replaced), "{after:?}");
    }
}

#[test]
fn an_event_without_a_person_is_not_recorded() {
    let (_dir, registry, first) = saved();
    let before = registry.events().unwrap();
    let nobody = Author { who: " ".to_owned(), why: "a test".to_owned() };
    let error = registry.release(&first, &nobody).unwrap_err().to_string();
    assert!(error.contains("who: is empty"), "{error}");
    assert_eq!(registry.events().unwrap(), before);
}

#[test]
fn a_candidate_is_not_activated_before_its_release() {
    let (_dir, registry, first) = saved();
    let second = candidate(&registry);
    let refused = registry.activate(&second, &author()).unwrap_err();
    assert!(matches!(refused, ActivationError::NotReleased(_)), "{refused}");
    assert_eq!(registry.active().unwrap(), first);
    registry.release(&second, &author()).unwrap();
    registry.activate(&first, &author()).unwrap();
    registry.activate(&second, &author()).unwrap();
    assert_eq!(registry.active().unwrap(), second);
    let steps: Vec<_> = registry.events().unwrap().into_iter().map(|event| event.step).collect();
    assert_eq!(steps, [Step::Released, Step::Released, Step::Activated, Step::Activated]);
}

#[test]
fn a_rollback_withdraws_a_version_until_it_is_released_again() {
    let (_dir, registry, first) = saved();
    let second = candidate(&registry);
    registry.release(&second, &author()).unwrap();
    assert_eq!(registry.rollback(None, &author()).unwrap(), first);
    assert_eq!(registry.active().unwrap(), first);
    let last = registry.events().unwrap().pop().unwrap();
    assert_eq!((last.step, last.previous), (Step::RolledBack, Some(second.to_string())));
    assert_eq!((last.who.as_str(), last.why.as_str()), ("Ada", "a test"));
    // Neither activated again, nor the target of another rollback.
    assert!(registry.activate(&second, &author()).is_err());
    let none = registry.rollback(None, &author()).unwrap_err();
    assert!(matches!(none, ActivationError::NoPredecessor(_)), "{none}");
    registry.release(&second, &author()).unwrap();
    assert_eq!(registry.active().unwrap(), second);
}

#[test]
fn a_changed_version_is_not_released() {
    let (_dir, registry, first) = saved();
    registry.save_card(&first, &json!({}), "").unwrap();
    assert!(!registry.is_released(&first).unwrap());
    registry.release(&first, &author()).unwrap();
    assert!(registry.is_released(&first).unwrap());
}

#[test]
fn a_line_that_a_crash_cut_off_loses_no_other_event() {
    let (_dir, registry, first) = saved();
    let path = registry.root().join(EVENTS);
    let complete = fs::read(&path).unwrap();
    fs::write(&path, [complete.as_slice(), b"{\"event_id\":\"cut"].concat()).unwrap();
    assert_eq!(registry.events().unwrap().len(), 1);
    registry.release(&first, &author()).unwrap();
    assert_eq!(registry.events().unwrap().len(), 2);
    fs::write(&path, [complete.as_slice(), b"{\"event_id\":7}\n"].concat()).unwrap();
    let error = registry.events().unwrap_err().to_string();
    assert!(error.contains("events.jsonl is damaged: line 2"), "{error}");
}
