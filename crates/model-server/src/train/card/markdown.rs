//! The card as Markdown.
//!
//! The texts are part of the saved cards: a change here changes their bytes.

use std::fmt::{Result, Write};

use super::{Card, intervals::Interval, markdown_sets::prediction_sets};

/// Renders the card as Markdown. `plots` is the folder of its plots, relative to the card.
#[must_use]
pub fn markdown(card: &Card, plots: &str) -> String {
    let mut text = String::new();
    // Writing to a string can't fail.
    let _ = write(&mut text, card, plots);
    text
}

fn write(out: &mut String, card: &Card, plots: &str) -> Result {
    writeln!(out, "# Model card: {}, version {}\n", card.model, card.version)?;
    writeln!(out, "{}\n", card.text.model)?;
    for part in
        [use_and_data, performance, thresholds, groups, explanation, prediction_sets, limits]
    {
        part(out, card, plots)?;
    }
    Ok(())
}

fn use_and_data(out: &mut String, card: &Card, _: &str) -> Result {
    let text = &card.text;
    let data = &card.data;
    writeln!(
        out,
        "## Intended use\n\n{}\n\n**Not for:** {}\n",
        text.intended_use, text.not_intended
    )?;
    writeln!(out, "## Data\n\n**Population.** {}\n", text.population)?;
    writeln!(out, "**Outcome.** {}\n", text.outcome)?;
    writeln!(out, "**Source and dates.** {}\n", text.source)?;
    // Data and missing values are shares of all women.
    let share = 100.0 * data.positives as f64 / data.rows as f64;
    writeln!(
        out,
        "`{}`: {} women, {} with diabetes ({share:.1} %). SHA-256 `{}`.\n",
        data.file, data.rows, data.positives, data.sha256
    )?;
    writeln!(out, "**Missing data.** {}\n", text.missing_data)?;
    head(out, &["not measured", "rows", "share"])?;
    for missing in &card.missing {
        let share = 100.0 * missing.share;
        writeln!(out, "| {} | {} | {share:.1} % |", missing.feature, missing.rows)?;
    }
    writeln!(out)
}

fn performance(out: &mut String, card: &Card, plots: &str) -> Result {
    let performance = &card.performance;
    let figures = &performance.figures;
    writeln!(out, "## Performance\n\n{}\n", card.text.validation)?;
    head(
        out,
        &["single fits", "mean of folds", "sd of folds", "mean of repeats", "95 % over resamples"],
    )?;
    // Two spreads per figure: over folds, and over resamples on other people.
    for (name, spread, interval) in [
        ("ROC AUC", figures.roc_auc, performance.roc_auc),
        ("Brier score", figures.brier, performance.brier),
        ("log loss", figures.log_loss, performance.log_loss),
    ] {
        let Interval { value, low, high } = interval;
        writeln!(
            out,
            "| {name} | {:.4} | {:.4} | {value:.4} | {low:.3} to {high:.3} |",
            spread.mean, spread.sd_folds
        )?;
    }
    writeln!(
        out,
        "\nSaying the overall share to everybody has a Brier score of {:.4}.\n\n![ROC curve]({plots}/roc.svg)\n",
        performance.brier_of_share
    )?;
    calibration(out, card, plots)
}

fn calibration(out: &mut String, card: &Card, plots: &str) -> Result {
    let found = &card.calibration;
    let used = &card.score_calibration;
    writeln!(out, "## Calibration\n")?;
    head(out, &["slope", "intercept", "expected over observed", "ECE, 10 bins, single fits"])?;
    writeln!(
        out,
        "| {:.3} | {:.3} | {:.3} | {:.4} |\n",
        found.slope, found.intercept, found.expected_over_observed, found.ece
    )?;
    let top = &found.top_tenth;
    let Interval { value, low, high } = top.observed;
    writeln!(
        out,
        "**Highest tenth.** The {} women of a repeat with the highest probabilities: predicted {:.3}, \
         observed {value:.3} ({low:.3} to {high:.3}). {}\n",
        top.rows, top.predicted, card.text.highest_tenth
    )?;
    // The score of a well calibrated model passes unchanged.
    let line = if *used == crate::model::Calibration::NONE {
        "The score is used as it is: a calibration line did not lower the out-of-fold loss by more \
         than its two parameters."
            .to_owned()
    } else {
        format!(
            "The score goes through a line with slope {:.3} and intercept {:.3}, fitted on \
             out-of-fold scores of the training rows.",
            used.slope, used.intercept
        )
    };
    writeln!(out, "{line}\n\n![Calibration curve]({plots}/calibration.svg)\n")?;
    head(out, &["predicted", "observed", "95 % over resamples", "rows per repeat"])?;
    // The numbers behind the plot.
    for bin in &card.calibration.curve {
        writeln!(
            out,
            "| {:.3} | {:.3} | {:.3} to {:.3} | {:.1} |",
            bin.predicted, bin.observed, bin.low, bin.high, bin.rows
        )?;
    }
    writeln!(out)
}

