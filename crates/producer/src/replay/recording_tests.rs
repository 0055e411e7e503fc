use proptest::prelude::*;
use vitals_core::domain::{
    reading::Consciousness,
    vital::Vital::{
        Diastolic, HeartRate, MeanPressure, Pulse, RespiratoryRate, Spo2, Systolic, Temperature,
    },
};

use super::*;
use crate::replay::{
    mapping::Elapsed,
    tests::{args, data, file},
};

pub(super) fn recorded(file: &str) -> Recording {
    let recording = Recording::read(&args(file)).unwrap();
    assert_eq!(recording.problems, [], "{file}");
    recording
}

/// The rows of a file with this content, or its problems.
pub(super) fn read(text: &str, patient_id: Option<&str>) -> anyhow::Result<Recording> {
    let (_folder, path) = file(text);
    let patient_id = patient_id.map(str::to_owned);
    let args = ReplayArgs { file: path, patient_id, ..args("") };
    let recording = Recording::read(&args)?;
    recording.require_complete(&args.file)?;
    Ok(recording)
}

pub(super) fn measured(row: &Row) -> Vec<(vitals_core::domain::vital::Vital, f64)> {
    row.vitals.measured().collect()
}

#[test]
fn numerics_prefer_the_arterial_line_and_omit_missing_values() {
    let recording = recorded("numerics.csv");
    assert_eq!((recording.rows.len(), recording.skipped, recording.dated), (5, 2, false));
    assert!(recording.rows.iter().all(|row| &*row.patient_id == "numerics"));
    let rows = &recording.rows;
    let times: Vec<_> = rows.iter().map(|row| row.time_ms / 60_000).collect();
    assert_eq!(times, [1, 2, 3, 4, 6]);
    // A detached probe is sent as zeros; a missing arterial line is not sent.
    let off = [(HeartRate, 62.8), (Pulse, 0.0), (Spo2, 0.0), (RespiratoryRate, 12.7)];
    assert_eq!(measured(&rows[0]), off);
    let cuff = measured(&rows[1]);
    assert!(cuff.contains(&(Systolic, 120.0)) && cuff.contains(&(MeanPressure, 89.0)));
    let arterial = measured(&rows[2]);
    assert!(arterial.contains(&(Systolic, 131.5)) && arterial.contains(&(Diastolic, 64.0)));
    let partial = [(HeartRate, 60.0), (Pulse, 60.0), (Spo2, 97.5), (MeanPressure, 91.0)];
    assert_eq!(measured(&rows[3]), partial);
}

#[test]
fn columns_named_after_fields_are_parsed() {
    let recording = recorded("readings.csv");
    assert_eq!((recording.rows.len(), recording.skipped, recording.dated), (6, 0, true));
    let times: Vec<_> = recording.rows.iter().map(|row| row.time_ms - 1_763_812_800_000).collect();
    assert_eq!(times, [0, 10_000, 20_000, 30_000, 5_000, 25_000]);
    let observed = &recording.rows[2];
    assert_eq!(observed.consciousness, Some(Consciousness::V));
    assert_eq!(measured(observed), []);
    let row = &recording.rows[3];
    assert_eq!((row.supplemental_oxygen, row.consciousness), (Some(true), Some(Consciousness::V)));
    assert_eq!((row.ward.as_deref(), row.bed.as_deref()), (Some("A3"), Some("1")));
    let other = &recording.rows[4];
    assert_eq!((&*other.patient_id, other.vitals.get(Spo2)), ("p-a", Some(0.0)));
    assert_eq!((other.supplemental_oxygen, other.ward.as_deref()), (None, None));
}

#[test]
fn a_spreadsheet_has_semicolons_commas_units_and_a_date_beside_the_time() {
    let recording = recorded("spreadsheet.csv");
    assert_eq!(recording.rows[0].time_ms, 1_763_812_800_000);
    let first = [(HeartRate, 72.0), (Spo2, 97.0), (Systolic, 120.01), (Temperature, 37.0)];
    assert_eq!(measured(&recording.rows[0]), first);
    assert_eq!(measured(&recording.rows[1]), [(Temperature, 37.5)]);
    assert_eq!(recording.unused, ["Datum", "Notes"]);
}

