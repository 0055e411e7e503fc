use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use vitals_core::domain::{
    decode::{DecodeOptions, decode},
    vital::Vital,
};

use super::*;
use crate::{
    cli::ReplayArgs,
    source::{Due, Now, Source as _},
};

const DAY_MS: i64 = 1_763_812_800_000;

/// A file of `tests/data`.
pub(super) fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// A file `export.csv` with this content, in a folder that lives as long as the first value.
pub(super) fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export.csv");
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

pub(super) fn args(file: &str) -> ReplayArgs {
    ReplayArgs {
        file: data(file),
        map: None,
        elapsed: None,
        check: false,
        speed: 1.0,
        patient_id: None,
        ward: None,
        start_ms: None,
        now: false,
        repeat: false,
    }
}

/// Patient, sequence, due time (s) and timestamp (ms) of the first `count` readings of a replay that
/// starts at `wall_ms`.
fn replay(args: &ReplayArgs, wall_ms: i64, count: usize) -> Vec<(String, i64, u64, i64)> {
    let mut replay = Playback::open(args).unwrap();
    let now = Now { wall_ms, elapsed: Duration::ZERO };
    std::iter::from_fn(|| {
        let Due { after, reading } = replay.next(now)?;
        let sequence = reading.sequence.unwrap();
        Some((reading.patient_id.into_owned(), sequence, after.as_secs(), reading.time_ms))
    })
    .take(count)
    .collect()
}

fn row(id: &str, sequence: i64, second: u64) -> (String, i64, u64, i64) {
    let time_ms = DAY_MS + i64::try_from(second).unwrap() * 1000;
    (id.to_owned(), sequence, second, time_ms)
}

#[test]
fn patients_are_replayed_side_by_side_at_their_recorded_times() {
    let expected = [
        row("p-b", 0, 0),
        row("p-a", 0, 5),
        row("p-b", 1, 10),
        row("p-b", 2, 20),
        row("p-a", 1, 25),
        row("p-b", 3, 30),
    ];
    assert_eq!(replay(&args("readings.csv"), 1, 9), expected);
}

#[test]
fn speed_shortens_the_waits_but_not_the_recorded_times() {
    let args = ReplayArgs { speed: 5.0, start_ms: Some(DAY_MS * 2), ..args("readings.csv") };
    let rows = replay(&args, 1, 9);
    let due: Vec<_> = rows.iter().map(|row| (row.2, row.3 - DAY_MS * 2)).collect();
    let expected = [(0, 0), (1, 5_000), (2, 10_000), (4, 20_000), (5, 25_000), (6, 30_000)];
    assert_eq!(due, expected);
}

#[test]
fn numerics_carry_the_time_of_sending() {
    let args = ReplayArgs { speed: 60.0, ..args("numerics.csv") };
    let rows = replay(&args, DAY_MS, 9);
    let due: Vec<_> = rows.iter().map(|row| (row.2, row.3 - DAY_MS)).collect();
    assert_eq!(due, [(0, 0), (1, 1000), (2, 2000), (3, 3000), (5, 5000)]);
}

#[test]
fn an_unpaced_replay_with_now_ends_now() {
    for file in ["numerics.csv", "readings.csv"] {
        let rows = replay(&ReplayArgs { speed: 0.0, now: true, ..args(file) }, DAY_MS, 9);
        assert_eq!(rows.last().unwrap().3, DAY_MS);
        assert!(rows.iter().all(|row| row.2 == 0 && row.3 <= DAY_MS));
    }
}

