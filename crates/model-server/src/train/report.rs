//! The report that training and evaluation print.

use std::{
    io::{self, Write},
    path::Path,
};

use indicatif::{ProgressBar, ProgressStyle};
use vitals_core::domain::features::FEATURES;

use crate::{
    model::Algorithm,
    registry::{Figures, Manifest, SavedModel, Spread},
};

use super::{
    Card, Evidence, ExternalCalibration, Interval, cross_validation::Protocol, dataset::Dataset,
};

/// A progress bar on standard error with one step per fold; hidden if that is not a terminal.
pub(crate) fn progress(algorithm: Algorithm, protocol: Protocol) -> ProgressBar {
    let folds = protocol.repeats * protocol.folds as u64;
    // indicatif hides the bar if standard error is not a terminal.
    let template = "{msg:<10} {bar:30} fold {pos} of {len}, {eta} to go";
    let style = ProgressStyle::with_template(template).unwrap_or(ProgressStyle::default_bar());
    ProgressBar::new(folds).with_style(style).with_message(algorithm.name())
}

/// Writes the size of the data and the number of missing values per feature.
pub(super) fn data(out: &mut impl Write, data: &Dataset) -> io::Result<()> {
    let source = &data.source;
    writeln!(
        out,
        "data      {}, {} rows, {} positive",
        source.file, source.rows, source.positives
    )?;
    write!(out, "missing  ")?;
    for (feature, column) in FEATURES.iter().zip(data.rows.columns()) {
        let missing = column.iter().filter(|value| value.is_nan()).count();
        if missing > 0 {
            write!(out, " {} {missing}", feature.name)?;
        }
    }
    writeln!(out)
}

/// Writes the figures of one kind of model.
pub(super) fn figures(
    out: &mut impl Write,
    algorithm: Algorithm,
    figures: &Figures,
) -> io::Result<()> {
    let Figures { folds, repeats, roc_auc, brier, log_loss, .. } = figures;
    let error = figures.calibration_error;
    let pooled = figures.calibration_error_pooled;
    writeln!(out, "\n{}, {repeats} x {folds}-fold stratified cross-validation", algorithm.name())?;
    writeln!(out, "{:<10}{:>8}{:>13}{:>15}", "", "mean", "sd of folds", "sd of repeats")?;
    line(out, "ROC AUC", roc_auc)?;
    line(out, "Brier", brier)?;
    line(out, "log loss", log_loss)?;
    writeln!(out, "{:<10}{error:>8.4}   10 bins, mean of the repeats", "ECE")?;
    writeln!(out, "{:<10}{pooled:>8.4}   10 bins, all repeats pooled\n", "")
}

/// Writes the figures of a saved version on data that it was not trained on.
pub(super) fn external(
    out: &mut impl Write,
    card: &Card,
    evidence: &Evidence<'_>,
) -> io::Result<()> {
    let version = format!("{}/{}", card.model, card.version);
    writeln!(out, "\n{version} as saved, 95 % intervals over people")?;
    writeln!(out, "{:<24}{:>8}{:>10}{:>10}", "", "value", "low", "high")?;
    for (name, found) in [
        ("ROC AUC", &card.performance.roc_auc),
        ("Brier", &card.performance.brier),
        ("log loss", &card.performance.log_loss),
    ] {
        interval(out, name, found)?;
    }
    let calibration = ExternalCalibration::of(evidence);
    interval(out, "calibration slope", &calibration.slope)?;
    interval(out, "calibration intercept", &calibration.intercept)?;
    interval(out, "expected over observed", &calibration.expected_over_observed)?;
    // Its resamples would be biased upwards: a draw has fewer people, and wider steps in every bin.
    let error = evidence.validation.figures.calibration_error;
    writeln!(out, "{:<24}{error:>8.4}   10 bins", "ECE")?;
    writeln!(out, "\nROC AUC by group")?;
    for group in &card.groups {
        let name = format!("{} {}", group.by, group.group);
        match &group.roc_auc {
            Some(found) => interval(out, &name, found)?,
            None => writeln!(out, "{name:<24}   {} people, too few", group.rows)?,
        }
    }
    Ok(())
}

fn interval(out: &mut impl Write, name: &str, found: &Interval) -> io::Result<()> {
    writeln!(out, "{name:<24}{:>8.4}{:>10.4}{:>10.4}", found.value, found.low, found.high)
}

/// Writes the comparison of a saved model's figures with those of its evaluation.
pub(super) fn compared(
    out: &mut impl Write,
    manifest: &Manifest,
    found: &Figures,
) -> io::Result<()> {
    let saved = &manifest.metrics;
    write!(out, "manifest of {}/{}: ", manifest.name, manifest.version)?;
    // Other folds or repeats give other figures.
    if (saved.folds, saved.repeats) != (found.folds, found.repeats) {
        writeln!(out, "{} x {}-fold, not compared", saved.repeats, saved.folds)
    } else if saved == found {
        writeln!(out, "the same figures")
    } else {
        let auc = saved.roc_auc.mean;
        let loss = saved.log_loss.mean;
        writeln!(out, "DIFFERENT FIGURES (AUC {auc}, log loss {loss}): trained by other code")
    }
}

/// Writes one line of figures per model.
pub(super) fn table(out: &mut impl Write, models: &[(&str, &Figures)]) -> io::Result<()> {
    let head = ["AUC", "sd", "Brier", "log loss", "ECE", "pooled"];
    write!(out, "\n{:<10}", "model")?;
    for name in head {
        write!(out, "{name:>10}")?;
    }
    writeln!(out)?;
    for (name, figures) in models {
        let Figures { roc_auc, brier, log_loss, .. } = figures;
        write!(out, "{name:<10}{:>10.4}{:>10.4}", roc_auc.mean, roc_auc.sd_folds)?;
        write!(out, "{:>10.4}{:>10.4}", brier.mean, log_loss.mean)?;
        let error = figures.calibration_error;
        let pooled = figures.calibration_error_pooled;
        writeln!(out, "{error:>10.4}{pooled:>10.4}")?;
    }
    Ok(())
}

/// Writes one figure with its spread.
fn line(out: &mut impl Write, name: &str, spread: &Spread) -> io::Result<()> {
    let Spread { mean, sd_folds, sd_repeats } = spread;
    write!(out, "{name:<10}{mean:>8.4}{sd_folds:>13.4}")?;
    match sd_repeats {
        Some(deviation) => writeln!(out, "{deviation:>15.4}"),
        None => writeln!(out),
    }
}

/// Writes the folder of a saved model.
pub(super) fn saved(out: &mut impl Write, folder: &Path, saved: &SavedModel) -> io::Result<()> {
    writeln!(out, "saved     {}, version {}", folder.display(), saved.manifest.version)
}
