//! The patients of a folder of recordings through every rule set.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use producer::{
    ReplayArgs,
    replay::Playback,
    source::{Now, Source as _},
};
use vitals_core::domain::patient_context::PatientContext;

use crate::{
    Options,
    labels::{self, Labels},
    patient_day::{Course, PatientDay, START_MS},
};

/// Endings of the files that `producer replay` reads.
const ENDINGS: [&str; 4] = ["csv", "tsv", "txt", "hea"];

/// Every patient of the recordings in `folder`, in the order of their ids. A recording starts with its
/// first reading, and its patients are adults.
///
/// # Errors
/// If a recording or the labels can't be read, or a label names an unknown patient.
pub(crate) fn run_all(folder: &Path, labels: &Path, options: &Options) -> Result<Vec<PatientDay>> {
    let episodes = labels::read(labels)?;
    let mut days = BTreeMap::new();
    for file in files(folder, labels)? {
        let of_file = run(&file, &episodes, options);
        for (id, day) in of_file.with_context(|| file.display().to_string())? {
            let known = days.insert(id.clone(), day);
            ensure!(known.is_none(), "{}: patient {id} has another recording", file.display());
        }
    }
    ensure!(!days.is_empty(), "{} has no recording", folder.display());
    if let Some(id) = episodes.keys().find(|id| !days.contains_key(*id)) {
        anyhow::bail!("{}: no recording of patient {id}", labels.display());
    }
    Ok(days.into_values().collect())
}

/// The recordings in `folder`. The labels may lie beside them.
fn files(folder: &Path, labels: &Path) -> Result<Vec<PathBuf>> {
    let labels = labels.canonicalize().ok();
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if ENDINGS.contains(&ending) && path.canonicalize().ok() != labels {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn run(file: &Path, episodes: &Labels, options: &Options) -> Result<BTreeMap<String, PatientDay>> {
    let mut playback = Playback::open(&ReplayArgs {
        file: file.to_owned(),
        map: options.map.clone(),
        elapsed: options.elapsed,
        check: false,
        speed: 0.0,
        patient_id: None,
        ward: None,
        start_ms: Some(START_MS),
        now: false,
        repeat: false,
    })?;
    let mut courses: BTreeMap<String, (Course, i64)> = BTreeMap::new();
    let now = Now { wall_ms: START_MS, elapsed: Duration::ZERO };
    while let Some(due) = playback.next(now) {
        let reading = due.reading;
        let since_ms = reading.time_ms - START_MS;
        let id = reading.patient_id.as_ref();
        let (course, length_ms) = courses.entry(id.to_owned()).or_insert_with(|| {
            let episode = episodes.get(id).cloned();
            (Course::new(id, &PatientContext::default(), episode), 0)
        });
        course.judge(&reading, since_ms)?;
        *length_ms = since_ms;
    }
    let days = courses.into_iter().map(|(id, (course, length_ms))| (id, course.finish(length_ms)));
    Ok(days.collect())
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::{matched, rule_set::RuleSet};

    /// Two patients for an hour; the saturation of the first falls in minutes 20 to 40.
    fn folder() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (patient, is_ill) in [("ill", true), ("well", false)] {
            let mut text = "patient_id,timestamp,heart_rate,spo2,respiratory_rate\n".to_owned();
            for second in (0..3_600).step_by(10) {
                let spo2 = if is_ill && (1_200..2_400).contains(&second) { 82 } else { 97 };
                let time_ms = START_MS + second * 1_000;
                text += &format!("{patient},{time_ms},{},{spo2},15\n", 72 + second % 3);
            }
            fs::write(dir.path().join(format!("{patient}.csv")), text).unwrap();
        }
        dir
    }

    fn evaluate(dir: &Path, lines: &str) -> Result<Vec<PatientDay>> {
        let labels = dir.join("labels.csv");
        fs::write(&labels, format!("patient_id,onset_s,end_s,label\n{lines}")).unwrap();
        run_all(dir, &labels, &Options::parse_from(["evaluation"]))
    }

    #[test]
    fn an_alarm_detects_the_labelled_episode_and_is_false_elsewhere() {
        let dir = folder();
        let days = evaluate(dir.path(), "ill,1200,2400,hypoxia\n").unwrap();
        let labels: Vec<_> = days.iter().map(|day| day.label.as_deref()).collect();
        assert_eq!(labels, [Some("hypoxia"), None]);
        let [_, strict] = matched::evaluate(&days, 7);
        assert_eq!(strict.sensitivity.to_bits(), 1.0_f64.to_bits());
        let everything = &days[0].outcomes(RuleSet::Everything)[0];
        assert_eq!((everything.urgent_ms.is_some(), everything.false_alarms), (true, 0));
        let of_well = &days[1].outcomes(RuleSet::Everything)[0];
        assert_eq!((of_well.urgent_ms, of_well.false_alarms), (None, 0));

        // The same alarm is false if the label names another time.
        let days = evaluate(dir.path(), "ill,2700,3000,hypoxia\n").unwrap();
        let everything = &days[0].outcomes(RuleSet::Everything)[0];
        assert_eq!(everything.urgent_ms, None);
        assert!(everything.false_alarms > 0);
    }

    #[test]
    fn a_label_that_can_not_be_applied_is_an_error() {
        let dir = folder();
        for (lines, expected) in [
            ("nobody,1,2,hypoxia\n", "no recording of patient nobody"),
            ("ill,5,5,hypoxia\n", "line 2: onset_s is not before end_s"),
            ("ill,5,6,a\nill,7,8,b\n", "line 3: a second episode"),
            ("ill,x,6,a\n", "line 2"),
        ] {
            let error = format!("{:#}", evaluate(dir.path(), lines).unwrap_err());
            assert!(error.contains(expected), "{error}");
        }
    }
}
