//! Checkpoints are written by maintenance only, within a time limit.

use std::collections::HashMap;

use super::*;
use crate::{append, position::Transactions};

async fn commit(table: &mut DeltaTable, version: i64) {
    let moved = topic_log().moved(0, version, None).to_vec();
    append::commit(table, "test", Vec::new(), moved).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_writes_no_checkpoint_and_deletes_no_log_entry() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    fill(&lake).await;
    run(&lake, &POLICY).await;
    // The properties of a table that asks for both with every commit.
    let properties = [
        ("delta.checkpointInterval", "1"),
        ("delta.enableExpiredLogCleanup", "true"),
        ("delta.logRetentionDuration", "interval 0 seconds"),
    ];
    let properties: HashMap<String, String> =
        properties.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let changed = open(&lake).await.set_tbl_properties().with_properties(properties);
    let mut table = changed.await.unwrap();
    let log = dir.path().join("vitals/_delta_log");
    let before = (count(&log, ".parquet"), count(&log, ".json"));
    for version in 0..3 {
        commit(&mut table, version).await;
    }
    assert_eq!((count(&log, ".parquet"), count(&log, ".json")), (before.0, before.1 + 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_is_due_after_a_number_of_commits() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    assert!(!checkpoint_if_due(&lake, "vitals", 10).await.unwrap(), "there is no table");
    let mut table = open(&lake).await;
    let log = dir.path().join("vitals/_delta_log");
    for version in 1..10 {
        commit(&mut table, version).await;
    }
    assert!(!checkpoint_if_due(&lake, "vitals", 10).await.unwrap(), "nine commits");
    commit(&mut table, 10).await;
    assert!(checkpoint_if_due(&lake, "vitals", 10).await.unwrap());
    assert!(!checkpoint_if_due(&lake, "vitals", 10).await.unwrap(), "written just now");
    assert_eq!(count(&log, ".checkpoint.parquet"), 1);
    // Positions are part of it.
    let transactions = Transactions::read(&lake, &open(&lake).await).await.unwrap();
    assert_eq!(topic_log().position(&transactions, 0), Some(10));
}

/// The runtime has one thread, which a blocking call inside a future would stop.
#[tokio::test]
async fn a_call_that_blocks_its_thread_has_a_time_limit() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir).with_timeout(Duration::from_millis(50));
    let (release, blocked) = std::sync::mpsc::channel::<()>();
    let hanging = checkpoint::blocking(&lake, "write a checkpoint", move |_| {
        let _released = blocked.recv();
        Ok(())
    });
    let error = hanging.await.unwrap_err();
    assert!(error.to_string().contains("no response within 50ms"), "{error:#}");
    // No second thread is started while the first one hangs.
    let next = checkpoint::blocking(&lake, "write a checkpoint", |_| Ok(())).await;
    assert!(next.is_err());
    drop(release);
    let lake = lake.with_timeout(Duration::from_secs(60));
    checkpoint::blocking(&lake, "write a checkpoint", |_| Ok(())).await.unwrap();
}
