//! Statistics of the simulation against those of the ICU record that it is fitted to, over the same
//! 32 hours.

use std::time::Duration;

use vitals_core::domain::vital::Vital;

use super::*;
use crate::{
    cli::SimulateArgs,
    source::{Now, Source as _},
};

/// Readings per minute: an interval of ten seconds is enough for one-minute means.
const PER_MINUTE: usize = 6;
const MINUTES: usize = 32 * 60;
/// Patients 1, 3, 5, 7 and 10 of every ten stay well.
const WELL: [usize; 5] = [0, 2, 4, 6, 9];

type Series = Vec<f64>;

/// One-minute means of heart rate, respiratory rate, SpO2 and pulse, and every systolic pressure.
#[derive(Default)]
struct Record {
    minutes: [Series; 4],
    systolic: Series,
}

const MEASURED: [Vital; 4] = [Vital::HeartRate, Vital::RespiratoryRate, Vital::Spo2, Vital::Pulse];

fn records() -> Vec<Record> {
    let args = SimulateArgs {
        patients: 20,
        rate: Some(2.0),
        start_ms: Some(1_763_812_800_000),
        ..SimulateArgs::default()
    };
    let mut simulation = Simulation::new(&args);
    let now = Now { wall_ms: 1, elapsed: Duration::ZERO };
    let mut sums = vec![[(0.0, 0.0); 4]; 20];
    let mut records: Vec<_> = (0..20).map(|_| Record::default()).collect();
    for n in 0..20 * PER_MINUTE * MINUTES {
        let vitals = simulation.next(now).unwrap().reading.vitals;
        let patient = n % 20;
        let round = n / 20;
        for (sum, vital) in sums[patient].iter_mut().zip(MEASURED) {
            let value = vitals.get(vital).unwrap();
            if value > 0.0 {
                *sum = (sum.0 + value, sum.1 + 1.0);
            }
        }
        records[patient].systolic.extend(vitals.get(Vital::Systolic));
        if (round + 1) % PER_MINUTE == 0 {
            let sums = std::mem::take(&mut sums[patient]);
            // A minute without a probe is left out of every series, so that the series stay aligned.
            if sums.iter().all(|sum| sum.1 > 0.0) {
                for (minutes, sum) in records[patient].minutes.iter_mut().zip(sums) {
                    minutes.push(sum.0 / sum.1);
                }
            }
        }
    }
    let mut index = 0..;
    records.retain(|_| WELL.contains(&(index.next().unwrap_or(0) % 10)));
    records
}

fn mean(series: &[f64]) -> f64 {
    series.iter().sum::<f64>() / series.len() as f64
}

/// The sum of the products of deviations, not divided by the count.
fn covariance(a: &[f64], b: &[f64]) -> f64 {
    let mean_a = mean(a);
    let mean_b = mean(b);
    a.iter().zip(b).map(|(a, b)| (a - mean_a) * (b - mean_b)).sum()
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    covariance(a, b) / (covariance(a, a) * covariance(b, b)).sqrt()
}

fn sd(series: &[f64]) -> f64 {
    let mean = mean(series);
    (series.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / series.len() as f64).sqrt()
}

/// Asserts that the mean of `statistic` over the patients is within `tolerance` of the ICU record's
/// `target`.
fn check(
    name: &str,
    target: f64,
    tolerance: f64,
    statistic: impl Fn(&Record) -> f64,
    of: &[Record],
) {
    let values: Vec<_> = of.iter().map(statistic).collect();
    let found = mean(&values);
    assert!((found - target).abs() <= tolerance, "{name}: {found:.3}, the record has {target}");
}

/// Correlation of a series with itself one minute later.
fn lag(index: usize) -> impl Fn(&Record) -> f64 {
    move |record| {
        let series = &record.minutes[index];
        correlation(&series[1..], &series[..series.len() - 1])
    }
}

/// Correlation of two series.
fn pair(a: usize, b: usize) -> impl Fn(&Record) -> f64 {
    move |record| correlation(&record.minutes[a], &record.minutes[b])
}

#[test]
fn well_patients_vary_as_in_the_icu_record() {
    let records = records();
    assert_eq!(records.len(), 10);
    check("heart rate sd", 3.7, 0.35, |record| sd(&record.minutes[0]), &records);
    check("heart rate lag 1", 0.67, 0.05, lag(0), &records);
    check("respiratory rate sd", 2.5, 0.25, |record| sd(&record.minutes[1]), &records);
    check("respiratory rate lag 1", 0.57, 0.05, lag(1), &records);
    check("SpO2 sd", 1.1, 0.12, |record| sd(&record.minutes[2]), &records);
    check("SpO2 lag 1", 0.90, 0.04, lag(2), &records);
    check("systolic sd", 9.9, 1.0, |record| sd(&record.systolic), &records);
    check("heart rate with respiratory rate", 0.44, 0.1, pair(0, 1), &records);
    check("heart rate with SpO2", -0.26, 0.1, pair(0, 2), &records);
    check("respiratory rate with SpO2", -0.28, 0.15, pair(1, 2), &records);
    check("heart rate with pulse", 0.87, 0.1, pair(0, 3), &records);
}

#[test]
fn well_patients_have_normal_means() {
    for record in records() {
        let [heart, breath, oxygen, pulse] = record.minutes.each_ref().map(|series| mean(series));
        assert!((58.0..90.0).contains(&heart), "{heart}");
        assert!((13.0..18.5).contains(&breath), "{breath}");
        assert!((96.0..98.8).contains(&oxygen), "{oxygen}");
        assert!((heart - pulse).abs() < 0.5, "{heart} {pulse}");
        assert!((112.0..146.0).contains(&mean(&record.systolic)));
    }
}