#[test]
fn a_mapping_of_the_user_is_applied() {
    let map = Some(data("mapping.toml").display().to_string());
    let recording = Recording::read(&ReplayArgs { map, ..args("mapped.csv") }).unwrap();
    assert_eq!(recording.problems, []);
    // 5 June, 13:00 one hour east of Greenwich.
    assert_eq!(recording.rows[0].time_ms, 1_749_124_800_000);
    let first = [(Pulse, 80.0), (Spo2, 97.0), (Temperature, 37.0)];
    assert_eq!(measured(&recording.rows[0]), first);
    assert_eq!(measured(&recording.rows[1]), [(Spo2, 96.0), (Temperature, 37.5)]);
    for (map, expected) in [("nonsense", "neither a file nor a profile"), ("no.toml", "no.toml")] {
        let args = ReplayArgs { map: Some(map.to_owned()), ..args("mapped.csv") };
        let error = format!("{:#}", Recording::read(&args).unwrap_err());
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_mapping_without_columns_completes_a_profile() {
    let (folder, path) = file("Patient;Date;Time;HR\n1;05/06/2025;13:00;80\n");
    let ambiguous = ReplayArgs { file: path, ..args("") };
    assert!(Recording::read(&ambiguous).unwrap().problems[0].text.contains("more than one"));
    let map = folder.path().join("map.toml");
    std::fs::write(&map, "[time]\nformat = \"%d/%m/%Y %H:%M\"\nzone = \"CET-1\"\n").unwrap();
    let map = Some(map.display().to_string());
    let recording = Recording::read(&ReplayArgs { map, ..ambiguous }).unwrap();
    assert_eq!(recording.problems, []);
    assert_eq!(recording.rows[0].time_ms, 1_749_124_800_000);
}

#[test]
fn ends_of_lines_and_columns_are_as_exports_have_them() {
    let text = "sep=;\r\nsubject_id;stay_id;charttime;HR;Unknown;Unknown;temp_f\r\n\r\n\
                7;9;2025-11-22 12:00:00;72;;;98,6;\r\n;;;;;;\r\n;;;;;;;;\r\n\
                7;9;2025-11-22 12:01:00;7x;;;\r\n";
    let (_folder, path) = file(text);
    let recording = Recording::read(&ReplayArgs { file: path, ..args("") }).unwrap();
    assert_eq!(measured(&recording.rows[0]), [(HeartRate, 72.0), (Temperature, 37.0)]);
    assert_eq!(&*recording.rows[0].patient_id, "7");
    assert_eq!((recording.skipped, recording.left_out.len()), (2, 0));
    assert_eq!(recording.unused, ["stay_id", "Unknown", "Unknown"]);
    let places: Vec<_> = recording.problems.iter().map(|problem| problem.line).collect();
    assert_eq!(places, [7]);
}

#[test]
fn the_patient_of_the_command_line_overrides_the_files() {
    let text = "timestamp,heart_rate\n1763812800,70\n";
    let with_column = "patient_id,timestamp,heart_rate\nx,1763812800,70\n";
    for text in [text, with_column] {
        let recording = read(text, Some("p-9")).unwrap();
        assert!(recording.rows.iter().all(|row| &*row.patient_id == "p-9"), "{text}");
    }
    let recording = read(text, None).unwrap();
    assert_eq!(&*recording.rows[0].patient_id, "export");
}

#[test]
fn elapsed_seconds_need_a_unit_and_begin_at_zero() {
    let text = "patient_id,timestamp,heart_rate\nx,0,70\nx,1,71\n";
    let error = format!("{:#}", read(text, None).unwrap_err());
    assert!(error.contains("line 2, column timestamp") && error.contains("--elapsed s"), "{error}");
    let (_folder, path) = file(text);
    let elapsed = ReplayArgs { file: path, elapsed: Some(Elapsed::S), ..args("") };
    let recording = Recording::read(&elapsed).unwrap();
    let times: Vec<_> = recording.rows.iter().map(|row| row.time_ms).collect();
    assert_eq!((times, recording.dated), (vec![0, 1_000], false));
}

#[test]
fn an_error_names_the_file_the_line_and_the_column() {
    let named = "patient_id,timestamp,heart_rate\n";
    let with = |fields: &str, cells: &str| {
        format!("patient_id,timestamp,spo2,{fields}\nx,1763812800,97,{cells}\n")
    };
    let cases = [
        (
            format!("{named}x,1763812800,70\nx,1763812801,fast\n"),
            "line 3, column heart_rate: \"fast\"",
        ),
        (format!("{named}x,1763812800,inf\n"), "line 2, column heart_rate: \"inf\""),
        (format!("{named}x,yesterday,70\n"), "line 2, column timestamp: \"yesterday\""),
        (format!("{named}x,,70\n"), "line 2, column timestamp: is empty"),
        (format!("{named},1763812800,70\n"), "line 2, column patient_id: is empty"),
        (format!("{named}x,1763812800\n"), "no line with a measurement"),
        (format!("{named}x,1763812800,\n"), "no line with a measurement"),
        (
            "patient_id,timestamp,heart_rate,heart_rate\n".to_owned(),
            "duplicate column \"heart_rate\"",
        ),
        ("patient_id,timestamp,heart_rate,HR\n".to_owned(), "\"heart_rate\" and \"HR\" are both"),
        ("patient_id,timestamp,bed\n".to_owned(), "\"patient_id\", \"timestamp\", \"bed\""),
        ("patient_id,heart_rate\n".to_owned(), "give --map"),
        ("minute,HR\n,60\n".to_owned(), "line 2, column minute: is empty"),
        ("minute,HR\n1,6o\n".to_owned(), "line 2, column HR: \"6o\""),
        ("patient_id,timestamp,temp (stones)\n".to_owned(), "unit \"stones\""),
        (String::new(), "the file is empty"),
        (with("consciousness", "Z"), "line 2, column consciousness: \"Z\""),
        (with("supplemental_oxygen", "some"), "line 2, column supplemental_oxygen: \"some\""),
        (with("sequence", "1.5"), "line 2, column sequence: \"1.5\""),
    ];
    for (text, expected) in cases {
        let error = format!("{:#}", read(&text, None).expect_err(&text));
        assert!(error.contains(expected), "{text:?}: {error}");
        assert!(error.contains("export"), "the file is not named: {error}");
    }
    let error = Recording::read(&args("no/such.csv")).unwrap_err();
    assert!(format!("{error:#}").contains("no/such.csv"), "{error:#}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_file_panics(lines in proptest::collection::vec("[a-zHR0-9,;\t:/.' \"-]{0,40}", 0..6)) {
        let text = format!("patient_id,timestamp,heart_rate,{}", lines.join("\n"));
        let _ = read(&text, None);
        let _ = read(&lines.join("\n"), None);
    }
}
