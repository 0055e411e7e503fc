use std::time::Duration;

use vitals_core::{domain::offset_range::OffsetRange, runtime::clock::now_ms};

use super::*;
use crate::{
    audit::audit,
    lease::ClaimWatch,
    maintain::{Policy, maintain},
    schema::VITALS,
    table::Lake,
    testing::{self, append, lake, messages},
};

const POLICY: Policy = Policy { min_files: 2, ..testing::POLICY };

/// Rows of ten patients in three files, `p-3` at every offset that ends with 3.
async fn fill(lake: &Lake) {
    for part in 0..3 {
        let from = part * 100;
        append(lake, messages(0, from..from + 100, |_| false), &[(0, from + 100)]).await;
    }
}

async fn rows_of(lake: &Lake, patient: &str) -> u64 {
    count(lake, "vitals", patient).await.unwrap().unwrap().valid
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_patient_does_not_come_back_and_leaves_no_hole() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    assert_eq!(count(&lake, "vitals", "p-3").await.unwrap(), None);
    fill(&lake).await;
    let found = Erased { files: 3, valid: 30, rejected: 0 };
    assert_eq!(count(&lake, "vitals", "p-3").await.unwrap(), Some(found));
    assert_eq!(rows_of(&lake, "p-3").await, 30, "counting changes nothing");
    let erased = erase(&lake, "vitals", "p-3", &POLICY, now_ms()).await.unwrap().unwrap();
    assert_eq!(erased, found);
    assert_eq!((rows_of(&lake, "p-3").await, rows_of(&lake, "p-4").await), (0, 30));
    // Compaction moves the stand-ins like any other row.
    let mut watch = ClaimWatch::default();
    let run = maintain(&lake, "vitals", &POLICY, &mut watch, now_ms(), Duration::ZERO).await;
    assert!(run.unwrap().unwrap().compaction.removed.count > 0);
    assert_eq!((rows_of(&lake, "p-3").await, rows_of(&lake, "p-4").await), (0, 30));
    let audit = audit(&lake, &VITALS, "vitals").await.unwrap().unwrap();
    let partition = &audit.partitions[0];
    assert!(audit.is_clean() && partition.lost.is_empty(), "{audit:?}");
    assert_eq!((partition.stored, partition.rejected), (270, 0));
    let expected: Vec<OffsetRange> =
        (0..30).map(|ten| OffsetRange { start: ten * 10 + 3, end: ten * 10 + 4 }).collect();
    assert_eq!(partition.erased, expected);
    // The log names no patient.
    for entry in std::fs::read_dir(dir.path().join("vitals/_delta_log")).unwrap() {
        let path = entry.unwrap().path();
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        for line in text.lines().filter(|line| line.contains("commitInfo")) {
            assert!(!line.contains("p-3"), "{line}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn consecutive_offsets_are_one_row_and_a_second_run_finds_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    fill(&lake).await;
    for patient in ["p-3", "p-4"] {
        erase(&lake, "vitals", patient, &POLICY, now_ms()).await.unwrap().unwrap();
    }
    let again = erase(&lake, "vitals", "p-3", &POLICY, now_ms()).await.unwrap().unwrap();
    assert_eq!(again, Erased::default());
    assert!(audit(&lake, &VITALS, "vitals").await.unwrap().unwrap().is_clean());
    let mut offsets = stand_ins::ErasedOffsets::default();
    offsets.add(&messages(0, 5..9, |_| false)).unwrap();
    offsets.add(&messages(1, 9..10, |_| false)).unwrap();
    assert_eq!(offsets.rows().unwrap().num_rows(), 2);
}
