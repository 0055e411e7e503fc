//! Versions that were changed, cut off, mixed up, or written by another release.

use std::{fs, os::unix::fs::symlink};

use serde_json::json;

use crate::registry::{
    LoadError, ModelId,
    store::{CARD_JSON, CARD_MARKDOWN, EXPLAINER, MANIFEST, SCALER},
};

use super::{FILES, edit, reseal, saved};

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

/// A version may be links into a store of files, which fills while the links stay.
#[test]
fn a_file_that_grows_behind_a_link_changes_the_state_of_the_version() {
    let (dir, registry, id) = saved();
    let store = dir.path().join("scaler.json");
    let link = registry.folder(&id).join(SCALER);
    let complete = fs::read(&link).unwrap();
    fs::remove_file(&link).unwrap();
    symlink(&store, &link).unwrap();
    let absent = registry.folder_state(&id);
    fs::write(&store, &complete[..20]).unwrap();
    let half = registry.folder_state(&id);
    assert_ne!(half, absent);
    registry.load(&id).unwrap_err();
    fs::write(&store, &complete).unwrap();
    assert_ne!(registry.folder_state(&id), half);
    registry.load(&id).unwrap();
}
