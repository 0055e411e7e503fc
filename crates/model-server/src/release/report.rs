//! The report of a release, as Markdown beside its plots.

use std::fmt::{Result, Write as _};

use crate::registry::Author;

use super::{assessment::Assessment, gates::Gate};

/// The comparison on one set of data.
pub(super) struct Comparison {
    /// The data, in words.
    pub(super) data: String,
    /// The versions with their figures, the candidate first, and the prefix of their plots.
    pub(super) versions: Vec<(String, Assessment, String)>,
    pub(super) gates: Vec<Gate>,
}

/// The report's text. `contributions` has a version and the file of its plot.
pub(super) fn markdown(
    candidate: &str,
    approver: &Author,
    comparisons: &[Comparison],
    contributions: &[(String, String)],
) -> String {
    let mut text = String::new();
    // Writing to a string can't fail.
    let _ = write(&mut text, candidate, approver, comparisons, contributions);
    text
}

fn write(
    out: &mut String,
    candidate: &str,
    approver: &Author,
    comparisons: &[Comparison],
    contributions: &[(String, String)],
) -> Result {
    let passed =
        comparisons.iter().flat_map(|comparison| &comparison.gates).all(|gate| gate.passed);
    let verdict = if passed { "released" } else { "refused" };
    writeln!(out, "# {candidate}: {verdict}\n")?;
    writeln!(out, "Approver: {}. Reason: {}\n", approver.who, approver.why)?;
    for comparison in comparisons {
        writeln!(out, "## {}\n", comparison.data)?;
        figures(out, comparison)?;
        writeln!(out, "\n| gate | value | |\n|---|---|---|")?;
        for gate in &comparison.gates {
            let outcome = if gate.passed { "passed" } else { "**failed**" };
            writeln!(out, "| {} | {:.4} | {outcome} |", gate.condition, gate.value)?;
        }
        writeln!(out)?;
        for (version, _, prefix) in &comparison.versions {
            for (plot, name) in [("roc", "ROC curve"), ("calibration", "Calibration")] {
                writeln!(out, "![{name} of {version}]({prefix}-{plot}.svg)")?;
            }
        }
        writeln!(out)?;
    }
    writeln!(out, "## Contributions of the features, on the training data\n")?;
    for (version, file) in contributions {
        writeln!(out, "![Contributions of {version}]({file})")?;
    }
    Ok(())
}

fn figures(out: &mut String, comparison: &Comparison) -> Result {
    writeln!(
        out,
        "| version | ROC AUC | Brier score | calibration error | worst group, ROC AUC |"
    )?;
    writeln!(out, "|---|---|---|---|---|")?;
    for (version, found, _) in &comparison.versions {
        let Assessment { roc_auc, brier, calibration_error, worst_group } = found;
        let group = match worst_group {
            Some((group, value)) => format!("{group}: {value:.3}"),
            None => "too few people".to_owned(),
        };
        writeln!(
            out,
            "| {version} | {:.3} ({:.3} to {:.3}) | {:.3} ({:.3} to {:.3}) | {calibration_error:.3} | {group} |",
            roc_auc.value, roc_auc.low, roc_auc.high, brier.value, brier.low, brier.high,
        )?;
    }
    Ok(())
}
