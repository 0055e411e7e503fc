//! The calibration curve: observed share by predicted probability, with the number of rows per bin.

use plotters::prelude::*;

use crate::{stats::CALIBRATION_BINS, train::card::Card};

use super::chart::{BLUE, Drawn, FAINT, font, unit_square};

/// Height of the fullest bin's bar.
const TALLEST: f64 = 0.14;

pub(super) fn draw(svg: &mut String, card: &Card) -> Drawn {
    let found = &card.calibration;
    let area = SVGBackend::with_string(svg, (640, 620)).into_drawing_area();
    let title = format!("Calibration: {}", card.model);
    let mut chart = unit_square(&area, &title, "predicted probability", "observed share")?;

    // Bars of the bins, intervals, then the curve on top.
    let max_rows = found.curve.iter().map(|bin| bin.rows).fold(1.0, f64::max);
    let width = 1.0 / CALIBRATION_BINS as f64;
    chart.draw_series(found.curve.iter().map(|bin| {
        // The bar is drawn over its bin, the point at the mean prediction within it.
        let left = (bin.predicted / width).floor() * width;
        let corners = [(left + 0.01, 0.0), (left + width - 0.01, TALLEST * bin.rows / max_rows)];
        Rectangle::new(corners, FAINT.mix(0.4).filled())
    }))?;
    chart.draw_series(found.curve.iter().map(|bin| {
        PathElement::new([(bin.predicted, bin.low), (bin.predicted, bin.high)], BLUE.mix(0.6))
    }))?;
    let points = found.curve.iter().map(|bin| (bin.predicted, bin.observed));
    chart.draw_series(LineSeries::new(points.clone(), BLUE.stroke_width(2)))?;
    chart.draw_series(points.map(|point| Circle::new(point, 4, BLUE.filled())))?;
    let text = [
        format!("slope {:.2}, intercept {:.2}", found.slope, found.intercept),
        format!("ECE {:.3}", found.ece),
        "bars: rows per bin".to_owned(),
    ];
    for (line, text) in text.into_iter().enumerate() {
        let place = (0.04, 0.95 - 0.06 * line as f64);
        chart.draw_series([Text::new(text, place, font(17))])?;
    }
    Ok(area.present()?)
}
