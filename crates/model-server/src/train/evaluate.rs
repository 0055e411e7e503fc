//! Evaluation: cross-validates kinds of model or saved models without saving one.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, ensure};
use serde::Serialize;
use serde_json::{Map, Value, json};
use vitals_core::domain::model_event::Step;

use crate::{
    model::Algorithm,
    registry::{Author, DataSource, Figures, ModelId, Registry, SavedModel},
};

use super::{Card, Dataset, Evidence, Protocol, Resamples, cross_validate, report, score_saved};

/// The file of figures next to a model's versions.
const METRICS: &str = "metrics.json";

/// The input and output of an evaluation.
#[derive(Debug, Clone)]
pub struct Evaluation {
    /// CSV file with the data.
    pub data: PathBuf,
    /// The registry's folder. Each model's figures are written next to its versions.
    pub models: PathBuf,
    /// The models to validate.
    pub subjects: Vec<Subject>,
    /// Folds and repeats.
    pub protocol: Protocol,
    /// File for the figures of the active model and of every model.
    pub summary: PathBuf,
    /// The person who evaluates, for the ledger.
    pub who: String,
}

/// A model to validate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A kind of model.
    Kind(Algorithm),
    /// A saved version. On its training data, its kind is validated again with the same search, and
    /// the figures are compared with its manifest's. On other data, the version is scored as saved.
    Saved(ModelId),
    /// The active version.
    Active,
}

/// The content of a file of figures.
#[derive(Serialize)]
struct Metrics<'a> {
    model: &'static str,
    data: &'a DataSource,
    metrics: &'a Figures,
}

/// Runs the protocol for every model and writes the figures to `out` and to their files. Scores a
/// saved version as it is on data that it was not trained on, and records that in the ledger.
///
/// # Errors
/// The data is invalid, a model can't be loaded, a fold can't be fitted,
/// or a file can't be written.
pub fn evaluate(plan: &Evaluation, out: &mut impl Write) -> anyhow::Result<()> {
    let data = Dataset::read(&plan.data)?;
    report::data(out, &data)?;
    let registry = Registry::new(&plan.models);
    let mut all = Vec::new();
    for subject in &plan.subjects {
        let (algorithm, manifest) = match resolve(subject, &registry)? {
            Resolved::Kind(algorithm) => (algorithm, None),
            // Figures on the training data would flatter a version that was fitted on it.
            Resolved::Saved(_, saved) if saved.manifest.data.sha256 == data.source.sha256 => {
                (saved.manifest.algorithm, Some(saved.manifest))
            }
            Resolved::Saved(id, saved) => {
                externally(plan, &registry, &id, &saved, &data, out)?;
                continue;
            }
        };
        let name = algorithm.name();
        let progress = report::progress(algorithm, plan.protocol);
        let figures = cross_validate(&data, algorithm, plan.protocol, &progress)
            .with_context(|| format!("can't validate the model {name}"))?
            .figures;
        progress.finish_and_clear();
        report::figures(out, algorithm, &figures)?;
        if let Some(manifest) = manifest {
            report::compared(out, &manifest, &figures)?;
        }
        // Written after every model, so that an interrupted run keeps the finished ones.
        let metrics = Metrics { model: name, data: &data.source, metrics: &figures };
        write(&plan.models.join(name).join(METRICS), &metrics)?;
        all.push((name, figures));
    }
    if all.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = all.iter().map(|(name, figures)| (*name, figures)).collect();
    report::table(out, &rows)?;
    let active = registry.load_active().ok().map(|active| active.manifest.algorithm.name());
    if let Some(summary) = summary(active, &data.source, &all) {
        write(&plan.summary, &summary)?;
        writeln!(out, "\nsaved     {}", plan.summary.display())?;
    }
    Ok(())
}

/// A kind of model, or a saved version.
enum Resolved {
    Kind(Algorithm),
    Saved(ModelId, Box<SavedModel>),
}

