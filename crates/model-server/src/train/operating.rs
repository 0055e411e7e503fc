//! Chooses the operating threshold and the risk bands by a rule, on out-of-fold predictions.

use crate::{model::RiskBands, registry::ThresholdRule};

use super::{
    Dataset, Validation,
    card::{OperatingPoint, operating_point},
};

/// Candidate thresholds per unit of probability: they are told to people with two decimals.
const PER_UNIT: u32 = 100;

/// Chooses threshold and bands over the rows of all repeats, each scored by a single fit.
pub(super) fn choose(
    rule: ThresholdRule,
    data: &Dataset,
    validation: &Validation,
) -> (f64, RiskBands) {
    let points: Vec<OperatingPoint> = (1..PER_UNIT)
        .map(|i| operating_point(f64::from(i) / f64::from(PER_UNIT), data, validation))
        .collect();
    // Sensitivity falls with the threshold, so the last match is the highest one.
    let highest_with = |sensitivity: f64| {
        let found = points.iter().rev().find(|point| point.sensitivity >= sensitivity);
        found.map_or(0.0, |point| point.threshold)
    };
    let threshold = highest_with(rule.min_sensitivity);
    let medium = highest_with(1.0 - rule.max_missed_by_low).min(threshold);
    let high = points.iter().find(|point| {
        point.threshold >= threshold && point.positive_predictive_value >= rule.min_share_of_high
    });
    // No level is high if none is certain enough.
    (threshold, RiskBands { medium, high: high.map_or(1.0, |point| point.threshold) })
}

#[cfg(test)]
mod tests {
    use indicatif::ProgressBar;

    use crate::{
        model::Algorithm,
        test_data::pima,
        train::{Protocol, cross_validate},
    };

    use super::*;

    #[test]
    fn each_bound_is_the_best_one_that_meets_its_requirement() {
        let data = pima();
        let protocol = Protocol { folds: 5, repeats: 2 };
        let found =
            cross_validate(&data, Algorithm::Logistic, protocol, &ProgressBar::hidden()).unwrap();
        let at = |threshold: f64| operating_point(threshold, &data, &found);
        for rule in [
            ThresholdRule::DEFAULT,
            ThresholdRule { min_sensitivity: 0.6, max_missed_by_low: 0.1, min_share_of_high: 0.8 },
        ] {
            let (threshold, bands) = choose(rule, &data, &found);
            assert!(bands.surround(threshold), "{threshold} {bands:?}");
            assert!(at(threshold).sensitivity >= rule.min_sensitivity);
            assert!(at(threshold + 0.01).sensitivity < rule.min_sensitivity);
            assert!(1.0 - at(bands.medium).sensitivity <= rule.max_missed_by_low);
            assert!(1.0 - at(bands.medium + 0.01).sensitivity > rule.max_missed_by_low);
            assert!(at(bands.high).positive_predictive_value >= rule.min_share_of_high);
            assert!(at(bands.high - 0.01).positive_predictive_value < rule.min_share_of_high);
        }
        let never = ThresholdRule { min_share_of_high: 1.0, ..ThresholdRule::DEFAULT };
        assert!(choose(never, &data, &found).1.high <= 1.0);
    }
}
