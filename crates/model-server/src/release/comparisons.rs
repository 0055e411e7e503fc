//! The comparisons of a release: on the same folds, as saved, and on held-out data.

use std::{fs, path::Path};

use anyhow::{Context as _, bail, ensure};

use crate::{
    model::Algorithm,
    registry::SavedModel,
    train::{
        Card, Dataset, Evidence, Protocol, Resamples, Validation, contribution_plot,
        cross_validate, known_people, progress, score_saved, validation_plots,
    },
};

use super::{assessment::Assessment, gates::judge, release_run::Plan, report::Comparison};

/// The roles of the compared versions, in their order.
const ROLES: [&str; 2] = ["candidate", "champion"];

/// Compares the kinds of model, each fitted anew on the same folds.
pub(super) fn on_folds(
    plan: &Plan,
    versions: &[SavedModel],
    data: &Dataset,
    folder: &Path,
) -> anyhow::Result<Comparison> {
    let mut validations: Vec<(Algorithm, Validation)> = Vec::new();
    for version in versions {
        let algorithm = version.manifest.algorithm;
        if validations.iter().any(|(known, _)| *known == algorithm) {
            continue;
        }
        let progress = progress(algorithm, plan.protocol);
        let validation = cross_validate(data, algorithm, plan.protocol, &progress)?;
        progress.finish_and_clear();
        validations.push((algorithm, validation));
    }
    let found = versions.iter().map(|version| {
        let algorithm = version.manifest.algorithm;
        let known = validations.iter().find(|(known, _)| *known == algorithm);
        let validation = known.map(|(_, validation)| validation.clone());
        validation.context("a kind of model was not validated")
    });
    let found = found.collect::<anyhow::Result<Vec<_>>>()?;
    let Protocol { folds, repeats } = plan.protocol;
    let text = format!("{repeats} x {folds}-fold cross-validation on {}", data.source.file);
    compare(plan, versions, data, &found, folder, "folds", text)
}

/// Judges the candidate's own numbers. The folds judge its kind, fitted anew, and would release numbers
/// that come from other data or from no training. On its training data its figures flatter it, so this
/// comparison has no champion: only a failure counts.
pub(super) fn as_saved(
    plan: &Plan,
    versions: &[SavedModel],
    data: &Dataset,
    folder: &Path,
) -> anyhow::Result<Comparison> {
    let candidate = &versions[..1];
    let text = format!("the candidate as saved, on {}", data.source.file);
    compare(plan, candidate, data, &scored(candidate, data)?, folder, "saved", text)
}

/// Compares the saved versions on data that none of them was trained on.
pub(super) fn on_held_out(
    plan: &Plan,
    versions: &[SavedModel],
    path: &Path,
    folder: &Path,
) -> anyhow::Result<Comparison> {
    let data = Dataset::read(path)?;
    for version in versions {
        let known = known_people(version, data.rows.view());
        ensure!(
            known == 0,
            "{known} of the {} people in {} are in the training data of {}/{}: it is no held-out data",
            data.source.rows,
            path.display(),
            version.manifest.name,
            version.manifest.version
        );
    }
    let text = format!("held-out data {}", data.source.file);
    compare(plan, versions, &data, &scored(versions, &data)?, folder, "held-out", text)
}

/// Scores every version as it is saved.
fn scored(versions: &[SavedModel], data: &Dataset) -> anyhow::Result<Vec<Validation>> {
    let found = versions.iter().map(|version| score_saved(version, data));
    Ok(found.collect::<Result<_, _>>()?)
}

fn compare(
    plan: &Plan,
    versions: &[SavedModel],
    data: &Dataset,
    found: &[Validation],
    folder: &Path,
    prefix: &str,
    text: String,
) -> anyhow::Result<Comparison> {
    let mut assessed = Vec::new();
    for (role, (version, validation)) in ROLES.iter().zip(versions.iter().zip(found)) {
        let resamples = Resamples::of_people(validation);
        let card = Card::new(version, &Evidence { data, validation, resamples: &resamples });
        let prefix = format!("{prefix}-{role}");
        for (plot, svg) in validation_plots(&card, data, validation)? {
            write(folder, &format!("{prefix}-{plot}"), &svg)?;
        }
        assessed.push((label(version, role), Assessment::of(&card, validation), prefix));
    }
    let [(_, candidate, _), rest @ ..] = assessed.as_slice() else {
        bail!("no version to compare")
    };
    let champion = rest.first().map(|(_, champion, _)| champion);
    let gates = judge(&plan.gates, candidate, champion);
    Ok(Comparison { data: text, versions: assessed, gates })
}

/// Draws the contributions of every version once, because they don't depend on the data of a comparison.
/// Returns each version's name in the report and its file.
pub(super) fn draw_contributions(
    versions: &[SavedModel],
    folder: &Path,
) -> anyhow::Result<Vec<(String, String)>> {
    let mut drawn = Vec::new();
    for (role, version) in ROLES.iter().zip(versions) {
        let (plot, svg) = contribution_plot(version)?;
        let file = format!("{role}-{plot}");
        write(folder, &file, &svg)?;
        drawn.push((label(version, role), file));
    }
    Ok(drawn)
}

fn label(version: &SavedModel, role: &str) -> String {
    format!("{}/{} ({role})", version.manifest.name, version.manifest.version)
}

/// Writes a file of the report.
pub(super) fn write(folder: &Path, file: &str, text: &str) -> anyhow::Result<()> {
    let path = folder.join(file);
    fs::write(&path, text).with_context(|| format!("can't write {}", path.display()))
}
