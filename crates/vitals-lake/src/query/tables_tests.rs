//! The tables that queries keep open.

use std::time::Instant;

use super::{
    tests::{append, reading},
    *,
};
use crate::{
    schema::{ACTIVITY, PATIENT_CONTEXT, VITALS},
    testing::lake,
};

/// The loads of the tables of statistics and activity.
async fn loads(tables: &Tables) -> [Option<Instant>; 3] {
    let Tables { vitals, contexts, activity, .. } = tables;
    [
        vitals.view.lock().await.loaded,
        contexts.view.lock().await.loaded,
        activity.view.lock().await.loaded,
    ]
}

#[tokio::test]
async fn statistics_and_activity_keep_their_tables_open() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    let tables = Tables::new(lake.clone());
    let all = ActivityQuery {
        from_ms: 0,
        to_ms: 9_000,
        patient_id: None,
        user: None,
        action: None,
        limit: 10,
    };
    let period = Period { from_ms: 0, to_ms: 9_000, ward: None };
    let query = async || -> anyhow::Result<()> {
        present_contexts(&tables).await?;
        period.readings(&tables, |_| ()).await?;
        period.rejected(&tables, |_, _| ()).await?;
        activity(&tables, &all).await.map(drop)
    };
    for table in [&VITALS, &PATIENT_CONTEXT, &ACTIVITY] {
        lake.open_or_create(table).await.unwrap();
    }
    query().await.unwrap();
    let first = loads(&tables).await;
    assert!(first.iter().all(Option::is_some));
    query().await.unwrap();
    assert_eq!(loads(&tables).await, first);
}

#[tokio::test]
async fn a_table_of_statistics_that_fails_is_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    append(&lake, &[reading("p-1", 1_000, 70.0)]).await;
    let tables = Tables::new(lake.clone());
    let period = Period { from_ms: 0, to_ms: 9_000, ward: None };
    let count = async || {
        let mut count = 0;
        period.readings(&tables, |_| count += 1).await.map(|()| count)
    };
    assert_eq!(count().await.unwrap(), 1);
    std::fs::remove_dir_all(dir.path().join(VITALS.name)).unwrap();
    count().await.unwrap_err();
    append(&lake, &[reading("p-1", 1_000, 70.0), reading("p-1", 2_000, 70.0)]).await;
    assert_eq!(count().await.unwrap(), 2);
}
