use vitals_core::domain::{patient_context::PatientContext, reading::Consciousness, vital::Vital};

use super::*;
use crate::simulate::Cohort;

const FILE: &str = r#"
[artefacts]
probe_off = 0
late = 4

[[patient]]
number = 2
id = "ward-7"
ward = "ICU"
bed = "7"
age = 71
copd = true
baseline = { heart_rate = 66, spo2 = 90 }

[[patient.episode]]
scenario = "opioid_respiratory_depression"
onset_min = 10

[[patient.episode]]
scenario = "sepsis"
onset_min = 200
duration_min = 60
"#;

#[test]
fn a_file_decides_who_deteriorates_when() {
    let cohort = Cohort::of_file(1, ScenarioFile::parse(FILE, 3).unwrap());
    let mut patient = cohort.patient(1);
    assert_eq!(patient.id(), "ward-7");
    let context = patient.context(5);
    assert_eq!(context.spo2.as_ref().map(|spo2| (spo2.scale, spo2.at_ms)), Some((2, 5)));
    assert_eq!(context.birth_date.as_deref(), Some("1955-01-01"));
    let episodes = patient.episodes(i64::MAX);
    let times =
        episodes.iter().map(|episode| (episode.scenario.name(), episode.onset_ms, episode.end_ms));
    let opioid = ("opioid_respiratory_depression", 600_000, 600_000 + 110 * 60_000);
    assert_eq!(times.collect::<Vec<_>>(), [opioid, ("sepsis", 12_000_000, 15_600_000)]);
    let before = patient.reading(599_000, 0);
    assert_eq!((before.ward.as_deref(), before.bed.as_deref()), (Some("ICU"), Some("7")));
    assert_eq!(before.consciousness, Some(Consciousness::A));
    let ill = patient.reading((10 + 45) * 60_000, 0);
    assert_eq!(ill.consciousness, Some(Consciousness::P));
    assert!(ill.vitals.get(Vital::RespiratoryRate).is_some_and(|rate| rate < 9.0));
    // A patient whom the file does not list stays well.
    assert!(cohort.patient(2).episodes(i64::MAX).is_empty());
}

#[test]
fn a_context_that_was_changed_by_hand_stays() {
    let cohort = Cohort::of_file(1, ScenarioFile::parse(FILE, 3).unwrap());
    let patient = cohort.patient(1);
    let mut context = patient.context(5);
    context.pregnant = Some(true);
    assert!(patient.profile().is_of(&context));
    let other = PatientContext { birth_date: Some("1990-01-01".to_owned()), ..context.clone() };
    assert!(!patient.profile().is_of(&other));
    assert!(!patient.profile().is_of(&PatientContext { spo2: None, ..context }));
}

#[test]
fn a_mistake_is_named() {
    let cases = [
        ("[[patient]]\nnumber = 4", "patient 4 is not one of the 3 patients"),
        ("[[patient]]\nnumber = 0", "patient 0"),
        ("[[patient]]\nnumber = 1\n[[patient]]\nnumber = 1", "listed twice"),
        ("[[patient]]\nnumber = 1\nid = \"a\"\n[[patient]]\nnumber = 2\nid = \"a\"", "another"),
        ("[[patient]]\nnumber = 1\nid = \" \"", "must have 1 to"),
        ("[[patient]]\nnumber = 1\nage = 130", "age is above 120"),
        (
            "[[patient]]\nnumber = 1\nbaseline = { spo2 = 120 }",
            "baseline.spo2 is not from 50 to 100",
        ),
        ("[[patient]]\nnumber = 1\nmood = 1", "line 3"),
        ("[artefacts]\nmotion = -1", "artefacts.motion"),
        ("[artefacts]\ncuff_failure = 1", "artefacts.cuff_failure"),
        ("[[patient]]\nnumber = 1\n[[patient.episode]]\nscenario = \"flu\"\nonset_min = 1", "flu"),
        (
            "[[patient]]\nnumber = 1\n[[patient.episode]]\nscenario = \"sepsis\"\nonset_min = nan",
            "onset_min",
        ),
        (
            "[[patient]]\nnumber = 1\n[[patient.episode]]\nscenario = \"sepsis\"\nonset_min = 1\nduration_min = 0",
            "duration_min",
        ),
        (
            "[[patient]]\nnumber = 1\n[[patient.episode]]\nscenario = \"sepsis\"\nonset_min = 1\n\
             [[patient.episode]]\nscenario = \"hypoxia\"\nonset_min = 9",
            "overlap",
        ),
    ];
    for (text, expected) in cases {
        let error = format!("{:#}", ScenarioFile::parse(text, 3).expect_err(text));
        assert!(error.contains(expected), "{text:?}: {error}");
    }
}
