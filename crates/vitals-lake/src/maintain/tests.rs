use std::{path::Path, sync::Arc, time::Duration};

mod checkpoints;
mod clocks;
mod expiry;
mod other_writers;

use arrow::{
    array::{AsArray as _, RecordBatch},
    compute::cast,
    datatypes::DataType,
};
use deltalake::{DeltaTable, datafusion::prelude::SessionContext};
use vitals_core::runtime::clock::now_ms;

use super::*;
use crate::{
    audit::{Audit, audit},
    lease::{ClaimWatch, Lease},
    position::Transactions,
    schema::VITALS,
    table::Lake,
    testing::{POLICY, append, lake, messages, open, topic_log},
};

async fn run(lake: &Lake, policy: &Policy) -> Report {
    run_at(lake, policy, now_ms()).await
}

async fn run_at(lake: &Lake, policy: &Policy, now_ms: i64) -> Report {
    let mut watch = ClaimWatch::default();
    let pause = Duration::ZERO;
    maintain(lake, VITALS.name, policy, &mut watch, now_ms, pause).await.unwrap().unwrap()
}

async fn audited(lake: &Lake) -> Audit {
    audit(lake, &VITALS, "vitals").await.unwrap().unwrap()
}

/// Appends twelve small commits to two partitions, each with a rejected message.
async fn fill(lake: &Lake) {
    for part in 0..12_i64 {
        let partition = (part % 2) as i32;
        let from = part / 2 * 100;
        let rows = messages(partition, from..from + 100, |offset| offset % 100 == 9);
        append(lake, rows, &[(partition, from + 100)]).await;
    }
}

async fn select(table: &DeltaTable, sql: &str) -> Vec<RecordBatch> {
    let session = SessionContext::new();
    session.register_table("vitals", table.table_provider().await.unwrap()).unwrap();
    session.sql(sql).await.unwrap().collect().await.unwrap()
}

async fn rows(table: &DeltaTable) -> usize {
    let found = select(table, "select patient_id from vitals").await;
    found.iter().map(RecordBatch::num_rows).sum()
}

fn count(folder: &Path, ending: &str) -> usize {
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(ending)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn small_files_become_one_sorted_file_with_the_same_rows() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    fill(&lake).await;
    let before = audited(&lake).await;
    let report = run(&lake, &POLICY).await;
    assert_eq!((report.compaction.removed.count, report.compaction.added.count), (24, 2));
    assert_eq!((report.files.count, report.rows, report.vacuumed), (2, 1200, 0));
    assert!(report.files.bytes < report.compaction.removed.bytes / 2, "{report:?}");
    let after = audited(&lake).await;
    assert!(after.is_clean(), "{after:?}");
    assert_eq!(after.partitions, before.partitions);
    let sorted =
        select(&open(&lake).await, "select patient_id from vitals where not rejected").await;
    let patients: Vec<String> = sorted
        .iter()
        .flat_map(|rows| {
            let column = cast(rows.column(0), &DataType::Utf8).unwrap();
            column.as_string::<i32>().iter().map(|id| id.unwrap().to_owned()).collect::<Vec<_>>()
        })
        .collect();
    assert!(patients.is_sorted());
    let again = run(&lake, &POLICY).await;
    assert_eq!(again.compaction, Compaction::default(), "nothing is left to merge");
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_and_maintenance_work_side_by_side() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    fill(&lake).await;
    let writer = {
        let lake = lake.clone();
        tokio::spawn(async move {
            for part in 0..25 {
                let from = 600 + part * 10;
                let rows = messages(0, from..from + 10, |_| false);
                append(&lake, rows, &[(0, from + 10)]).await;
            }
        })
    };
    let mut merged = 0;
    while !writer.is_finished() {
        merged += run(&lake, &POLICY).await.compaction.removed.count;
    }
    writer.await.unwrap();
    assert!(merged > 24, "no run merged a file while the writer appended");
    let found = audited(&lake).await;
    assert!(found.is_clean(), "{found:?}");
    let total: i64 = found.partitions.iter().map(|partition| partition.total.messages).sum();
    assert_eq!(total, 1200 + 250);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_of_an_older_version_is_not_disturbed() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    fill(&lake).await;
    let mut reader = open(&lake).await;
    let version = reader.version().unwrap();
    run(&lake, &POLICY).await;
    assert_eq!(rows(&reader).await, 1200, "the open version");
    reader.load_version(version).await.unwrap();
    assert_eq!(rows(&reader).await, 1200, "the version opened again");
}

#[tokio::test(flavor = "multi_thread")]
async fn positions_survive_log_cleanup() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    fill(&lake).await;
    let log = dir.path().join("vitals/_delta_log");
    assert!(count(&log, ".json") > 12);
    let policy = Policy { log_retention: Duration::ZERO, ..POLICY };
    run(&lake, &policy).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    let report = run(&lake, &policy).await;
    assert!(report.log_entries > 12, "all entries before the previous checkpoint: {report:?}");
    assert!(count(&log, ".json") <= 3);
    let transactions = Transactions::read(&lake, &open(&lake).await).await.unwrap();
    let positions = topic_log().positions(&transactions, &[0, 1, 2]);
    assert_eq!(positions, [(0, 600), (1, 600)].into());
    append(&lake, messages(0, 600..610, |_| false), &[(0, 610)]).await;
    assert!(audited(&lake).await.is_clean());
}

#[tokio::test(flavor = "multi_thread")]
async fn unreferenced_files_are_deleted_after_the_retention() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    fill(&lake).await;
    let folder = dir.path().join("vitals/rejected=false");
    std::fs::write(folder.join("part-orphan.parquet"), "left by a crashed writer").unwrap();
    assert_eq!(run(&lake, &POLICY).await.vacuumed, 0);
    assert_eq!(count(&folder, ".parquet"), 12 + 1 + 1);
    let policy = Policy { retention: Duration::ZERO, ..POLICY };
    // The age of a file is that of its last change, in whole milliseconds.
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(run(&lake, &policy).await.vacuumed, 24 + 1);
    assert_eq!(count(&folder, ".parquet"), 1);
    assert!(audited(&lake).await.is_clean());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_claim_fences_off_its_owner() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    fill(&lake).await;
    let hour = Duration::from_secs(3600);
    let mut first = open(&lake).await;
    let mut second = open(&lake).await;
    let mut watch = ClaimWatch::default();
    let lease = Lease::claim(&lake, &mut first, &mut watch, now_ms(), hour).await.unwrap().unwrap();
    // The second view has not seen the claim and loses the race; a new view sees it.
    let lost = Lease::claim(&lake, &mut second, &mut watch, now_ms(), hour).await.unwrap();
    assert_eq!(lost, None);
    let repeated = maintain(&lake, VITALS.name, &POLICY, &mut watch, now_ms(), hour).await.unwrap();
    assert_eq!(repeated, None, "the last claim is recent");
    run(&lake, &POLICY).await;
    let late = compact::compact(&lake, &mut first, lease, &POLICY, now_ms()).await.unwrap_err();
    assert!(format!("{late:#}").contains("another process"), "{late:#}");
    let found = audited(&lake).await;
    assert!(found.is_clean(), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compaction_larger_than_its_memory_spills() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    for partition in 0..4 {
        let rows = messages(partition, 0..50_000, |_| false);
        append(&lake, rows, &[(partition, 50_000)]).await;
    }
    let policy = Policy { memory_bytes: 8 << 20, ..POLICY };
    let lake = Arc::new(lake);
    assert_eq!(run(&lake, &policy).await.compaction.removed.count, 4);
    assert!(audited(&lake).await.is_clean());
}