#[test]
fn now_keeps_the_intervals_at_every_speed() {
    for (speed, last_ms) in [(1.0, 30_000), (10.0, 3_000), (0.5, 30_000)] {
        let rows = replay(&ReplayArgs { speed, now: true, ..args("readings.csv") }, DAY_MS, 9);
        let first_ms = rows[0].3;
        let intervals: Vec<_> = rows.iter().map(|row| row.3 - first_ms).collect();
        assert_eq!(intervals, [0, 5_000, 10_000, 20_000, 25_000, 30_000], "{speed}");
        assert_eq!(rows[5].3, DAY_MS + last_ms, "{speed}");
        // No reading is in the future when it is sent.
        let sent = |row: &(String, i64, u64, i64)| DAY_MS + i64::try_from(row.2).unwrap() * 1000;
        assert!(rows.iter().all(|row| row.3 <= sent(row)), "{speed}: {rows:?}");
    }
}

#[test]
fn shifted_dates_play_with_now_and_are_refused_without() {
    for year in [2180, 2896] {
        let text = format!(
            "patient_id,timestamp,hr\nx,{year}-07-23T14:00:00Z,70\nx,{year}-07-23T14:01:00Z,71\n"
        );
        let (_folder, path) = file(&text);
        let shifted = ReplayArgs { file: path, ..args("") };
        let error = format!("{:#}", Playback::open(&shifted).unwrap_err());
        assert!(error.contains(&year.to_string()) && error.contains("--now"), "{error}");
        let rows = replay(&ReplayArgs { now: true, ..shifted }, DAY_MS, 9);
        assert_eq!((rows[0].3, rows[1].3), (DAY_MS, DAY_MS + 60_000));
    }
}

#[test]
fn a_loop_continues_where_the_previous_round_ended() {
    let args = ReplayArgs { repeat: true, start_ms: Some(DAY_MS), ..args("numerics.csv") };
    let rows = replay(&args, 1, 10);
    let rows: Vec<_> = rows.iter().map(|row| (row.1, row.2, row.3 - DAY_MS)).collect();
    // Five rows in 300 s: the next round starts one mean interval, 75 s, after the last row.
    assert_eq!(rows[4], (4, 300, 300_000));
    assert_eq!(rows[5], (5, 375, 375_000));
    assert_eq!(rows[9], (9, 675, 675_000));
    let endless = ReplayArgs { repeat: true, speed: 0.0, now: true, ..args };
    let error = Playback::open(&ReplayArgs { start_ms: None, ..endless }).unwrap_err();
    assert!(error.to_string().contains("--loop"), "{error}");
}

#[test]
fn the_ward_of_the_command_line_overrides_the_files() {
    let mut replay =
        Playback::open(&ReplayArgs { ward: Some("B7".to_owned()), ..args("readings.csv") })
            .unwrap();
    let now = Now { wall_ms: 1, elapsed: Duration::ZERO };
    let mut beds = 0;
    while let Some(due) = replay.next(now) {
        assert_eq!(due.reading.ward.as_deref(), Some("B7"));
        beds += u32::from(due.reading.bed.is_some());
    }
    assert_eq!(beds, 4);
}

#[test]
fn every_row_of_the_icu_record_is_accepted() {
    let path: PathBuf =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/icu-numerics-s00001.csv");
    if !path.exists() {
        eprintln!("skipped: {} does not exist", path.display());
        return;
    }
    let mut replay = Playback::open(&ReplayArgs { file: path, ..args("numerics.csv") }).unwrap();
    let now = Now { wall_ms: DAY_MS, elapsed: Duration::ZERO };
    let mut readings = 0;
    let mut off = 0;
    let mut pressures = 0;
    while let Some(due) = replay.next(now) {
        let message = serde_json::to_vec(&due.reading).unwrap();
        let decoded = decode(&message, None, &DecodeOptions::default()).unwrap();
        readings += 1;
        off += u32::from(decoded.flags.not_measured.contains(Vital::Spo2));
        pressures += u32::from(decoded.reading.vitals.get(Vital::Systolic).is_some());
    }
    // 1,936 minutes, 40 of them without values; the oximeter was off in 363; the cuff measured 152
    // times and the arterial line 7 times.
    assert_eq!(readings, 1_896);
    assert_eq!(off, 363 - 40);
    assert_eq!(pressures, 159);
}
