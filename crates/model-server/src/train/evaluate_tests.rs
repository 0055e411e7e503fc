use super::*;

/// Two folds only: logistic regression needs no search, so they are fast.
fn plan(dir: &Path, subjects: Vec<Subject>) -> Evaluation {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    Evaluation {
        data: workspace.join("data/pima.csv"),
        models: dir.join("models"),
        subjects,
        protocol: Protocol { folds: 2, repeats: 1 },
        summary: dir.join("bench/model.json"),
        who: "Ada".to_owned(),
    }
}

fn read(path: PathBuf) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// A registry with a copy of one shipped model, active.
fn copy_shipped(dir: &Path, algorithm: Algorithm) -> ModelId {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
    let name = algorithm.name();
    let from = fs::read_dir(shipped.join(name)).unwrap().map(|entry| entry.unwrap().path());
    let version = from.into_iter().find(|path| path.is_dir()).unwrap();
    let id = ModelId::new(name, version.file_name().unwrap().to_str().unwrap()).unwrap();
    let registry = Registry::new(dir.join("models"));
    fs::create_dir_all(registry.folder(&id)).unwrap();
    for file in fs::read_dir(&version).unwrap().map(|entry| entry.unwrap().path()) {
        fs::copy(&file, registry.folder(&id).join(file.file_name().unwrap())).unwrap();
    }
    let author = Author { who: "Ada".to_owned(), why: "a test".to_owned() };
    registry.release(&id, &author).unwrap();
    id
}

#[test]
fn the_active_model_leads_a_flat_summary() {
    let dir = tempfile::tempdir().unwrap();
    copy_shipped(dir.path(), Algorithm::Logistic);
    let kinds = [Algorithm::Spline, Algorithm::Logistic].map(Subject::Kind);
    let mut out = Vec::new();
    evaluate(&plan(dir.path(), kinds.to_vec()), &mut out).unwrap();
    let summary = read(dir.path().join("bench/model.json"));
    assert!(summary.as_object().unwrap().values().all(|value| !value.is_object()));
    assert_eq!(summary["model"], "logistic");
    for figure in ["auc", "brier", "log_loss", "ece"] {
        assert_eq!(summary[figure], summary[format!("logistic_{figure}")], "{figure}");
        assert_ne!(summary[figure], summary[format!("spline_{figure}")], "{figure}");
    }
    let metrics = read(dir.path().join("models/spline/metrics.json"));
    assert_eq!(metrics["metrics"]["roc_auc"]["mean"], summary["spline_auc"]);
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("spline, 1 x 2-fold") && text.contains("model.json"), "{text}");
}

#[test]
fn a_saved_version_is_compared_with_its_manifest() {
    let dir = tempfile::tempdir().unwrap();
    let id = copy_shipped(dir.path(), Algorithm::Logistic);
    for subject in [Subject::Saved(id.clone()), Subject::Active] {
        let mut out = Vec::new();
        evaluate(&plan(dir.path(), vec![subject]), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("manifest of logistic/"), "{text}");
        assert!(text.contains("10 x 5-fold, not compared"), "{text}");
    }
}

#[test]
fn a_saved_version_is_scored_on_other_data_with_intervals() {
    let dir = tempfile::tempdir().unwrap();
    let mut plan = plan(dir.path(), vec![Subject::Active]);
    let error = evaluate(&plan, &mut Vec::new()).unwrap_err().to_string();
    assert!(error.contains("no model is saved"), "{error}");
    let id = copy_shipped(dir.path(), Algorithm::Logistic);
    // Every second person of the training data.
    let data = fs::read_to_string(&plan.data).unwrap();
    let (head, people) = data.split_once('\n').unwrap();
    let half: Vec<&str> = people.lines().step_by(2).collect();
    plan.data = dir.path().join("other.csv");
    fs::write(&plan.data, format!("{head}\n{}\n", half.join("\n"))).unwrap();
    let mut out = Vec::new();
    evaluate(&plan, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    for part in [
        "as saved, 95 % intervals",
        "ROC AUC by group",
        "calibration slope",
        "384 of the 384 people are training rows",
    ] {
        assert!(text.contains(part), "{text}");
    }
    // The saved version was fitted on these people, so its calibration is near the best.
    for (figure, best) in [
        ("calibration slope", 1.0),
        ("calibration intercept", 0.0),
        ("expected over observed", 1.0),
    ] {
        let line = text.lines().find_map(|line| line.strip_prefix(figure)).unwrap();
        let found: Vec<f64> = line.split_whitespace().map(|cell| cell.parse().unwrap()).collect();
        let [value, low, high] = found[..] else { panic!("{figure}: {line}") };
        assert!(low < value && value < high && (low..high).contains(&best), "{figure}: {line}");
    }
    // The figures are those of the saved weights.
    let saved = Registry::new(&plan.models).load(&id).unwrap();
    let data = Dataset::read(&plan.data).unwrap();
    let probabilities = saved.pipeline.probabilities(data.rows.view()).unwrap();
    let expected = crate::stats::roc_auc(&probabilities, &data.outcomes);
    assert!(text.contains(&format!("{expected:.4}")), "{expected}: {text}");
    let event = Registry::new(&plan.models).events().unwrap().pop().unwrap();
    assert_eq!((event.step, event.who.as_str()), (Step::Evaluated, "Ada"));
    assert!(event.why.contains(&data.source.sha256), "{}", event.why);
    assert!(event.why.contains("384 people, 384 of them training rows"), "{}", event.why);
    // People of one outcome have no ROC curve.
    let negative: Vec<&str> = half.iter().filter(|line| line.ends_with(",0")).copied().collect();
    fs::write(&plan.data, format!("{head}\n{}\n", negative.join("\n"))).unwrap();
    assert!(evaluate(&plan, &mut Vec::new()).is_err());
}
