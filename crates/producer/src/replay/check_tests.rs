use std::path::Path;

use super::*;
use crate::replay::tests::args;

/// 2026-01-01 00:00 UTC.
const NOW: i64 = 1_767_225_600_000;

/// The report on a file of `tests/data`, with the error if there is one.
fn checked(args: &ReplayArgs) -> String {
    let mut output = Vec::new();
    let outcome = check(args, NOW, &mut output);
    let mut text = String::from_utf8(output).unwrap();
    if let Err(error) = outcome {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).display().to_string();
        text.push_str(&format!("error: {error:#}\n").replace(&folder, "FOLDER"));
    }
    text
}

#[test]
fn every_problem_is_reported_at_once() {
    insta::assert_snapshot!(checked(&args("broken.csv")));
}

#[test]
fn exports_are_reported_with_their_counts() {
    for file in ["vscapture.csv", "vscapture_long.csv", "eicu.csv", "rdsamp.csv", "numerics.csv"] {
        let now = ReplayArgs { now: true, ..args(file) };
        insta::assert_snapshot!(file, checked(&now));
    }
}

#[test]
fn shifted_dates_are_a_problem_without_now() {
    let (folder, path) =
        crate::replay::tests::file("patient_id,timestamp,hr\nx,2896-10-10T00:00:00Z,70\n");
    let shifted = ReplayArgs { file: path, ..args("") };
    let mut output = Vec::new();
    assert!(check(&shifted, NOW, &mut output).is_err());
    let text = String::from_utf8(output).unwrap();
    assert!(
        text.contains("problem: times are from 2896-10-10") && text.contains("--now"),
        "{text}"
    );
    check(&ReplayArgs { now: true, ..shifted }, NOW, &mut Vec::new()).unwrap();
    drop(folder);
}
