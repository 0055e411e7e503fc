//! The ROC curve: the mean over the repeats, in a band from the lowest to the highest.

use plotters::prelude::*;

use crate::{
    stats::mean,
    train::{Dataset, Validation, card::Card},
};

use super::chart::{BLUE, Drawn, font, unit_square};

/// Places on the horizontal axis.
const PLACES: usize = 101;

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
    let at = |place: usize| place as f64 / (PLACES - 1) as f64;
    let over = |place: usize, start: f64, pick: fn(f64, f64) -> f64| {
        curves.iter().map(|curve| curve[place]).fold(start, pick)
    };
    let low = (0..PLACES).map(|i| (at(i), over(i, 1.0, f64::min)));
    let high = (0..PLACES).map(|i| (at(i), over(i, 0.0, f64::max)));
    let band: Vec<(f64, f64)> = low.chain(high.rev()).collect();
    let middle = (0..PLACES).map(|i| (at(i), mean(curves.iter().map(|curve| curve[i]))));

    let area = SVGBackend::with_string(svg, (640, 620)).into_drawing_area();
    let title = format!("ROC curve: {}", card.model);
    let mut chart = unit_square(&area, &title, "1 - specificity", "sensitivity")?;
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

/// The sensitivity at evenly spaced shares of false positives.
fn sensitivities(probabilities: &[f64], outcomes: &[bool]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    order.sort_by(|a, b| probabilities[*b].total_cmp(&probabilities[*a]));
    let positives = outcomes.iter().filter(|outcome| **outcome).count() as f64;
    let negatives = outcomes.len() as f64 - positives;
    let (mut found, mut wrong) = (0.0, 0.0);
    let mut curve = Vec::with_capacity(PLACES);
    for row in order {
        if outcomes[row] {
            found += 1.0;
        } else {
            // From here on the share of false positives is one row higher.
            while curve.len() < PLACES
                && (curve.len() as f64 / (PLACES - 1) as f64) * negatives < wrong + 1.0
            {
                curve.push(found / positives);
            }
            wrong += 1.0;
        }
    }
    curve.resize(PLACES, 1.0);
    curve
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_rises_with_what_is_found() {
        // Descending: positive, negative, positive, negative.
        let curve = sensitivities(&[0.9, 0.8, 0.7, 0.1], &[true, false, true, false]);
        assert_eq!(curve.len(), PLACES);
        assert!((curve[0] - 0.5).abs() < 1e-12 && (curve[49] - 0.5).abs() < 1e-12);
        assert!((curve[50] - 1.0).abs() < 1e-12 && (curve[100] - 1.0).abs() < 1e-12);
    }
}
