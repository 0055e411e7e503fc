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

use super::{
    Card, Dataset, Evidence, Protocol, Resamples, cross_validate, known_people, report, score_saved,
};

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
    let evidence = Evidence { data, validation: &validation, resamples: &resamples };
    let card = Card::new(saved, &evidence);
    report::external(out, &card, &evidence)?;
    let known = known_people(saved, data.rows.view());
    if known > 0 {
        let all = data.source.rows;
        writeln!(
            out,
            "\n{known} of the {all} people are training rows, which flatters the version"
        )?;
    }
    let performance = &card.performance;
    let why = format!(
        "on {} (SHA-256 {}, {} people, {known} of them training rows): ROC AUC {} ({} to {}), Brier \
         score {} ({} to {})",
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
#[path = "evaluate_tests.rs"]
mod tests;
