//! The ROC curve: the mean over the repeats, in a band from the lowest to the highest repeat.

use plotters::prelude::*;

use crate::{
    stats::mean,
    train::{Dataset, Validation, card::Card},
};

use super::chart::{BLUE, Drawn, font, unit_square};

/// Number of points on the horizontal axis.
const POINTS: usize = 101;

pub(super) fn draw(
    svg: &mut String,
    card: &Card,
    data: &Dataset,
    validation: &Validation,
) -> Drawn {
    let curves: Vec<Vec<f64>> = validation
        .repeats
        .iter()
        .map(|repeat| {
            let probabilities: Vec<f64> = repeat.iter().map(|row| row.probability).collect();
            sensitivities(&probabilities, &data.outcomes)
        })
        .collect();

    // The band: lowest sensitivities from left to right, then the highest ones back.
    let low = (0..POINTS).map(|i| (x(i), at(&curves, i).fold(1.0, f64::min)));
    let high = (0..POINTS).map(|i| (x(i), at(&curves, i).fold(0.0, f64::max)));
    let band: Vec<(f64, f64)> = low.chain(high.rev()).collect();
    let middle = (0..POINTS).map(|i| (x(i), mean(at(&curves, i))));

    let area = SVGBackend::with_string(svg, (640, 620)).into_drawing_area();
    let title = format!("ROC curve: {}", card.model);
    let mut chart = unit_square(&area, &title, "1 - specificity", "sensitivity")?;
    // The band first, because later series are drawn over earlier ones.
    chart.draw_series([Polygon::new(band, BLUE.mix(0.2))])?;
    chart.draw_series(LineSeries::new(middle, BLUE.stroke_width(2)))?;
    let interval = card.performance.roc_auc;
    let text = [
        format!("AUC {:.3}", interval.value),
        format!("95 % over people: {:.3} to {:.3}", interval.low, interval.high),
        format!("band: {} cross-validations", validation.repeats.len()),
    ];
    for (line, text) in text.into_iter().enumerate() {
        let place = (0.42, 0.25 - 0.06 * line as f64);
        chart.draw_series([Text::new(text, place, font(17))])?;
    }
    Ok(area.present()?)
}

/// The share of false positives at a point.
fn x(point: usize) -> f64 {
    point as f64 / (POINTS - 1) as f64
}

/// The sensitivities of all curves at a point.
fn at(curves: &[Vec<f64>], point: usize) -> impl Iterator<Item = f64> + '_ {
    curves.iter().map(move |curve| curve[point])
}

/// The sensitivity at evenly spaced shares of false positives.
fn sensitivities(probabilities: &[f64], outcomes: &[bool]) -> Vec<f64> {
    // From the highest probability down, as the threshold falls.
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    order.sort_by(|a, b| probabilities[*b].total_cmp(&probabilities[*a]));
    let positives = outcomes.iter().filter(|outcome| **outcome).count() as f64;
    let negatives = outcomes.len() as f64 - positives;
    let mut true_positives = 0.0;
    let mut false_positives = 0.0;
    let mut curve = Vec::with_capacity(POINTS);
    for row in order {
        if outcomes[row] {
            true_positives += 1.0;
        } else {
            // This row increases the share of false positives: the points up to it are complete.
            while curve.len() < POINTS
                && (curve.len() as f64 / (POINTS - 1) as f64) * negatives < false_positives + 1.0
            {
                curve.push(true_positives / positives);
            }
            false_positives += 1.0;
        }
    }
    curve.resize(POINTS, 1.0);
    curve
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_rises_with_every_true_positive() {
        // Descending: positive, negative, positive, negative.
        let curve = sensitivities(&[0.9, 0.8, 0.7, 0.1], &[true, false, true, false]);
        assert_eq!(curve.len(), POINTS);
        assert!((curve[0] - 0.5).abs() < 1e-12 && (curve[49] - 0.5).abs() < 1e-12);
        assert!((curve[50] - 1.0).abs() < 1e-12 && (curve[100] - 1.0).abs() < 1e-12);
    }
}
