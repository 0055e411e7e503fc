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

/// Draws the plots of a validation. Returns the name and content of each file.
///
/// # Errors
/// The library can't draw a plot.
pub fn validation_plots(
    card: &Card,
    data: &Dataset,
    validation: &Validation,
) -> Result<[(&'static str, String); 2], PlotError> {
    Ok([
        draw("roc.svg", |svg| roc::draw(svg, card, data, validation))?,
        draw("calibration.svg", |svg| calibration::draw(svg, card))?,
    ])
}

/// Draws the contributions of a version on its training data. Returns the file's name and content.
///
/// # Errors
/// The library can't draw the plot.
pub fn contribution_plot(saved: &SavedModel) -> Result<(&'static str, String), PlotError> {
    draw("shap.svg", |svg| shap::draw(svg, &saved.manifest.name, &saved.overview))
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
