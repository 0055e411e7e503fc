use std::io::Write as _;

use vitals_core::domain::vital::Vital::{
    Diastolic, HeartRate, MeanPressure, Pulse, RespiratoryRate, Spo2, Systolic,
};

use super::*;

fn data(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn read(text: &str, patient_id: Option<&str>) -> anyhow::Result<Recording> {
    let mut file = tempfile::Builder::new().prefix("export").suffix(".csv").tempfile().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    Recording::read(file.path(), patient_id)
}

#[test]
fn numerics_prefer_the_arterial_line_and_omit_missing_values() {
    let recording = Recording::read(&data("numerics.csv"), None).unwrap();
    assert_eq!((recording.rows.len(), recording.skipped, recording.dated), (5, 2, false));
    assert!(recording.rows.iter().all(|row| &*row.patient_id == "numerics"));
    let vitals: Vec<_> = recording
        .rows
        .iter()
        .map(|row| (row.time_ms / 60_000, row.vitals.measured().collect::<Vec<_>>()))
        .collect();
    // A detached probe is sent as zeros; a missing arterial line is not sent.
    let off = vec![(HeartRate, 62.8), (Pulse, 0.0), (Spo2, 0.0), (RespiratoryRate, 12.7)];
    assert_eq!(vitals[0], (1, off));
    let cuff = &vitals[1].1;
    assert!(cuff.contains(&(Systolic, 120.0)) && cuff.contains(&(MeanPressure, 89.0)));
    let arterial = &vitals[2].1;
    assert!(arterial.contains(&(Systolic, 131.5)) && arterial.contains(&(Diastolic, 64.0)));
    let partial = vec![(HeartRate, 60.0), (Pulse, 60.0), (Spo2, 97.5), (MeanPressure, 91.0)];
    assert_eq!(vitals[3], (4, partial));
    assert_eq!(vitals[4].0, 6);
}

#[test]
fn columns_named_after_fields_are_parsed() {
    let recording = Recording::read(&data("readings.csv"), None).unwrap();
    assert_eq!((recording.rows.len(), recording.skipped, recording.dated), (5, 1, true));
    let times: Vec<_> = recording.rows.iter().map(|row| row.time_ms - 1_763_812_800_000).collect();
    assert_eq!(times, [0, 10_000, 30_000, 5_000, 25_000]);
    let row = &recording.rows[2];
    assert_eq!((row.supplemental_oxygen, row.consciousness), (Some(true), Some(Consciousness::V)));
    assert_eq!((row.ward.as_deref(), row.bed.as_deref()), (Some("A3"), Some("1")));
    let other = &recording.rows[3];
    assert_eq!((&*other.patient_id, other.vitals.get(Spo2)), ("p-a", Some(0.0)));
    assert_eq!((other.supplemental_oxygen, other.ward.as_deref()), (None, None));
}

#[test]
fn the_patient_of_the_command_line_overrides_the_files() {
    let numerics = Recording::read(&data("numerics.csv"), Some("p-9")).unwrap();
    let named = Recording::read(&data("readings.csv"), Some("p-9")).unwrap();
    let without = read("timestamp,heart_rate\n1763812800,70\n", Some("p-9")).unwrap();
    for recording in [numerics, named, without] {
        assert!(recording.rows.iter().all(|row| &*row.patient_id == "p-9"));
    }
}

#[test]
fn a_byte_order_mark_and_spaces_are_not_part_of_a_name() {
    let text = "\u{feff}timestamp , patient_id, heart_rate\r\n1763812800, x , 70\r\n";
    let recording = read(text, None).unwrap();
    assert_eq!(&*recording.rows[0].patient_id, "x");
}

#[test]
fn an_error_names_the_file_the_line_and_the_column() {
    let named = "patient_id,timestamp,heart_rate\n";
    let cases = [
        (
            format!("{named}x,1763812800,70\nx,1763812801,fast\n"),
            "line 3, column heart_rate: \"fast\"",
        ),
        (format!("{named}x,1763812800,NaN\n"), "line 2, column heart_rate: \"NaN\""),
        (format!("{named}x,yesterday,70\n"), "line 2, column timestamp: \"yesterday\""),
        (format!("{named}x,0,70\n"), "line 2, column timestamp: \"0\""),
        (format!("{named}x,1960-01-01T00:00:00Z,70\n"), "line 2, column timestamp"),
        (format!("{named},1763812800,70\n"), "line 2, column patient_id: is empty"),
        (format!("{named}x,1763812800\n"), "line 2: 2 fields, the header has 3"),
        (format!("{named}x,1763812800,\n"), "no line with a measurement"),
        (
            "patient_id,timestamp,heart_rate,pulse_ox,mood\n".to_owned(),
            "line 1: unknown columns: pulse_ox, mood",
        ),
        (
            "patient_id,timestamp,heart_rate,heart_rate\n".to_owned(),
            "duplicate column \"heart_rate\"",
        ),
        ("timestamp,heart_rate\n".to_owned(), "no column \"patient_id\""),
        ("patient_id,timestamp,bed\n".to_owned(), "no column with a vital"),
        ("patient_id,heart_rate\n".to_owned(), "neither a column \"timestamp\""),
        ("minute,HR,CVP\n".to_owned(), "line 1: unknown columns: CVP"),
        ("minute\n1\n".to_owned(), "no column with a vital"),
        ("minute,HR\n,60\n".to_owned(), "line 2, column minute: is empty"),
        ("minute,HR\n-1,60\n".to_owned(), "line 2, column minute: -1"),
        ("minute,HR\n1,6o\n".to_owned(), "line 2, column HR: \"6o\""),
        (String::new(), "neither a column"),
        (
            "patient_id,timestamp,spo2,consciousness\nx,1763812800,97,Z\n".to_owned(),
            "line 2, column consciousness: \"Z\"",
        ),
        (
            "patient_id,timestamp,spo2,supplemental_oxygen\nx,1763812800,97,some\n".to_owned(),
            "line 2, column supplemental_oxygen: \"some\"",
        ),
        (
            "patient_id,timestamp,spo2,sequence\nx,1763812800,97,1.5\n".to_owned(),
            "line 2, column sequence: \"1.5\"",
        ),
    ];
    for (text, expected) in cases {
        let error = format!("{:#}", read(&text, None).expect_err(&text));
        assert!(error.contains(expected), "{text:?}: {error}");
        assert!(error.contains("export"), "the file is not named: {error}");
    }
}

#[test]
fn a_missing_file_is_named_in_the_error() {
    let error = Recording::read(Path::new("no/such.csv"), None).unwrap_err();
    assert!(format!("{error:#}").contains("no/such.csv"), "{error:#}");
}
