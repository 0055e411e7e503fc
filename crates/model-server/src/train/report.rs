//! What training tells whoever started it.

use std::{
    io::{self, Write},
    path::Path,
};

use vitals_core::domain::features::FEATURES;

use crate::{model::Algorithm, registry::SavedModel};

use super::{
    dataset::Dataset,
    validation::{Figures, Spread},
};

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

pub(super) fn figures(
    out: &mut impl Write,
    algorithm: Algorithm,
    figures: &Figures,
) -> io::Result<()> {
    let Figures { folds, repeats, roc_auc, brier, log_loss, calibration_error } = figures;
    writeln!(out, "\n{}, {repeats} x {folds}-fold stratified cross-validation", algorithm.name())?;
    writeln!(out, "{:<10}{:>8}{:>13}{:>15}", "", "mean", "sd of folds", "sd of repeats")?;
    line(out, "ROC AUC", roc_auc)?;
    line(out, "Brier", brier)?;
    line(out, "log loss", log_loss)?;
    writeln!(out, "{:<10}{calibration_error:>8.4}   10 bins, folds of a repeat pooled\n", "ECE")
}

fn line(out: &mut impl Write, name: &str, spread: &Spread) -> io::Result<()> {
    let Spread { mean, sd_folds, sd_repeats } = spread;
    write!(out, "{name:<10}{mean:>8.4}{sd_folds:>13.4}")?;
    match sd_repeats {
        Some(deviation) => writeln!(out, "{deviation:>15.4}"),
        None => writeln!(out),
    }
}

pub(super) fn saved(out: &mut impl Write, folder: &Path, saved: &SavedModel) -> io::Result<()> {
    writeln!(out, "saved     {}, version {}, active", folder.display(), saved.manifest.version)
}
