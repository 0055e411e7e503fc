//! Other Delta writers beside a compaction: notebooks, nightly jobs, erasures.

use deltalake::{
    DeltaTable,
    datafusion::prelude::{col, lit},
    operations::optimize::OptimizeType,
};

use super::*;

/// The operations that replace files.
const OPERATIONS: [&str; 4] = ["delete", "update", "compact", "z_order"];

async fn operate(table: DeltaTable, operation: &str) -> Result<(), deltalake::DeltaTableError> {
    let of_patient = col("patient_id").eq(lit("p-1"));
    match operation {
        "delete" => table.delete().with_predicate(of_patient).await.map(drop),
        "update" => {
            let update = table.update().with_predicate(of_patient);
            update.with_update("ward", lit("B")).await.map(drop)
        }
        "compact" => table.optimize().await.map(drop),
        _ => {
            let by_patient = OptimizeType::ZOrder(vec!["patient_id".to_owned()]);
            table.optimize().with_type(by_patient).await.map(drop)
        }
    }
}

/// All rows, and the rows that an operation changed.
async fn counts(lake: &Lake) -> (usize, usize, usize) {
    let table = open(lake).await;
    let count = async |sql: &str| {
        select(&table, sql).await.iter().map(RecordBatch::num_rows).sum::<usize>()
    };
    (
        count("select patient_id from vitals").await,
        count("select patient_id from vitals where patient_id = 'p-1'").await,
        count("select patient_id from vitals where ward = 'B'").await,
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compaction_gives_up_files_that_another_writer_changed_meanwhile() {
    for operation in OPERATIONS {
        let dir = tempfile::tempdir().unwrap();
        let lake = lake(&dir);
        fill(&lake).await;
        let mut table = open(&lake).await;
        let mut watch = ClaimWatch::default();
        let lease = Lease::claim(&lake, &mut table, &mut watch, now_ms(), Duration::ZERO).await;
        let lease = lease.unwrap().unwrap();
        let files: Vec<_> = crate::rewrite::files(&table)
            .unwrap()
            .into_iter()
            .filter(|file| file.path().starts_with("rejected=false"))
            .collect();
        let added = compact::write_sorted(&lake, &table, &files, &POLICY).await.unwrap();
        operate(open(&lake).await, operation).await.unwrap();
        let others = counts(&lake).await;
        let exchange = compact::exchange(&lake, &mut table, lease, &files, added, &POLICY);
        assert_eq!(exchange.await.unwrap(), None, "{operation}");
        assert_eq!(counts(&lake).await, others, "{operation}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_writer_is_refused_for_files_that_were_merged_meanwhile() {
    for operation in OPERATIONS {
        let dir = tempfile::tempdir().unwrap();
        let lake = lake(&dir);
        fill(&lake).await;
        let before = counts(&lake).await;
        let opened_before = open(&lake).await;
        assert_eq!(run(&lake, &POLICY).await.compaction.removed.count, 24);
        let refused = operate(opened_before, operation).await;
        assert!(refused.is_err(), "{operation}");
        assert_eq!(counts(&lake).await, before, "{operation}");
        // From the newest version, the same operation succeeds.
        operate(open(&lake).await, operation).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_file_stops_only_the_files_merged_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    fill(&lake).await;
    let rejected = dir.path().join("vitals/rejected=true");
    let file = std::fs::read_dir(rejected).unwrap().next().unwrap().unwrap().path();
    let length = std::fs::metadata(&file).unwrap().len();
    std::fs::write(&file, vec![0; usize::try_from(length).unwrap()]).unwrap();
    let report = run(&lake, &POLICY).await;
    assert_eq!((report.compaction.removed.count, report.compaction.failures), (12, 1));
    assert!(report.log_entries == 0 && report.files.count == 1 + 12, "{report:?}");
}
