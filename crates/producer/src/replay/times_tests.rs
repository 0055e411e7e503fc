use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::replay::{chronology::Chronology, mapping::Mapping};

fn spelling() -> Spelling {
    Spelling::new(&Mapping::default(), ',')
}

fn times(
    mapping: &TimeMapping,
    elapsed: Option<Elapsed>,
    cells: &[&str],
) -> Result<Vec<i64>, String> {
    let lines = cells.iter().zip(2..);
    let column: Vec<_> =
        lines.map(|(text, line)| TimeCell { line, text: Cow::Borrowed(text) }).collect();
    let times = Times::new(mapping, elapsed, &spelling(), "t", &column)
        .map_err(|problem| problem.to_string())?;
    let patient = Arc::from("x");
    let mut chronology = Chronology::default();
    let placed = |cell: &&str| {
        let time = times.parse(cell, &spelling())?;
        Ok(chronology.place(&patient, time))
    };
    cells.iter().map(placed).collect()
}

fn recognised(cells: &[&str]) -> Result<Vec<i64>, String> {
    times(&TimeMapping::default(), None, cells)
}

/// 2025-11-22 12:00 UTC.
const NOON: i64 = 1_763_812_800_000;

#[test]
fn formats_are_recognised() {
    let cases = [
        ("1763812800", NOON),
        ("1763812800000", NOON),
        ("1763812800.5", NOON + 500),
        ("2025-11-22T13:00:00+01:00", NOON),
        ("2025-11-22 12:00:00", NOON),
        ("2025/11/22 12:00", NOON),
        ("22.11.2025 12:00:00", NOON),
        ("22-11-2025 12:00:00.250", NOON + 250),
        ("22/11/2025 12:00", NOON),
        ("11/22/2025 12:00 PM", NOON),
        ("[12:00:00.000 22/11/2025]", NOON),
        ("2025-11-22 12:00:00 UTC", NOON),
        ("2025-11-22 13:00:00+01", NOON),
        ("22/11/2025 12:00:00 pm", NOON),
        ("11/22/25 12:00", NOON),
        ("22.11.25 12:00", NOON),
        ("22-Nov-2025 12:00:00", NOON),
        ("Nov 22, 2025 12:00 PM", NOON),
        ("22NOV2025:12:00:00.000", NOON),
        ("12:00:00 22.11.2025", NOON),
        // Day and month are the same.
        ("11/11/2025 12:00", NOON - 11 * 86_400_000),
    ];
    for (cell, expected) in cases {
        assert_eq!(recognised(&[cell]), Ok(vec![expected]), "{cell}");
    }
    // A later line decides between day first and month first.
    let both = recognised(&["05/11/2025 12:00", "22/11/2025 12:00"]).unwrap();
    assert_eq!(both[1] - both[0], 17 * 86_400_000);
    // Midnight and noon are 12, not 0 and 24.
    let clock = recognised(&["11/22/2025 12:00 AM", "11/22/2025 1:05 PM"]).unwrap();
    assert_eq!(clock, [NOON - 43_200_000, NOON + 3_900_000]);
    // Stopwatches, and clock times over midnight.
    assert_eq!(recognised(&["23:59:59", "0:00:01"]), Ok(vec![86_399_000, 86_401_000]));
    assert_eq!(recognised(&["0:00.000", "1:00:05.5"]), Ok(vec![0, 3_605_500]));
}

#[test]
fn an_ambiguous_date_and_a_small_number_are_refused() {
    let error = recognised(&["05/06/2023 12:00", "07/06/2023 12:00"]).unwrap_err();
    assert!(
        error.starts_with("line 2, column t: \"05/06/2023 12:00\" has more than one"),
        "{error}"
    );
    let error = recognised(&["0", "1", "120"]).unwrap_err();
    assert!(error.contains("--elapsed s"), "{error}");
    // 32 hours of milliseconds reach into the range of dates.
    assert!(recognised(&["0", "115200000"]).unwrap_err().contains("--elapsed"));
    for cells in [["1763812800", "0"], ["2025-11-22 12:00", "7"]] {
        assert!(recognised(&cells).unwrap_err().contains(cells[1]), "{cells:?}");
    }
    assert!(recognised(&["25/11/22 12:00"]).unwrap_err().contains("more than one"));
    assert!(recognised(&["yesterday"]).unwrap_err().contains("\"yesterday\""));
}

#[test]
fn elapsed_times_have_a_unit_and_begin_at_zero() {
    let none = TimeMapping::default();
    for (unit, expected) in [
        (Elapsed::Ms, [0, 2]),
        (Elapsed::S, [0, 1_500]),
        (Elapsed::Min, [0, 90_000]),
        (Elapsed::H, [0, 5_400_000]),
    ] {
        assert_eq!(times(&none, Some(unit), &["0", "1.5"]), Ok(expected.to_vec()), "{unit:?}");
    }
    assert_eq!(times(&none, Some(Elapsed::Min), &["-12"]), Ok(vec![-720_000]));
}

#[test]
fn a_mapping_gives_format_and_zone() {
    let mapping = TimeMapping {
        format: Some("%d/%m/%Y %H:%M".to_owned()),
        zone: Some("CET-1".to_owned()),
        elapsed: None,
    };
    assert_eq!(times(&mapping, None, &["22/11/2025 13:00"]), Ok(vec![NOON]));
    let unknown = TimeMapping { zone: Some("Mars/Base".to_owned()), ..mapping };
    assert!(times(&unknown, None, &["22/11/2025 13:00"]).unwrap_err().contains("Mars/Base"));
}

#[test]
fn changes_of_the_clock_neither_reorder_nor_invent_times() {
    let mapping = TimeMapping {
        zone: Some("CET-1CEST,M3.5.0,M10.5.0/3".to_owned()),
        ..TimeMapping::default()
    };
    // Clocks are set back from 03:00 to 02:00.
    let cells = ["26.10.2025 01:59", "26.10.2025 02:30", "26.10.2025 02:59", "26.10.2025 02:00"];
    let found = times(&mapping, None, &cells).unwrap();
    let minutes: Vec<_> = found.iter().map(|ms| (ms - found[0]) / 60_000).collect();
    assert_eq!(minutes, [0, 31, 60, 61]);
    // Clocks are set forward from 02:00 to 03:00.
    let error = times(&mapping, None, &["30.03.2025 02:30"]).unwrap_err();
    assert!(error.contains("does not exist in zone CET"), "{error}");
}

proptest! {
    #[test]
    fn no_cell_panics(cells in proptest::collection::vec("[0-9:./ TZ+-]{0,24}|\\PC{0,12}", 1..4)) {
        let cells: Vec<_> = cells.iter().map(String::as_str).collect();
        let _ = recognised(&cells);
        let _ = times(&TimeMapping::default(), Some(Elapsed::H), &cells);
    }
}
