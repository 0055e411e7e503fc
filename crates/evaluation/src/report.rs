//! The tables, and the figures as one flat JSON object.

use std::{fs, thread};

use anyhow::{Context as _, Result};
use producer::simulate::SCENARIOS;
use serde_json::{Map, Value};

use crate::{
    Options,
    bands::Rises,
    matched::Comparison,
    patient_day::PatientDay,
    rule_set::{RULE_SETS, RuleSet},
    speed::Speed,
};

/// Prints curves, matched points and lead times as Markdown.
pub(crate) fn print(comparisons: &[Comparison], days: &[PatientDay]) {
    for comparison in comparisons {
        let detects = if comparison.strict { "medium and high alarms" } else { "every alarm" };
        println!("\nDetections by {detects}:\n");
        println!(
            "| rule set | threshold | sensitivity | false alarms/day | low alarms/day | matched |"
        );
        println!("|---|---|---|---|---|---|");
        for ((set, points), (_, matched)) in comparison.curves.iter().zip(&comparison.matched) {
            for (index, point) in points.iter().enumerate() {
                println!(
                    "| {} | {} | {:.3} | {:.2} | {:.2} | {} |",
                    set.name(),
                    point.threshold,
                    point.sensitivity,
                    point.false_alarms,
                    point.low_alarms,
                    if *matched == Some(index) { "x" } else { "" }
                );
            }
        }
        println!("\n| rule set | false alarms relative to plain limits |\n|---|---|");
        for (set, ratio) in &comparison.ratios {
            let text = ratio.map_or_else(
                || "does not reach the sensitivity".to_owned(),
                |ratio| format!("{:.2} [{:.2}-{:.2}]", ratio.value, ratio.low, ratio.high),
            );
            println!("| {} | {text} |", set.name());
        }
    }
    println!("\nAt the default thresholds:");
    print_leads(&leads(&at_defaults(), days));
    println!("\nAt the matched thresholds:");
    print_leads(&leads(&at_matched(comparisons), days));
}

fn print_leads(rows: &[Lead]) {
    println!(
        "\n| scenario | rule set | detected | minutes from onset | minutes before NEWS2 of 7 |"
    );
    println!("|---|---|---|---|---|");
    for row in rows {
        println!(
            "| {} | {} | {:.2} | {} | {} |",
            row.scenario,
            row.set.name(),
            row.detected,
            text(row.after_min),
            text(row.lead_min)
        );
    }
}

/// The index of each rule set's default threshold.
fn at_defaults() -> Vec<(RuleSet, Option<usize>)> {
    RULE_SETS.map(|set| (set, set.index_of(set.default_threshold()))).into()
}

/// The index of each rule set's matched threshold, by the strict definition: a low alarm calls
/// nobody.
fn at_matched(comparisons: &[Comparison]) -> Vec<(RuleSet, Option<usize>)> {
    let strict = comparisons.iter().find(|comparison| comparison.strict);
    strict.map(|comparison| comparison.matched.clone()).unwrap_or_default()
}

fn text(minutes: Option<f64>) -> String {
    minutes.map_or_else(|| "-".to_owned(), |minutes| format!("{minutes:.0}"))
}

/// The detections of one scenario by one rule set at one threshold, by medium and high alarms; medians.
struct Lead {
    scenario: &'static str,
    set: RuleSet,
    detected: f64,
    after_min: Option<f64>,
    lead_min: Option<f64>,
}

fn leads(thresholds: &[(RuleSet, Option<usize>)], days: &[PatientDay]) -> Vec<Lead> {
    let mut rows = Vec::new();
    for scenario in SCENARIOS {
        let ill: Vec<_> = days.iter().filter(|day| day.scenario == Some(scenario)).collect();
        for (set, index) in thresholds {
            let Some(index) = index else { continue };
            let at_ms = |day: &PatientDay| day.outcomes(*set)[*index].detection_ms(true);
            let mut after: Vec<_> = ill.iter().filter_map(|day| at_ms(day)).collect();
            let mut lead: Vec<_> =
                ill.iter().filter_map(|day| Some(day.emergency_ms? - at_ms(day)?)).collect();
            #[expect(clippy::cast_precision_loss, reason = "a number of patients")]
            let detected = after.len() as f64 / ill.len().max(1) as f64;
            rows.push(Lead {
                scenario: scenario.name(),
                set: *set,
                detected,
                after_min: median_minutes(&mut after),
                lead_min: median_minutes(&mut lead),
            });
        }
    }
    rows
}

