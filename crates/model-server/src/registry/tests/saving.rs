//! Saving: complete, repeatable, and never in place of what can't be read.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
};

use crate::{
    model::Algorithm,
    pipeline::Fitted,
    registry::{LoadError, Registry, store::SCALER},
};

use super::{FILES, candidate, fitted, manifest, save, saved};

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
fn a_folder_that_is_no_model_need_not_be_readable() {
    let (_dir, registry, id) = saved();
    let private = registry.root().join("lost+found");
    fs::create_dir(&private).unwrap();
    fs::set_permissions(&private, Permissions::from_mode(0o000)).unwrap();
    if fs::read_dir(&private).is_ok() {
        println!("NOT TESTED: this user may read every folder");
    }
    let listed = registry.list().unwrap();
    // So that the folder can be deleted.
    fs::set_permissions(&private, Permissions::from_mode(0o700)).unwrap();
    assert_eq!(listed, [id]);
}