fn resolve(subject: &Subject, registry: &Registry) -> anyhow::Result<Resolved> {
    let id = match subject {
        Subject::Kind(algorithm) => return Ok(Resolved::Kind(*algorithm)),
        Subject::Saved(id) => id.clone(),
        Subject::Active => registry.active()?,
    };
    let saved = registry.load(&id)?;
    Ok(Resolved::Saved(id, Box::new(saved)))
}

/// Scores a saved version on other data than its own.
fn externally(
    plan: &Evaluation,
    registry: &Registry,
    id: &ModelId,
    saved: &SavedModel,
    data: &Dataset,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let both = data.outcomes.contains(&true) && data.outcomes.contains(&false);
    ensure!(both, "{} has people of one outcome only", data.source.file);
    let validation = score_saved(saved, data)?;
    // The saved version is judged as it is: people are drawn, nothing is fitted again.
    let resamples = Resamples::of_people(&validation);
    let card = Card::new(saved, &Evidence { data, validation: &validation, resamples: &resamples });
    report::external(out, &card, &validation)?;
    let performance = &card.performance;
    let why = format!(
        "on {} (SHA-256 {}, {} people): ROC AUC {} ({} to {}), Brier score {} ({} to {})",
        data.source.file,
        data.source.sha256,
        data.source.rows,
        performance.roc_auc.value,
        performance.roc_auc.low,
        performance.roc_auc.high,
        performance.brier.value,
        performance.brier.low,
        performance.brier.high,
    );
    registry.record(Step::Evaluated, id, &Author { who: plan.who.clone(), why })?;
    Ok(())
}

/// A flat object: the figures of the active model, or of the first if the active one is not among
/// them, then those of every model with its name as prefix.
fn summary(
    active: Option<&str>,
    data: &DataSource,
    all: &[(&'static str, Figures)],
) -> Option<Map<String, Value>> {
    // The active model's figures have no prefix.
    let leading = all.iter().find(|(name, _)| Some(*name) == active).or(all.first())?;
    let mut summary = Map::new();
    summary.insert("model".to_owned(), json!(leading.0));
    insert(&mut summary, "", &leading.1);
    for (name, figures) in all {
        insert(&mut summary, &format!("{name}_"), figures);
    }
    for (name, value) in [
        ("folds", json!(leading.1.folds)),
        ("repeats", json!(leading.1.repeats)),
        ("data_sha256", json!(data.sha256)),
    ] {
        summary.insert(name.to_owned(), value);
    }
    Some(summary)
}

fn insert(summary: &mut Map<String, Value>, prefix: &str, figures: &Figures) {
    let Figures { roc_auc, brier, log_loss, .. } = figures;
    for (name, value) in [
        ("auc", roc_auc.mean),
        ("auc_sd_folds", roc_auc.sd_folds),
        ("brier", brier.mean),
        ("log_loss", log_loss.mean),
        ("ece", figures.calibration_error_pooled),
        ("ece_of_repeats", figures.calibration_error),
    ] {
        summary.insert(format!("{prefix}{name}"), json!(value));
    }
}

fn write(path: &Path, value: &impl Serialize) -> anyhow::Result<()> {
    let mut bytes = serde_json::to_vec_pretty(value).context("can't write figures as JSON")?;
    bytes.push(b'\n');
    let created = path.parent().map_or(Ok(()), fs::create_dir_all);
    created
        .and_then(|()| fs::write(path, bytes))
        .with_context(|| format!("can't write {}", path.display()))
}

#[cfg(test)]
mod tests {
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
        for part in ["as saved, 95 % intervals", "ROC AUC by group", "calibration slope"] {
            assert!(text.contains(part), "{text}");
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
        // People of one outcome have no ROC curve.
        let negative: Vec<&str> =
            half.iter().filter(|line| line.ends_with(",0")).copied().collect();
        fs::write(&plan.data, format!("{head}\n{}\n", negative.join("\n"))).unwrap();
        assert!(evaluate(&plan, &mut Vec::new()).is_err());
    }
}
