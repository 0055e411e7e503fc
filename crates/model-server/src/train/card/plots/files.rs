//! Draws every plot of a card.

use thiserror::Error;

use crate::{
    registry::SavedModel,
    train::{Dataset, Validation, card::Card},
};

use super::{calibration, chart::Drawn, roc, shap};

/// An error of drawing a plot.
#[derive(Debug, Error)]
#[error("can't draw {file}: {reason}")]
pub struct PlotError {
    file: &'static str,
    reason: String,
}

/// Draws the plots. Returns the name and content of each file.
///
/// # Errors
/// The library can't draw a plot.
pub fn plots(
    card: &Card,
    saved: &SavedModel,
    data: &Dataset,
    validation: &Validation,
) -> Result<[(&'static str, String); 3], PlotError> {
    Ok([
        draw("roc.svg", |svg| roc::draw(svg, card, data, validation))?,
        draw("calibration.svg", |svg| calibration::draw(svg, card))?,
        draw("shap.svg", |svg| shap::draw(svg, card, &saved.overview))?,
    ])
}

fn draw(
    file: &'static str,
    plot: impl FnOnce(&mut String) -> Drawn,
) -> Result<(&'static str, String), PlotError> {
    let mut svg = String::new();
    match plot(&mut svg) {
        // A newline at the end, as of any text file.
        Ok(()) => Ok((file, svg + "\n")),
        Err(error) => Err(PlotError { file, reason: error.to_string() }),
    }
}
