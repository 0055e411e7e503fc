//! The tables, as Markdown.

use crate::{
    bands::Rises,
    leads::{Lead, at_defaults, at_matched, leads},
    matched::Comparison,
    patient_day::PatientDay,
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
            row.label,
            row.set.name(),
            row.detected,
            text(row.after_min),
            text(row.lead_min)
        );
    }
}

fn text(minutes: Option<f64>) -> String {
    minutes.map_or_else(|| "-".to_owned(), |minutes| format!("{minutes:.0}"))
}

/// Prints the speed, and the rises of the displayed band.
pub(crate) fn print_speed(speed: &Speed, rises: Rises) {
    println!(
        "\n{:.0} scores/s, {:.0} readings/s, alert p99 {:.3} ms, {:.0} bytes per patient",
        speed.scores_per_s, speed.readings_per_s, speed.alert_p99_ms, speed.bytes_per_patient
    );
    println!(
        "40 patients, a quarter of an hour: {} rises of the displayed band, {} without delays",
        rises.shown, rises.undelayed
    );
}
