//! The model in the repository is the one that training makes.

use std::{collections::BTreeMap, fs, path::Path};

use model_server::{model::Algorithm, registry::Registry, train};

use crate::client::workspace;

/// Every file below a folder with its bytes.
fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().display().to_string();
                found.insert(name, fs::read(path).unwrap());
            }
        }
    }
    found
}

fn train_into(models: &Path, algorithms: &[Algorithm]) -> String {
    let plan = train::Plan {
        data: workspace("data/pima.csv"),
        models: models.join("models"),
        docs: models.join("docs/model"),
        algorithms: algorithms.to_vec(),
    };
    let mut out = Vec::new();
    train::run(&plan, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn training_again_gives_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let (first, second) = (dir.path().join("first"), dir.path().join("deep/second"));
    train_into(&first, &[Algorithm::Logistic]);
    train_into(&second, &[Algorithm::Logistic]);
    assert_eq!(files(&first), files(&second));
}

#[test]
fn the_shipped_model_is_what_training_makes() {
    let dir = tempfile::tempdir().unwrap();
    let report = train_into(dir.path(), &Algorithm::ALL);
    let trained = files(dir.path());
    // Per model six artifacts, the manifest, the card twice and three plots.
    assert_eq!(trained.len(), Algorithm::ALL.len() * 12 + 1);
    for (name, bytes) in trained {
        let shipped = fs::read(workspace(&name)).ok();
        let same = shipped == Some(bytes);
        assert!(same, "{name} is not what `model-server train --model all` makes");
    }
    assert!(report.contains("ROC AUC     0.8361"), "{report}");
}

#[test]
fn its_figures_are_honest_and_good_enough() {
    let model = Registry::new(workspace("models")).load_active().unwrap();
    let auc = model.manifest.metrics.roc_auc;
    assert!(auc.mean >= 0.842 && auc.mean < 0.86, "{auc:?}");
    let metrics = model.manifest.metrics;
    assert!(metrics.brier.mean <= 0.153, "{metrics:?}");
    assert!(metrics.log_loss.mean <= 0.466, "{metrics:?}");
    assert!(metrics.calibration_error_pooled <= 0.040, "{metrics:?}");
    assert_eq!((model.manifest.data.rows, model.manifest.data.positives), (768, 268));
}
