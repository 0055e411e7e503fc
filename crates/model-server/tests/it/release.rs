//! The comparison of a candidate with the active version.

use std::{collections::BTreeMap, fs, path::Path};

use model_server::{
    model::Calibration,
    pipeline::Pipeline,
    registry::{Author, Manifest, ModelId, Registry},
    release::{Plan, release},
    train::Protocol,
};
use vitals_core::{domain::model_event::Step, runtime::config::GateSettings};

use crate::client::{copy, older_people, workspace};

/// The release of the logistic regression beside the active spline, with every second person a year
/// later as newer data. Few folds: the figures are not the subject.
fn plan(dir: &Path) -> Plan {
    copy(&workspace("models"), &dir.join("models"));
    let registry = Registry::new(dir.join("models"));
    let candidate: Vec<ModelId> =
        registry.list().unwrap().into_iter().filter(|id| id.name() == "logistic").collect();
    let data = older_people();
    let (head, people) = data.split_once('\n').unwrap();
    let newer: Vec<&str> = people.lines().step_by(2).collect();
    fs::write(dir.join("newer.csv"), format!("{head}\n{}\n", newer.join("\n"))).unwrap();
    Plan {
        models: dir.join("models"),
        candidate: candidate[0].clone(),
        data: workspace("data/pima.csv"),
        held_out: Some(dir.join("newer.csv")),
        reports: dir.join("reports"),
        protocol: Protocol { folds: 2, repeats: 1 },
        without_comparison: false,
        public_key: None,
        gates: GateSettings {
            max_roc_auc_loss: 0.1,
            max_brier_increase: 0.1,
            ..GateSettings::default()
        },
        approver: Author { who: "Grace".to_owned(), why: "simpler".to_owned() },
    }
}

#[test]
fn a_candidate_is_compared_with_the_active_version_on_folds_and_newer_data() {
    let dir = tempfile::tempdir().unwrap();
    let plan = plan(dir.path());
    let registry = Registry::new(&plan.models);
    let champion = registry.active().unwrap();

    // Worse than the active version by more than a gate allows.
    let strict = GateSettings { max_roc_auc_loss: -0.5, ..plan.gates.clone() };
    let refused = release(&Plan { gates: strict, ..plan.clone() }, &mut Vec::new());
    let refused = refused.unwrap_err().to_string();
    assert_eq!(refused.matches("ROC AUC, compared with the active version").count(), 2);
    assert_eq!(registry.active().unwrap(), champion);
    assert_eq!(registry.events().unwrap().pop().unwrap().step, Step::Refused);

    let mut out = Vec::new();
    release(&plan, &mut out).unwrap();
    assert_eq!(registry.active().unwrap(), plan.candidate);
    let event = registry.events().unwrap().pop().unwrap();
    assert_eq!((event.step, event.previous), (Step::Released, Some(champion.to_string())));
    let folder = plan.reports.join(plan.candidate.to_string().replace('/', "-"));
    let report = fs::read_to_string(folder.join("report.md")).unwrap();
    for part in [
        &format!("{} (candidate)", plan.candidate),
        &format!("{champion} (champion)"),
        "1 x 2-fold cross-validation on pima.csv",
        "the candidate as saved, on pima.csv",
        "held-out data newer.csv",
        "Brier score, compared with the active version",
    ] {
        assert!(report.contains(part), "{part} in {report}");
    }
    let written = shown_plots(&folder);
    for plot in ["candidate-shap.svg", "champion-shap.svg", "held-out-champion-calibration.svg"] {
        assert!(written.iter().any(|name| name == plot), "{plot} in {written:?}");
    }
}

/// Checks that the report in a folder shows every plot in it and no other, and returns their names.
pub(crate) fn shown_plots(folder: &Path) -> Vec<String> {
    let mut written: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".svg"))
        .collect();
    written.sort();
    let report = fs::read_to_string(folder.join("report.md")).unwrap();
    let images = report.lines().filter_map(|line| line.strip_suffix(')')?.split_once("]("));
    let mut shown: Vec<String> = images.map(|(_, name)| name.to_owned()).collect();
    shown.sort();
    assert_eq!(shown, written);
    written
}

