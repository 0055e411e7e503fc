//! The files of the plots.

use thiserror::Error;

use crate::{
    registry::SavedModel,
    train::{Dataset, Validation, card::Card},
};

use super::{calibration, chart::Drawn, roc, shap};

/// A plot that could not be drawn.
#[derive(Debug, Error)]
#[error("can't draw {file}: {why}")]
pub struct PlotError {
    file: &'static str,
    why: String,
}

/// The files of a card: name and content.
///
/// # Errors
/// A plot that the library refuses to draw.
pub fn plots(
    card: &Card,
    saved: &SavedModel,
    data: &Dataset,
    validation: &Validation,
) -> Result<[(&'static str, String); 3], PlotError> {
    let draw = |file, plot: &dyn Fn(&mut String) -> Drawn| {
        let mut svg = String::new();
        match plot(&mut svg) {
            Ok(()) => Ok((file, svg + "\n")),
            Err(error) => Err(PlotError { file, why: error.to_string() }),
        }
    };
    Ok([
        draw("roc.svg", &|svg| roc::draw(svg, card, data, validation))?,
        draw("calibration.svg", &|svg| calibration::draw(svg, card))?,
        draw("shap.svg", &|svg| shap::draw(svg, card, &saved.overview))?,
    ])
}
