//! The deteriorations in recordings, from a CSV file.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;

use crate::{outcome::Interval, patient_day::Episode};

/// Episodes by patient.
pub(crate) type Labels = BTreeMap<String, Episode>;

/// A line of the file. Times are seconds since the start of the recording.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    patient_id: String,
    onset_s: f64,
    end_s: f64,
    label: String,
}

/// Reads the file.
///
/// # Errors
/// If a line is invalid, or a patient has two.
pub(crate) fn read(file: &Path) -> Result<Labels> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(file)?;
    let mut labels = Labels::new();
    for (number, line) in (2..).zip(reader.deserialize::<Line>()) {
        let place = || format!("{}, line {number}", file.display());
        let line = line.with_context(place)?;
        let interval = Interval { from_ms: ms(line.onset_s), to_ms: ms(line.end_s) };
        ensure!(interval.from_ms < interval.to_ms, "{}: onset_s is not before end_s", place());
        ensure!(!line.label.is_empty(), "{}: no label", place());
        let episode = Episode { label: line.label, interval };
        // Which of two episodes an alarm detects would depend on their order.
        if labels.insert(line.patient_id, episode).is_some() {
            bail!("{}: a second episode of the patient; divide the recording", place());
        }
    }
    Ok(labels)
}

#[expect(clippy::cast_possible_truncation, reason = "a cast saturates, and a recording is shorter")]
fn ms(seconds: f64) -> i64 {
    (seconds * 1_000.0).round() as i64
}
