//! The response: figures of a tally.

use super::{
    distribution::{Distribution, unit},
    tally::{Rejections, Tally, VitalTally},
};
use crate::wire::{
    BandTime, RateBucket, RefusedCount, RejectedCount, SHOWN, ScoreBand, Statistics,
    StatisticsSource, ValueDistribution, VitalStatistics, vital_name,
};

const MINUTE_MS: i64 = 60_000;

/// Bucket lengths of the rate, minutes: whole days have whole buckets.
const BUCKET_MINUTES: [i64; 9] = [1, 2, 5, 10, 15, 30, 60, 120, 360];

/// Maximum number of buckets, but for periods longer than a month.
const MAX_BUCKETS: i64 = 120;

/// Rows of a table of refused fields or rejected messages.
const MAX_ROWS: usize = 50;

/// The period and the ward of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The origin of the counts.
    pub source: StatisticsSource,
    /// The server's clock.
    pub now_ms: i64,
    /// Start of the period.
    pub from_ms: i64,
    /// End of the period, exclusive.
    pub to_ms: i64,
    /// The ward; `None` for all.
    pub ward: Option<String>,
}

/// A tally with its scope.
#[derive(Debug)]
pub struct Report {
    /// The scope.
    pub scope: Scope,
    /// The counts.
    pub tally: Tally,
    /// The rejected messages.
    pub rejections: Rejections,
}

impl Report {
    /// The response.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts and durations are far below 2^53")]
    pub fn into_statistics(self) -> Statistics {
        let Self { scope, tally, rejections } = self;
        let length_ms = scope.to_ms - scope.from_ms;
        let readings_per_minute = if length_ms > 0 {
            Some(tally.readings as f64 * MINUTE_MS as f64 / length_ms as f64)
        } else {
            None
        };
        let bands = ScoreBand::ALL
            .into_iter()
            .filter_map(|band| Some(BandTime { band, duration_ms: *tally.bands.get(&band)? }));
        let vitals = tally.vitals.iter().zip(SHOWN).filter_map(|(vital, name)| {
            let completeness = share(vital.current_ms, tally.monitored_ms);
            Some(VitalStatistics {
                vital: vital_name(name)?,
                completeness,
                doubted: vital.doubted,
                distribution: distribution(vital, unit(name)),
            })
        });
        Statistics {
            bucket_ms: bucket_ms(length_ms),
            rate: rate(&tally, &scope),
            bands: bands.collect(),
            vitals: vitals.collect(),
            refused: tally.refused.most_frequent(MAX_ROWS).into_iter().map(refused).collect(),
            refused_total: tally.refused.total(),
            rejected: rejections.0.most_frequent(MAX_ROWS).into_iter().map(rejected).collect(),
            rejected_total: rejections.0.total(),
            source: scope.source,
            server_time_ms: scope.now_ms,
            from_ms: scope.from_ms,
            to_ms: scope.to_ms,
            ward: scope.ward,
            patients: tally.patients.len(),
            readings: tally.readings,
            readings_per_minute,
            monitored_ms: tally.monitored_ms,
            archived_up_to: None,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "durations are far below 2^53")]
fn share(part_ms: i64, whole_ms: i64) -> Option<f64> {
    (whole_ms > 0).then(|| part_ms as f64 / whole_ms as f64)
}

fn distribution(vital: &VitalTally, unit: f64) -> Option<ValueDistribution> {
    let values: &Distribution = &vital.values;
    let (low, counts) = values.dense()?;
    // Divided, not multiplied: 373 / 10 is 37.3, 373 * 0.1 is not.
    let per_unit = (1.0 / unit).round();
    let value = |units: i32| f64::from(units) / per_unit;
    let quantile = |share| values.quantile(share).map(value);
    Some(ValueDistribution {
        count: values.count(),
        mean: values.mean()? / per_unit,
        min: quantile(0.0)?,
        p5: quantile(0.05)?,
        p25: quantile(0.25)?,
        median: quantile(0.5)?,
        p75: quantile(0.75)?,
        p95: quantile(0.95)?,
        max: quantile(1.0)?,
        step: unit,
        first: value(low),
        counts,
    })
}

/// The shortest bucket of which the period has at most [`MAX_BUCKETS`].
fn bucket_ms(length_ms: i64) -> i64 {
    let mut lengths = BUCKET_MINUTES.into_iter().map(|minutes| minutes * MINUTE_MS);
    let longest = BUCKET_MINUTES[BUCKET_MINUTES.len() - 1] * MINUTE_MS;
    lengths.find(|bucket_ms| bucket_ms * MAX_BUCKETS >= length_ms).unwrap_or(longest)
}

/// Readings a minute in every bucket. The first and the last one count as long as they are within
/// the period.
#[expect(clippy::cast_precision_loss, reason = "counts and durations are far below 2^53")]
fn rate(tally: &Tally, scope: &Scope) -> Vec<RateBucket> {
    let length_ms = bucket_ms(scope.to_ms - scope.from_ms);
    let mut start_ms = scope.from_ms.div_euclid(length_ms) * length_ms;
    let mut buckets = Vec::new();
    while start_ms < scope.to_ms {
        let end_ms = start_ms + length_ms;
        let readings = tally.minutes.range(start_ms..end_ms).map(|(_, count)| count).sum::<u64>();
        let covered_ms = end_ms.min(scope.to_ms) - start_ms.max(scope.from_ms);
        let per_minute = readings as f64 * MINUTE_MS as f64 / covered_ms as f64;
        buckets.push(RateBucket { time_ms: start_ms, readings, per_minute });
        start_ms = end_ms;
    }
    buckets
}

fn refused((key, count): (&super::tally::RefusedKey, u64)) -> RefusedCount {
    let (field, reason, device_id) = key.clone();
    RefusedCount { field, reason: reason.to_owned(), device_id, count }
}

fn rejected((key, count): (&(String, Option<String>), u64)) -> RejectedCount {
    let (reason, device_id) = key.clone();
    RejectedCount { reason, device_id, count }
}
