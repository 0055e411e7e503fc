//! The tables that queries keep open.

use std::time::Instant;

use super::{
    table_view::MAX_VIEW_AGE,
    tests::{append, reading},
    *,
};
use crate::{
    append::commit,
    position::{KafkaSource, Positions},
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

#[tokio::test]
async fn a_table_has_the_positions_and_the_last_arrival_of_its_topic() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    let tables = Tables::new(lake.clone());
    let positions = async || tables.positions(ArchivedTable::Vitals, "vitals").await.unwrap();
    assert_eq!(positions().await, None);
    tokio::time::sleep(MAX_VIEW_AGE).await;

    let source = KafkaSource { cluster: "c1".to_owned(), topic: "vitals".to_owned() };
    let mut table = lake.open_or_create(&VITALS).await.unwrap();
    commit(&mut table, "test", Vec::new(), source.begin(3, 1, 40).to_vec()).await.unwrap();
    assert_eq!(positions().await, Some(Positions::from([(3, 40)])));
    let last_arrival = async |now_ms| tables.last_arrival_ms(ArchivedTable::Vitals, now_ms).await;
    assert_eq!(last_arrival(9_000).await.unwrap(), None);

    // Only what is new is read.
    append(&lake, &[reading("p-1", 1_000, 70.0), reading("p-1", 2_000, 70.0)]).await;
    append(&lake, &[reading("p-1", 9_500, 70.0)]).await;
    let mut table = lake.open(VITALS.name).await.unwrap().unwrap();
    commit(&mut table, "test", Vec::new(), source.log(1).moved(3, 43, None).to_vec())
        .await
        .unwrap();
    tokio::time::sleep(MAX_VIEW_AGE).await;
    assert_eq!(positions().await, Some(Positions::from([(3, 43)])));
    let of_another_topic = tables.positions(ArchivedTable::Vitals, "vital").await.unwrap();
    assert_eq!(of_another_topic, Some(Positions::new()));
    // The end of the last millisecond; a time to come is none of an arrival.
    assert_eq!(last_arrival(9_000).await.unwrap(), Some(2_001));
    assert_eq!(last_arrival(10_000).await.unwrap(), Some(9_501));
}