fn median_minutes(times_ms: &mut [i64]) -> Option<f64> {
    times_ms.sort_unstable();
    #[expect(clippy::cast_precision_loss, reason = "a time of hours")]
    times_ms.get(times_ms.len() / 2).map(|time_ms| *time_ms as f64 / 60_000.0)
}

/// Writes the figures.
pub(crate) fn save(
    options: &Options,
    comparisons: &[Comparison],
    days: &[PatientDay],
    (speed, rises): (&Speed, Rises),
) -> Result<()> {
    let mut figures = Map::new();
    let mut set = |name: String, value: f64| {
        if let Some(number) = serde_json::Number::from_f64(value) {
            figures.insert(name, Value::Number(number));
        }
    };
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get) as f64;
    set("machine_cores".to_owned(), cores);
    set("patients".to_owned(), f64::from(options.patients));
    set("hours".to_owned(), f64::from(options.hours));
    set("interval_s".to_owned(), f64::from(options.interval_s));
    set("scores_per_s".to_owned(), speed.scores_per_s);
    set("readings_per_s".to_owned(), speed.readings_per_s);
    set("alert_p99_ms".to_owned(), speed.alert_p99_ms);
    set("bytes_per_patient".to_owned(), speed.bytes_per_patient);
    set("band_rises_quarter_hour".to_owned(), f64::from(rises.shown));
    set("band_rises_quarter_hour_undelayed".to_owned(), f64::from(rises.undelayed));
    for comparison in comparisons {
        let suffix = if comparison.strict { "_strict" } else { "" };
        set(format!("sensitivity{suffix}"), comparison.sensitivity);
        for (rules, ratio) in &comparison.ratios {
            let Some(ratio) = ratio else { continue };
            let name = match rules {
                RuleSet::Everything => format!("false_alarm_ratio{suffix}"),
                RuleSet::PlainLimits => continue,
                other => format!("{}_false_alarm_ratio{suffix}", other.name()),
            };
            set(format!("{name}_low"), ratio.low);
            set(format!("{name}_high"), ratio.high);
            set(name, ratio.value);
        }
        for ((rules, points), (_, matched)) in comparison.curves.iter().zip(&comparison.matched) {
            if let Some(index) = matched {
                let point = points[*index];
                let name = rules.name();
                set(format!("{name}_threshold{suffix}"), point.threshold);
                set(format!("{name}_false_alarms_per_day{suffix}"), point.false_alarms);
                set(format!("{name}_low_alarms_per_day{suffix}"), point.low_alarms);
            }
        }
    }
    let strict = comparisons.iter().find(|comparison| comparison.strict);
    for (rules, points) in strict.into_iter().flat_map(|comparison| &comparison.curves) {
        let Some(point) = rules.index_of(rules.default_threshold()).and_then(|at| points.get(at))
        else {
            continue;
        };
        let name = rules.name();
        set(format!("{name}_default_sensitivity"), point.sensitivity);
        set(format!("{name}_default_false_alarms_per_day"), point.false_alarms);
        set(format!("{name}_default_low_alarms_per_day"), point.low_alarms);
    }
    for row in leads(&at_matched(comparisons), days) {
        let name = format!("{}_{}", row.set.name(), row.scenario);
        set(format!("{name}_detected"), row.detected);
        if let Some(minutes) = row.after_min {
            set(format!("{name}_minutes_from_onset"), minutes);
        }
        if let Some(minutes) = row.lead_min {
            set(format!("{name}_lead_minutes"), minutes);
        }
    }
    if let Some(folder) = options.out.parent() {
        fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
    }
    let text = serde_json::to_string_pretty(&figures)? + "\n";
    fs::write(&options.out, text).with_context(|| format!("writing {}", options.out.display()))?;
    println!(
        "\n{:.0} scores/s, {:.0} readings/s, alert p99 {:.3} ms, {:.0} bytes per patient",
        speed.scores_per_s, speed.readings_per_s, speed.alert_p99_ms, speed.bytes_per_patient
    );
    println!(
        "40 patients, a quarter of an hour: {} rises of the displayed band, {} without delays",
        rises.shown, rises.undelayed
    );
    println!("figures: {}", options.out.display());
    Ok(())
}
