//! Validating again: the full protocol for kinds of model, without saving one.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use serde::Serialize;

use crate::model::Algorithm;

use super::{DataSource, Dataset, Figures, Protocol, cross_validate, report};

/// Name of the file beside a model.
const METRICS: &str = "metrics.json";

/// What to validate, and where the figures go.
#[derive(Debug, Clone)]
pub struct Evaluation {
    /// CSV file with the data.
    pub data: PathBuf,
    /// The registry's folder; each model's figures go beside its versions.
    pub models: PathBuf,
    /// The kinds of model.
    pub algorithms: Vec<Algorithm>,
    /// How often the data is cut.
    pub protocol: Protocol,
    /// File for the figures of all models and of the best.
    pub summary: PathBuf,
}

/// The figures of one model as they are saved beside it.
#[derive(Serialize)]
struct Metrics<'a> {
    model: &'static str,
    data: &'a DataSource,
    metrics: &'a Figures,
}

/// The figures of the model with the least log loss, and of all.
#[derive(Serialize)]
struct Summary<'a> {
    model: &'static str,
    auc: f64,
    auc_sd_folds: f64,
    brier: f64,
    log_loss: f64,
    /// 10 bins over the probabilities of all repeats.
    ece: f64,
    /// 10 bins over the probabilities of one repeat, then the mean.
    ece_of_repeats: f64,
    data: &'a DataSource,
    models: BTreeMap<&'static str, &'a Figures>,
}

/// Runs the protocol for every model, writes the figures to `out` and to their files.
///
/// # Errors
/// Data that is not valid, a fold that can't be fitted, or a file that can't be written.
pub fn evaluate(plan: &Evaluation, out: &mut impl Write) -> anyhow::Result<()> {
    let data = Dataset::read(&plan.data)?;
    report::data(out, &data)?;
    let mut all = Vec::new();
    for algorithm in &plan.algorithms {
        let name = algorithm.name();
        let figures = cross_validate(&data, *algorithm, plan.protocol)
            .with_context(|| format!("can't validate the model {name}"))?;
        report::figures(out, *algorithm, &figures)?;
        let metrics = Metrics { model: name, data: &data.source, metrics: &figures };
        write(&plan.models.join(name).join(METRICS), &metrics)?;
        all.push((name, figures));
    }
    let rows: Vec<_> = all.iter().map(|(name, figures)| (*name, figures)).collect();
    report::table(out, &rows)?;
    let best = all.iter().min_by(|a, b| a.1.log_loss.mean.total_cmp(&b.1.log_loss.mean));
    if let Some((model, figures)) = best {
        write(&plan.summary, &summary(model, figures, &data.source, &all))?;
        writeln!(out, "\nsaved     {}, best {model}", plan.summary.display())?;
    }
    Ok(())
}

fn summary<'a>(
    model: &'static str,
    best: &Figures,
    data: &'a DataSource,
    all: &'a [(&'static str, Figures)],
) -> Summary<'a> {
    Summary {
        model,
        auc: best.roc_auc.mean,
        auc_sd_folds: best.roc_auc.sd_folds,
        brier: best.brier.mean,
        log_loss: best.log_loss.mean,
        ece: best.calibration_error_pooled,
        ece_of_repeats: best.calibration_error,
        data,
        models: all.iter().map(|(name, figures)| (*name, figures)).collect(),
    }
}

fn write(path: &Path, value: &impl Serialize) -> anyhow::Result<()> {
    let mut bytes = serde_json::to_vec_pretty(value).context("can't write figures as JSON")?;
    bytes.push(b'\n');
    let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
    folder
        .and_then(|()| fs::write(path, bytes))
        .with_context(|| format!("can't write {}", path.display()))
}