/// The folds fit the kind of model anew, so they don't see the numbers that would be served.
#[test]
fn a_candidate_is_judged_by_its_own_numbers() {
    let dir = tempfile::tempdir().unwrap();
    let plan = plan(dir.path());
    let registry = Registry::new(&plan.models);
    let champion = registry.active().unwrap();
    // The same ranking, but nearly everybody at a probability of 1.
    let good = registry.load(&plan.candidate).unwrap();
    let calibration = Calibration { slope: 1.0, intercept: 6.0 };
    let pipeline = Pipeline { calibration, ..good.pipeline };
    let manifest = Manifest { card: BTreeMap::new(), ..good.manifest };
    let bad = registry.save(manifest, &pipeline, &good.conformal, &good.overview).unwrap().manifest;
    let candidate = ModelId::new(bad.name, bad.version).unwrap();
    assert_ne!(candidate, plan.candidate);
    let plan = Plan { candidate, held_out: None, ..plan };
    let refused = release(&plan, &mut Vec::new()).unwrap_err().to_string();
    assert!(refused.contains("as saved, on pima.csv: Brier score at most 0.1800"), "{refused}");
    assert_eq!(registry.active().unwrap(), champion);
}

#[test]
fn a_candidate_from_sources_in_no_commit_is_not_released() {
    let dir = tempfile::tempdir().unwrap();
    let plan = plan(dir.path());
    let registry = Registry::new(&plan.models);
    let champion = registry.active().unwrap();
    let commit = registry.load(&plan.candidate).unwrap().manifest.commit.unwrap();
    registry.set_commit(&plan.candidate, Some(&format!("{commit}-dirty"))).unwrap();
    let events = registry.events().unwrap();
    let refused = release(&plan, &mut Vec::new()).unwrap_err().to_string();
    assert!(refused.contains("sources that are in no commit"), "{refused}");
    assert_eq!(registry.active().unwrap(), champion);
    assert_eq!(registry.events().unwrap(), events);
    assert!(!plan.reports.exists());
}

/// By its people: a digest does not recognise a part of the file, or other line ends.
#[test]
fn training_rows_are_no_held_out_data() {
    let dir = tempfile::tempdir().unwrap();
    let plan = plan(dir.path());
    let path = plan.held_out.clone().unwrap();
    let newer = fs::read_to_string(&path).unwrap();
    let data = fs::read_to_string(workspace("data/pima.csv")).unwrap();
    let known = data.lines().nth(5).unwrap();
    fs::write(&path, format!("{newer}{known}\r\n")).unwrap();
    let refused = release(&plan, &mut Vec::new()).unwrap_err().to_string();
    assert!(refused.contains("1 of the 385 people in"), "{refused}");
    assert!(
        refused.contains(&format!("are in the training data of {}", plan.candidate)),
        "{refused}"
    );
}

#[test]
fn an_active_version_that_cannot_be_loaded_is_no_reason_to_skip_the_comparison() {
    let dir = tempfile::tempdir().unwrap();
    let plan = plan(dir.path());
    let registry = Registry::new(&plan.models);
    let champion = registry.active().unwrap();
    fs::write(registry.folder(&champion).join("model.json"), "{}").unwrap();
    let refused = format!("{:#}", release(&plan, &mut Vec::new()).unwrap_err());
    assert!(refused.contains("can't be compared"), "{refused}");
    assert_eq!(registry.active().unwrap(), champion);
    // Unless its approver says so; data that must be held out is not waived by that.
    let alone = Plan { without_comparison: true, held_out: None, ..plan.clone() };
    let gates = GateSettings { require_held_out: true, ..plan.gates.clone() };
    let refused = release(&Plan { gates, ..alone.clone() }, &mut Vec::new()).unwrap_err();
    assert!(refused.to_string().contains("--held-out"), "{refused}");
    release(&alone, &mut Vec::new()).unwrap();
    assert_eq!(registry.active().unwrap(), plan.candidate);
}
