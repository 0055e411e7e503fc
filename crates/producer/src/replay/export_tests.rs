//! Exports of monitors and databases.

use vitals_core::domain::vital::Vital::{
    Diastolic, HeartRate, RespiratoryRate, Spo2, Systolic, Temperature,
};

use super::{
    tests::{measured, read, recorded},
    *,
};
use crate::replay::tests::args;

#[test]
fn a_philips_export_plays_without_its_short_line() {
    let wide = recorded("vscapture.csv");
    assert_eq!((wide.mapping.as_str(), wide.rows.len()), ("vscapture", 4));
    assert_eq!(wide.left_out, [Problem::of_line(5, "9 fields, the header has 12")]);
    // The monitor's clock, not that of the computer.
    assert_eq!(wide.rows[0].time_ms, 1_741_986_602_500);
    let pressures = wide.rows.iter().filter(|row| row.vitals.get(Systolic).is_some()).count();
    let saturations = wide.rows.iter().filter(|row| row.vitals.get(Spo2).is_some()).count();
    assert_eq!((pressures, saturations), (1, 3));
    assert!(wide.unused.contains(&"SystemLocalTime".to_owned()), "{:?}", wide.unused);

    let long = recorded("vscapture_long.csv");
    assert_eq!((long.mapping.as_str(), long.rows.len(), long.joined), ("vscapture-long", 2, 2));
    assert_eq!(measured(&long.rows[0]), [(HeartRate, 80.0), (Spo2, 97.0)]);
    assert_eq!(measured(&long.rows[1]), [(HeartRate, 81.0), (RespiratoryRate, 15.0)]);
    assert!(long.unused.contains(&"NOM_ECG_AMPL_ST_II".to_owned()), "{:?}", long.unused);
}

#[test]
fn an_eicu_export_has_offsets_in_minutes() {
    let recording = recorded("eicu.csv");
    let rows: Vec<_> =
        recording.rows.iter().map(|row| (&*row.patient_id, row.time_ms / 60_000)).collect();
    assert_eq!(rows, [("500", 65), ("500", 5), ("501", -12)]);
    assert_eq!((recording.skipped, recording.disordered(), recording.dated), (1, 1, false));
    assert_eq!(recording.rows[2].vitals.get(Temperature), Some(37.2));
}

#[test]
fn the_output_of_rdsamp_has_quotes_units_and_brackets() {
    let quoted = recorded("rdsamp.csv");
    assert_eq!((quoted.mapping.as_str(), quoted.rows.len(), quoted.skipped), ("wfdb", 2, 1));
    assert_eq!(measured(&quoted.rows[1]), [(HeartRate, 57.8), (Spo2, 0.0), (Systolic, 118.0)]);
    assert_eq!(quoted.rows[1].time_ms, 60_000);
    let dated = recorded("rdsamp_dates.txt");
    assert_eq!((dated.rows[0].time_ms, dated.dated), (1_633_825_885_894, true));
    assert_eq!(measured(&dated.rows[1]), [(HeartRate, 57.8)]);
}

#[test]
fn a_long_table_does_not_mix_the_sources_of_pressures() {
    let time = "14-03-2025 21:10:02.500,1,14-03-2025 21:09:10.120";
    let text = format!(
        "{time},NOM_PRESS_BLD_ART_ABP_SYS,0\n{time},NOM_PRESS_BLD_ART_ABP_MEAN,70\n\
         {time},NOM_PRESS_BLD_NONINV_SYS,121\n{time},NOM_PRESS_BLD_NONINV_DIA,69\n"
    );
    let recording = read(&text, None).unwrap();
    assert_eq!(measured(&recording.rows[0]), [(Systolic, 121.0), (Diastolic, 69.0)]);
    assert!(read(&format!("{time},NOM_PRESS_BLD_ART_ABP_SYS,0\n"), None).is_err());
}

#[test]
fn dates_prevail_over_the_elapsed_times_of_a_profile() {
    let text = "Time,Solar8000/HR,Solar8000/PLETH_SPO2\n2025-11-22T12:00:00Z,70,97\n";
    let recording = read(text, None).unwrap();
    assert_eq!((recording.rows[0].time_ms, recording.dated), (1_763_812_800_000, true));
}

#[test]
fn a_wfdb_record_has_the_rows_of_its_numerics() {
    let shared = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let record = shared.join("wfdb/s00001-2896-10-10-00-31n.hea");
    if !record.exists() {
        eprintln!("skipped: {} does not exist", record.display());
        return;
    }
    let wfdb = Recording::read(&ReplayArgs { file: record, ..args("") }).unwrap();
    let file = shared.join("icu-numerics-s00001.csv");
    let csv = Recording::read(&ReplayArgs { file, ..args("") }).unwrap();
    assert_eq!((wfdb.problems.len(), wfdb.rows.len(), wfdb.skipped), (0, 1_896, 40));
    let rows = |recording: &Recording| -> Vec<_> {
        let first_ms = recording.rows[0].time_ms;
        recording.rows.iter().map(|row| (row.time_ms - first_ms, measured(row))).collect()
    };
    assert_eq!(rows(&wfdb), rows(&csv));
}
