//! The section of a card on prediction sets.
//!
//! The texts are part of the saved cards: a change here changes their bytes.

use std::fmt::{Result, Write};

use super::{Card, markdown::head};

pub(super) fn prediction_sets(out: &mut String, card: &Card, _: &str) -> Result {
    writeln!(
        out,
        "### Prediction sets\n\n{}\n\nShare of all sets that held the true outcome, on rows they were \
         not made from:\n",
        card.text.prediction_sets
    )?;
    head(out, &["confidence", "all", "women with diabetes", "without"])?;
    for c in &card.coverage {
        let confidence = c.confidence;
        writeln!(
            out,
            "| {confidence:.2} | {:.3} | {:.3} | {:.3} |",
            c.all, c.positive, c.negative
        )?;
    }
    writeln!(out, "\nBy kind of set, with the share of the women who developed diabetes:\n")?;
    head(out, &["confidence", "set", "share of the sets", "of these women with diabetes"])?;
    for c in &card.coverage {
        for kind in &c.kinds {
            let share = kind.with_diabetes.map_or(String::new(), |share| format!("{share:.3}"));
            let confidence = c.confidence;
            writeln!(out, "| {confidence:.2} | {} | {:.3} | {share} |", kind.set, kind.share)?;
        }
    }
    writeln!(out)
}
