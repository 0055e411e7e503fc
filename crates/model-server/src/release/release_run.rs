//! The steps of a release.

use std::{fs, io::Write, path::PathBuf};

use anyhow::{Context as _, bail, ensure};
use vitals_core::{domain::model_event::Step, runtime::config::GateSettings};

use crate::{
    registry::{Author, LoadError, ModelId, PublicKey, Registry, SavedModel},
    train::{DIRTY, Dataset, Protocol},
};

use super::{
    comparisons::{as_saved, draw_contributions, on_folds, on_held_out, write},
    report::{Comparison, markdown},
};

/// The file of the report.
const REPORT: &str = "report.md";

/// The input and output of a release.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The registry's folder.
    pub models: PathBuf,
    /// The version to release.
    pub candidate: ModelId,
    /// Labelled data for the comparison on the same folds.
    pub data: PathBuf,
    /// Newer labelled data that no version was trained on.
    pub held_out: Option<PathBuf>,
    /// Folder for the reports; each release has its own folder in it.
    pub reports: PathBuf,
    /// Folds and repeats.
    pub protocol: Protocol,
    /// Accepts a candidate by its own figures, if the active version can't be loaded.
    pub without_comparison: bool,
    /// The key that both versions have to be signed with, if any.
    pub public_key: Option<PublicKey>,
    /// The limits of the gates.
    pub gates: GateSettings,
    /// The person who approves the release, and the reason.
    pub approver: Author,
}

/// Compares the candidate with the active version, writes the report, and activates the candidate if
/// it passes every gate. Either outcome is recorded in the ledger.
///
/// # Errors
/// A gate failed, the candidate's sources are in no commit, the data or a version can't be read, or a
/// file can't be written.
pub fn release(plan: &Plan, out: &mut impl Write) -> anyhow::Result<()> {
    let registry = Registry::new(&plan.models).signed_with(plan.public_key.clone());
    let candidate = registry.load(&plan.candidate)?;
    let is_dirty = candidate.manifest.commit.as_ref().is_some_and(|commit| commit.ends_with(DIRTY));
    ensure!(
        !is_dirty,
        "{} was trained from sources that are in no commit: commit them and train again",
        plan.candidate
    );
    let versions = [Some(candidate), champion(plan, &registry)?];
    let versions: Vec<SavedModel> = versions.into_iter().flatten().collect();
    let folder = plan.reports.join(plan.candidate.to_string().replace('/', "-"));
    fs::create_dir_all(&folder).with_context(|| format!("can't create {}", folder.display()))?;

    // The kinds on the same folds, the candidate's own numbers, then data that no version has seen.
    let data = Dataset::read(&plan.data)?;
    let mut comparisons = vec![
        on_folds(plan, &versions, &data, &folder)?,
        as_saved(plan, &versions, &data, &folder)?,
    ];
    if let Some(held_out) = &plan.held_out {
        comparisons.push(on_held_out(plan, &versions, held_out, &folder)?);
    } else {
        ensure!(!plan.gates.require_held_out, "the settings require --held-out FILE");
    }

    let name = plan.candidate.to_string();
    let contributions = draw_contributions(&versions, &folder)?;
    let text = markdown(&name, &plan.approver, &comparisons, &contributions);
    write(&folder, REPORT, &text)?;
    writeln!(out, "report    {}", folder.join(REPORT).display())?;
    conclude(plan, &registry, &comparisons)?;
    writeln!(out, "active    {}", plan.candidate)?;
    Ok(())
}

/// Activates the candidate if every gate has passed, and records the outcome.
fn conclude(plan: &Plan, registry: &Registry, comparisons: &[Comparison]) -> anyhow::Result<()> {
    let failed: Vec<String> = comparisons
        .iter()
        .flat_map(|comparison| comparison.gates.iter().map(move |gate| (&comparison.data, gate)))
        .filter(|(_, gate)| !gate.passed)
        .map(|(data, gate)| format!("{data}: {}, found {:.4}", gate.condition, gate.value))
        .collect();
    if failed.is_empty() {
        return Ok(registry.release(&plan.candidate, &plan.approver)?);
    }
    let why = format!("gates failed: {}", failed.join("; "));
    let author = Author { who: plan.approver.who.clone(), why: why.clone() };
    registry.record(Step::Refused, &plan.candidate, &author)?;
    bail!("{} is not released; {why}", plan.candidate)
}

/// The active version; `None` if there is none to compare with.
fn champion(plan: &Plan, registry: &Registry) -> anyhow::Result<Option<SavedModel>> {
    let id = match registry.active() {
        Ok(id) => id,
        Err(LoadError::NoModel { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    if id == plan.candidate {
        ensure!(!registry.is_released(&id)?, "{id} is released and active already");
        return Ok(None);
    }
    match registry.load(&id) {
        Ok(champion) => Ok(Some(champion)),
        Err(_) if plan.without_comparison => Ok(None),
        Err(error) => Err(anyhow::Error::from(error)
            .context("the active version can't be compared; see --without-comparison")),
    }
}
