//! The distribution of a vital's values at their displayed precision.

use std::collections::BTreeMap;

use vitals_core::domain::vital::Vital;

/// Number of values, by value in units of the last displayed decimal. Plausibility limits bound
/// the number of different values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Distribution(BTreeMap<i32, u64>);

impl Distribution {
    /// Adds a value of `vital`.
    pub fn add(&mut self, vital: Vital, value: f64) {
        *self.0.entry(units(vital, value)).or_default() += 1;
    }

    /// Adds the values of another distribution of the same vital.
    pub fn merge(&mut self, other: &Self) {
        for (units, count) in &other.0 {
            *self.0.entry(*units).or_default() += count;
        }
    }

    /// Number of values.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.values().sum()
    }

    /// Number of values at each unit from the lowest to the highest value, and the lowest one.
    #[must_use]
    pub fn dense(&self) -> Option<(i32, Vec<u64>)> {
        let (low, high) = (*self.0.first_key_value()?.0, *self.0.last_key_value()?.0);
        let counts = (low..=high).map(|units| self.0.get(&units).copied().unwrap_or_default());
        Some((low, counts.collect()))
    }

    /// The smallest value that at least `share` of the values do not exceed (nearest rank), in
    /// units; `None` without a value.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a count, far below 2^53"
    )]
    pub fn quantile(&self, share: f64) -> Option<i32> {
        // The nearest rank: a quantile is a value that was measured, never one in between.
        let rank = ((share * self.count() as f64).ceil() as u64).max(1);
        let mut seen = 0;
        self.0.iter().find_map(|(units, count)| {
            seen += count;
            (seen >= rank).then_some(*units)
        })
    }

    /// The mean, in units; `None` without a value.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    pub fn mean(&self) -> Option<f64> {
        let count = self.count();
        let sum: f64 = self.0.iter().map(|(units, count)| f64::from(*units) * *count as f64).sum();
        (count > 0).then(|| sum / count as f64)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the decoder refuses values beyond 400")]
fn units(vital: Vital, value: f64) -> i32 {
    (vital.round(value) / unit(vital)).round() as i32
}

/// The last displayed decimal of a vital.
#[must_use]
pub(super) fn unit(vital: Vital) -> f64 {
    0.1_f64.powi(vital.decimals())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(vital: Vital, values: &[f64]) -> Distribution {
        let mut distribution = Distribution::default();
        values.iter().for_each(|value| distribution.add(vital, *value));
        distribution
    }

    #[test]
    fn quantiles_are_by_nearest_rank() {
        let few = of(Vital::HeartRate, &[60.0, 70.0, 80.0, 90.0]);
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        let hundred = of(Vital::HeartRate, &hundred);
        for (distribution, share, expected) in [
            (&few, 0.0, 60),
            (&few, 0.25, 60),
            (&few, 0.5, 70),
            (&few, 0.75, 80),
            (&few, 1.0, 90),
            (&hundred, 0.05, 5),
            (&hundred, 0.5, 50),
            (&hundred, 0.95, 95),
        ] {
            assert_eq!(distribution.quantile(share), Some(expected), "{share}");
        }
        assert_eq!((few.mean(), few.count()), (Some(75.0), 4));
        assert_eq!(Distribution::default().quantile(0.5), None);
        assert_eq!(Distribution::default().mean(), None);
    }

    #[test]
    fn values_count_at_the_displayed_precision() {
        let mut temperature = of(Vital::Temperature, &[36.95, 37.04, 37.2]);
        assert_eq!(temperature.dense(), Some((370, vec![2, 0, 1])));
        temperature.merge(&of(Vital::Temperature, &[36.9]));
        assert_eq!(temperature.dense(), Some((369, vec![1, 2, 0, 1])));
        assert_eq!(of(Vital::HeartRate, &[79.5, 80.4]).dense(), Some((80, vec![2])));
    }
}
