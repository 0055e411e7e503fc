//! Figures of the last hour, for sparklines.

use std::collections::{BTreeMap, VecDeque};

use crate::wire::{PipelineFigure, PipelineTrend};

/// Length of the trends.
const HOUR_MS: i64 = 3_600_000;

/// Interval between two points: a sparkline has no more pixels for an hour.
const POINT_MS: i64 = 20_000;

/// The figures of one moment. A figure that no service reports is absent.
pub(super) type Sample = BTreeMap<PipelineFigure, f64>;

/// The points of the last hour, oldest first.
#[derive(Debug, Default)]
pub(super) struct Trends {
    points: VecDeque<(i64, Sample)>,
}

impl Trends {
    /// Adds the figures of `now_ms`. Within the interval of a point they replace the last ones.
    pub(super) fn add(&mut self, now_ms: i64, sample: Sample) {
        // Points at multiples of the interval, the same ones for every browser.
        let place = now_ms.div_euclid(POINT_MS) * POINT_MS;
        if self.points.back().is_some_and(|(time, _)| *time == place) {
            self.points.pop_back();
        }
        self.points.push_back((place, sample));
        while self.points.front().is_some_and(|(time, _)| *time < now_ms - HOUR_MS) {
            self.points.pop_front();
        }
    }

    /// One trend per figure that was ever reported; `null` where it was not.
    pub(super) fn trends(&self) -> Vec<PipelineTrend> {
        let figures = PipelineFigure::ALL.into_iter();
        figures
            .filter(|figure| self.points.iter().any(|(_, sample)| sample.contains_key(figure)))
            .map(|figure| PipelineTrend {
                figure,
                values: self
                    .points
                    .iter()
                    .map(|(_, sample)| sample.get(&figure).copied())
                    .collect(),
            })
            .collect()
    }

    /// Times of the points.
    pub(super) fn times(&self) -> Vec<i64> {
        self.points.iter().map(|(time, _)| *time).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(lag: f64) -> Sample {
        Sample::from([(PipelineFigure::Lag, lag)])
    }

    #[test]
    fn trends_have_a_point_per_interval_of_the_last_hour() {
        let mut trends = Trends::default();
        for second in 0..4_000_i32 {
            trends.add(i64::from(second) * 1_000, sample(f64::from(second)));
        }
        let times = trends.times();
        assert_eq!((times.first(), times.last()), (Some(&400_000), Some(&3_980_000)));
        let found = trends.trends();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].values.len(), times.len());
        assert_eq!(found[0].values.last(), Some(&Some(3_999.0)));
    }

    #[test]
    fn a_figure_that_is_not_reported_is_a_gap() {
        let mut trends = Trends::default();
        trends.add(0, sample(1.0));
        trends.add(POINT_MS, Sample::new());
        trends.add(2 * POINT_MS, sample(3.0));
        assert_eq!(trends.trends()[0].values, [Some(1.0), None, Some(3.0)]);
    }
}
