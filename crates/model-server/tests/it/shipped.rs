//! The shipped models are reproducible by training.

use std::{collections::BTreeMap, fs, path::Path};

use model_server::{
    model::Algorithm,
    registry::{Author, Registry, ThresholdRule},
    train,
};

use crate::{client::workspace, release::shown_plots};

/// A file without the line of the commit that trained it.
fn without_commit(bytes: &[u8]) -> Vec<u8> {
    let lines = bytes.split_inclusive(|byte| *byte == b'\n');
    lines.filter(|line| !line.starts_with(b"  \"commit\": ")).flatten().copied().collect()
}

/// The files below a folder, with their bytes.
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
                // The ledger has the time of the training.
                if !name.ends_with("events.jsonl") {
                    found.insert(name, without_commit(&fs::read(path).unwrap()));
                }
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
        author: Author { who: "Ada".to_owned(), why: "a test".to_owned() },
        threshold_rule: ThresholdRule::DEFAULT,
        renew_commit: false,
    };
    let mut out = Vec::new();
    train::run(&plan, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn training_again_gives_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let first = dir.path().join("first");
    let second = dir.path().join("deep/second");
    train_into(&first, &[Algorithm::Logistic]);
    train_into(&second, &[Algorithm::Logistic]);
    assert_eq!(files(&first), files(&second));

    // A released version keeps the card of the program that trained it.
    let registry = Registry::new(first.join("models"));
    let id = registry.list().unwrap().remove(0);
    registry.save_card(&id, &"an earlier text", "an earlier text").unwrap();
    let author = Author { who: "Ada".to_owned(), why: "a test".to_owned() };
    registry.release(&id, &author).unwrap();
    let released = files(&first.join("models"));
    let report = train_into(&first, &[Algorithm::Logistic]);
    assert!(report.contains("keeps the card"), "{report}");
    assert_eq!(files(&first.join("models")), released);
    assert!(registry.is_released(&id).unwrap());
}

#[test]
fn training_reproduces_the_shipped_models() {
    let dir = tempfile::tempdir().unwrap();
    let report = train_into(dir.path(), &Algorithm::ALL);
    let trained = files(dir.path());
    // Per model: six artifacts, the manifest, two card files and three plots.
    assert_eq!(trained.len(), Algorithm::ALL.len() * 12);
    for (name, bytes) in trained {
        let shipped = fs::read(workspace(&name)).ok().map(|bytes| without_commit(&bytes));
        let same = shipped == Some(bytes);
        assert!(same, "{name} differs from the output of `model-server train --model all`");
    }
    assert!(report.contains("ROC AUC     0.8361"), "{report}");
}

#[test]
fn the_figures_of_the_active_model_are_plausible_and_sufficient() {
    let model = Registry::new(workspace("models")).load_active().unwrap();
    let auc = model.manifest.metrics.roc_auc;
    assert!(auc.mean >= 0.842 && auc.mean < 0.86, "{auc:?}");
    let metrics = model.manifest.metrics;
    assert!(metrics.brier.mean <= 0.153, "{metrics:?}");
    assert!(metrics.log_loss.mean <= 0.466, "{metrics:?}");
    // Of single fits: pooling the repeats before the bins would flatter it.
    assert!(metrics.calibration_error <= 0.043, "{metrics:?}");
    assert_eq!((model.manifest.data.rows, model.manifest.data.positives), (768, 268));
}

#[test]
fn the_shipped_reports_show_every_plot_of_their_release() {
    let releases = fs::read_dir(workspace("docs/model/releases")).unwrap();
    let folders: Vec<_> = releases.map(|entry| entry.unwrap().path()).collect();
    assert!(!folders.is_empty());
    for folder in folders {
        assert!(shown_plots(&folder).iter().any(|name| name == "candidate-shap.svg"));
    }
}

/// The stored output of the notebook is that of the active version.
#[test]
fn the_notebook_shows_the_active_version() {
    let version = Registry::new(workspace("models")).load_active().unwrap().manifest.version;
    let text = fs::read_to_string(workspace("notebooks/pima_training.ipynb")).unwrap();
    for shown in [
        format!("trained {version}, shipped {version}"),
        format!("card: spline, version {version}"),
    ] {
        assert!(text.contains(&shown), "the notebook does not show: {shown}");
    }
}
