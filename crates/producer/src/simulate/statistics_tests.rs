//! Statistics of the simulation against those of the ICU record that it is fitted to, over the same
//! 32 hours.

use std::path::Path;

use vitals_core::domain::vital::Vital;

use super::*;

const MINUTES: usize = 32 * 60;

/// The tolerance of every statistic: a tenth of its value.
const TOLERANCE: f64 = 0.1;

/// A patient with the baseline of the ICU record.
const RECORD: &str = r#"
    [[patient]]
    number = 1
    baseline = { heart_rate = 56.3, respiratory_rate = 12.2, spo2 = 97.1, systolic = 131.7 }
    age = 60
"#;

/// The series of one simulated patient, of the vitals of [`MEASURED`].
#[derive(Default)]
struct Record {
    /// The means of the minutes.
    means: [Vec<f64>; 4],
    /// One value a minute.
    samples: [Vec<f64>; 4],
    systolic: Vec<f64>,
}

const MEASURED: [Vital; 4] = [Vital::HeartRate, Vital::RespiratoryRate, Vital::Spo2, Vital::Pulse];

fn record(seed: u64) -> Record {
    let file = scenario_file::ScenarioFile::parse(RECORD, 1).unwrap();
    let mut patient = Cohort::of_file(seed, file).patient(0);
    let mut record = Record::default();
    for minute in 0..MINUTES {
        // Every five seconds is enough for the mean of a minute.
        let mut values: [Vec<f64>; 4] = Default::default();
        for second in (0..60).step_by(5) {
            let since_ms = i64::try_from(minute * 60 + second).unwrap() * 1000;
            let vitals = patient.reading(since_ms, since_ms).vitals;
            for (values, vital) in values.iter_mut().zip(MEASURED) {
                values.extend(vitals.get(vital).filter(|value| *value > 0.0));
            }
            record.systolic.extend(vitals.get(Vital::Systolic));
        }
        // A minute without a sensor is left out of every series, so that they stay aligned.
        if values.iter().all(|values| values.len() == 12) {
            for (index, values) in values.iter().enumerate() {
                record.means[index].push(mean(values));
                record.samples[index].push(values[0]);
            }
        }
    }
    record
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
    (covariance(series, series) / series.len() as f64).sqrt()
}

/// Correlation of a series with itself one minute later.
fn lag(series: &[f64]) -> f64 {
    correlation(&series[1..], &series[..series.len() - 1])
}

/// Mean, standard deviation and correlation at a lag of one minute of the ICU record, with the
/// column of its file.
const TARGETS: [(&str, &str, [f64; 3]); 3] = [
    ("heart rate", "HR", [56.3, 3.7, 0.67]),
    ("respiratory rate", "RESP", [12.2, 2.5, 0.57]),
    ("SpO2", "SpO2", [97.1, 1.1, 0.90]),
];
/// Mean and standard deviation of the cuff's systolic pressure.
const SYSTOLIC: [f64; 2] = [131.7, 9.9];
const MINUTES_PER_CUFF: f64 = 1936.0 / 152.0;

/// A statistic with the value of the ICU record and the values of the simulated patients.
type Statistic = (&'static str, f64, Vec<f64>);

fn statistics(records: &[Record]) -> Vec<Statistic> {
    let of = |statistic: &dyn Fn(&Record) -> f64| records.iter().map(statistic).collect();
    let mut all: Vec<Statistic> = vec![
        ("systolic mean", SYSTOLIC[0], of(&|record| mean(&record.systolic))),
        ("systolic sd", SYSTOLIC[1], of(&|record| sd(&record.systolic))),
        (
            "minutes per cuff measurement",
            MINUTES_PER_CUFF,
            of(&|record| MINUTES as f64 / record.systolic.len() as f64),
        ),
    ];
    for (index, (name, _, [target_mean, target_sd, target_lag])) in TARGETS.into_iter().enumerate()
    {
        all.push((name, target_mean, of(&|record| mean(&record.means[index]))));
        all.push((name, target_sd, of(&|record| sd(&record.means[index]))));
        all.push((name, target_sd, of(&|record| sd(&record.samples[index]))));
        all.push((name, target_lag, of(&|record| lag(&record.means[index]))));
        all.push((name, target_lag, of(&|record| lag(&record.samples[index]))));
    }
    all
}

#[test]
fn the_targets_are_the_statistics_of_the_icu_record() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/icu-numerics-s00001.csv");
    if !path.exists() {
        eprintln!("skipped: {} does not exist", path.display());
        return;
    }
    let mut reader = csv::Reader::from_path(&path).unwrap();
    let header = reader.headers().unwrap().clone();
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    // Zero is "not measured".
    let measured = |column: &str| -> Vec<f64> {
        let index = header.iter().position(|name| name == column).unwrap();
        let values = rows.iter().filter_map(|row| row[index].parse::<f64>().ok());
        values.filter(|value| *value > 0.0).collect()
    };
    let check = |name: &str, target: f64, found: f64| {
        assert!((found / target - 1.0).abs() < 0.015, "{name}: {found:.4}, not {target}");
    };
    for (name, column, [target_mean, target_sd, target_lag]) in TARGETS {
        let series = measured(column);
        check(name, target_mean, mean(&series));
        check(name, target_sd, sd(&series));
        check(name, target_lag, lag(&series));
    }
    let systolic = measured("NBPSys");
    check("systolic mean", SYSTOLIC[0], mean(&systolic));
    check("systolic sd", SYSTOLIC[1], sd(&systolic));
    check("minutes per cuff", MINUTES_PER_CUFF, rows.len() as f64 / systolic.len() as f64);
}

#[test]
fn a_patient_varies_as_in_the_icu_record() {
    let records: Vec<_> = (1..=4).map(record).collect();
    for (name, target, values) in statistics(&records) {
        let found = mean(&values);
        println!("{name}: {found:.3}, the record has {target}");
        assert!((found / target - 1.0).abs() <= TOLERANCE, "{name}: {found:.3}: {values:?}");
    }
    let pairs = [
        ("heart rate with respiratory rate", 0, 1, 0.44),
        ("heart rate with SpO2", 0, 2, -0.26),
        ("heart rate with pulse", 0, 3, 0.87),
    ];
    for (name, a, b, target) in pairs {
        let found = mean(
            &records.iter().map(|r| correlation(&r.means[a], &r.means[b])).collect::<Vec<_>>(),
        );
        assert!((found - target).abs() <= 0.12, "{name}: {found:.3}, the record has {target}");
    }
}
