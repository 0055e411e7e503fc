//! `producer replay --check`: a report on a file, without a broker.

use std::io::Write;

use anyhow::bail;

use super::{
    dates::{self, Dates, day},
    problem::Problem,
    recording::Recording,
    refusals::Refusals,
};
use crate::cli::ReplayArgs;

/// Reads the whole file and writes a report with every problem to `output`, at `now_ms`, ms since
/// the epoch.
///
/// # Errors
/// If the file can't be read or sent as it is.
pub fn check(args: &ReplayArgs, now_ms: i64, output: &mut impl Write) -> anyhow::Result<()> {
    let recording = Recording::read(args)?;
    let range = range(&recording);
    // Dates matter only if they are sent as recorded.
    let dates = match range {
        Some((first_ms, last_ms)) if recording.dated && args.start_ms.is_none() && !args.now => {
            dates::judge(first_ms, last_ms, now_ms)
        }
        _ => Dates::Current,
    };
    let mut failures = recording.problems.len();
    write!(output, "{}", report(&recording))?;
    for sentence in Refusals::of(&recording.rows).sentences() {
        writeln!(output, "warning: {sentence}")?;
    }
    match dates {
        Dates::Current => {}
        Dates::Late(text) => writeln!(output, "warning: {text}")?,
        Dates::Refused(text) => {
            failures += 1;
            writeln!(output, "problem: {text}")?;
        }
    }
    if recording.rows.is_empty() {
        failures += 1;
        writeln!(output, "problem: no line with a measurement")?;
    }
    if failures > 0 {
        bail!("{} can't be replayed as it is: {failures} problems", args.file.display());
    }
    Ok(())
}

/// The report on a recording, without its verdict on values and dates.
pub(super) fn report(recording: &Recording) -> String {
    let mut lines = vec![format!("mapping: {}", recording.mapping)];
    let used: Vec<_> =
        recording.used.iter().map(|(column, field)| format!("{column} -> {field}")).collect();
    lines.push(format!("used: {}", used.join(", ")));
    if !recording.unused.is_empty() {
        lines.push(format!("not used: {}", recording.unused.join(", ")));
    }
    if !recording.has_patient {
        lines.push("patient: no column; the id is --patient-id or the name of the file".to_owned());
    }
    lines.push(format!("times: {}", times(recording)));
    lines.push(counts(recording));
    lines.extend(labelled("left out", &recording.left_out));
    lines.extend(labelled("problem", &recording.problems));
    lines.join("\n") + "\n"
}

/// The counts of a recording in one line: nothing is reordered or left out silently.
pub(super) fn counts(recording: &Recording) -> String {
    let mut patients: Vec<_> = recording.rows.iter().map(|row| &row.patient_id).collect();
    patients.sort_unstable();
    patients.dedup();
    format!(
        "{} lines: {} readings of {} patients, {} lines without a measurement, {} joined with \
         another of the same time, {} left out; {} readings out of order, sent in the order of \
         their times",
        recording.lines,
        recording.rows.len(),
        patients.len(),
        recording.skipped,
        recording.joined,
        recording.left_out.len(),
        recording.disordered(),
    )
}

fn labelled<'a>(label: &'a str, problems: &'a [Problem]) -> impl Iterator<Item = String> {
    problems.iter().map(move |problem| format!("{label}: {problem}"))
}

/// The first and the last time, ms.
fn range(recording: &Recording) -> Option<(i64, i64)> {
    let times = recording.rows.iter().map(|row| row.time_ms);
    Some((times.clone().min()?, times.max()?))
}

fn times(recording: &Recording) -> String {
    let kind = &recording.times;
    match range(recording) {
        Some((first_ms, last_ms)) if recording.dated => {
            format!("{kind}, from {} to {}", day(first_ms), day(last_ms))
        }
        Some((first_ms, last_ms)) => {
            format!("{kind}, from {} s to {} s", seconds(first_ms), seconds(last_ms))
        }
        None => kind.clone(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "2^53 ms are 285,000 years")]
fn seconds(ms: i64) -> f64 {
    ms as f64 / 1000.0
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