fn thresholds(out: &mut String, card: &Card, _: &str) -> Result {
    let rule = &card.threshold_rule;
    writeln!(
        out,
        "## Thresholds\n\nThe operating threshold is **{:.2}**: the highest at which at least {} of the \
         women who developed diabetes are called positive. Below **{:.2}** the level is low: at most {} of \
         those women are there. From **{:.2}** it is high: at least {} of the women there developed \
         diabetes. {}\n",
        card.threshold,
        percent(rule.min_sensitivity),
        card.risk_bands.medium,
        percent(rule.max_missed_by_low),
        card.risk_bands.high,
        percent(rule.min_share_of_high),
        card.text.thresholds
    )?;
    head(
        out,
        &[
            "from",
            "sensitivity",
            "specificity",
            "PPV",
            "NPV",
            "called positive",
            "net benefit",
            "of calling all",
        ],
    )?;
    for t in &card.thresholds {
        writeln!(
            out,
            "| {:.2} | {:.3} | {:.3} | {:.3} | {:.3} | {:.3} | {:.3} | {:.3} |",
            t.threshold,
            t.sensitivity,
            t.specificity,
            t.positive_predictive_value,
            t.negative_predictive_value,
            t.called,
            t.net_benefit,
            t.net_benefit_of_all
        )?;
    }
    writeln!(out)
}

fn groups(out: &mut String, card: &Card, _: &str) -> Result {
    writeln!(out, "## Groups\n\nNo figure where a group has fewer than ten of either outcome.\n")?;
    head(out, &["", "", "women", "with diabetes", "predicted", "observed", "ROC AUC", "Brier"])?;
    for group in &card.groups {
        writeln!(
            out,
            "| {} | {} | {} | {} | {:.3} | {:.3} | {} | {} |",
            group.by,
            group.group,
            group.rows,
            group.positives,
            group.predicted,
            group.observed,
            interval(group.roc_auc),
            interval(group.brier)
        )?;
    }
    writeln!(out)
}

fn interval(found: Option<Interval>) -> String {
    match found {
        Some(Interval { value, low, high }) => format!("{value:.3} ({low:.3} to {high:.3})"),
        None => String::new(),
    }
}

fn explanation(out: &mut String, card: &Card, plots: &str) -> Result {
    writeln!(out, "## Explanation\n\n{}\n", card.text.explanation)?;
    writeln!(out, "![Contributions of every woman's values]({plots}/shap.svg)\n")?;
    head(out, &["feature", "mean contribution by size, log-odds"])?;
    // The same order as in the plot.
    for importance in &card.importance {
        writeln!(out, "| {} | {:.3} |", importance.feature, importance.mean_contribution)?;
    }
    writeln!(out)
}

fn limits(out: &mut String, card: &Card, _: &str) -> Result {
    writeln!(out, "## Limits\n")?;
    for limit in card.text.limits {
        writeln!(out, "- {limit}")?;
    }
    writeln!(
        out,
        "\n## Reproducing it\n\n```sh\ncargo run -p model-server -- {}\n```\n",
        card.training_command.trim_start_matches("model-server ")
    )?;
    writeln!(
        out,
        "The same data and code ({}) give the same bytes, this card and its plots included. \
         Chosen by the search:\n",
        card.code_version
    )?;
    head(out, &["hyperparameter", "value"])?;
    for (name, value) in &card.hyperparameters {
        writeln!(out, "| {name} | {value} |")?;
    }
    Ok(())
}

fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

pub(super) fn head(out: &mut String, columns: &[&str]) -> Result {
    writeln!(out, "| {} |\n|{}", columns.join(" | "), "---|".repeat(columns.len()))
}
