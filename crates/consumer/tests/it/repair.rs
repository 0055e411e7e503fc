//! Repair: a range of offsets is read again from Kafka into a hole.

use std::collections::BTreeMap;

use consumer::{
    feed::Feed,
    repair::{Repaired, repair},
};
use deltalake::datafusion::prelude::SessionContext;
use vitals_core::domain::offset_range::OffsetRange;

use crate::world::World;

async fn repaired(world: &World, start: i64, end: i64) -> Result<Repaired, String> {
    let range = OffsetRange { start, end };
    let done = repair(&world.settings, Feed::Vitals, 0, range).await;
    done.map_err(|error| format!("{error:#}"))
}

/// Removes the rows of `offsets`, and writes one row in their place that stands for them.
async fn lose(world: &World, offsets: std::ops::Range<i64>) {
    let std::ops::Range { start, end } = offsets;
    let table = world.table().await.unwrap();
    let session = SessionContext::new();
    session.register_table("vitals", table.table_provider().await.unwrap()).unwrap();
    let columns = table.snapshot().unwrap().snapshot().arrow_schema();
    let selected: Vec<String> = columns
        .fields()
        .iter()
        .map(|field| match field.name().as_str() {
            "reject_reason" => "'lost' as reject_reason".to_owned(),
            "covers_to" => format!("cast({end} as bigint) as covers_to"),
            "rejected" => "true as rejected".to_owned(),
            // Null in these rows, but its type is not a literal's.
            "refused" => "refused".to_owned(),
            name if name.starts_with("kafka_") => name.to_owned(),
            name => format!("arrow_cast(null, '{}') as {name}", field.data_type()),
        })
        .collect();
    let sql = format!("select {} from vitals where kafka_offset = {start}", selected.join(", "));
    let row = session.sql(&sql).await.unwrap().collect().await.unwrap();
    let predicate = format!("kafka_offset >= {start} and kafka_offset < {end}");
    let (table, _) = table.delete().with_predicate(predicate).await.unwrap();
    table.write(row).with_cast_safety(false).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_and_missing_messages_become_rows_exactly_once() {
    let world = World::new(1);
    world.send_readings(0, 0, 30);
    world.send(0, "not json");
    let consumer = world.start().await;
    world.wait_for_rows(31).await;
    // Offsets 5 to 14 are recorded as lost, 20 to 30 have no row at all.
    lose(&world, 5..15).await;
    let table = world.table().await.unwrap();
    table.delete().with_predicate("kafka_offset >= 20").await.unwrap();
    let damaged = world.audit().await;
    assert_eq!(damaged.partitions[0].lost, [OffsetRange { start: 5, end: 15 }]);
    assert_eq!(damaged.partitions[0].gaps, [OffsetRange { start: 20, end: 31 }]);

    // In two steps, while the archive goes on.
    let some = Repaired { missing: 3, messages: 3, ..Repaired::default() };
    assert_eq!(repaired(&world, 0, 8).await, Ok(some));
    assert_eq!(world.audit().await.partitions[0].lost, [OffsetRange { start: 8, end: 15 }]);
    world.send_readings(0, 31, 35);
    let rest = Repaired { missing: 18, messages: 18, ..Repaired::default() };
    assert_eq!(repaired(&world, 0, 31).await, Ok(rest));
    assert_eq!(repaired(&world, 0, 31).await, Ok(Repaired::default()), "nothing is left");
    world.wait_for_rows(35).await;
    consumer.stop().await.unwrap();

    world.assert_exactly_once(&BTreeMap::from([(0, 35)])).await;
    let report = consumer::audit::audit(&world.settings, Feed::Vitals, true).await.unwrap();
    assert!(report.is_clean(true), "the rows are those of the archive: {report:?}");
    let rejected = "select reject_reason from vitals where kafka_offset = 30";
    assert_eq!(world.query(rejected).await, ["not_json"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_whose_names_are_not_utf_8_are_repaired_and_audited() {
    let world = World::new(1);
    let reading = r#"{"patient_id":"p-0","timestamp":1763812800000,"spo2":97}"#;
    world.send_with_damaged_header(0, reading);
    world.send_with_damaged_header(0, reading);
    let consumer = world.start().await;
    world.wait_for_rows(2).await;
    consumer.stop().await.unwrap();
    let table = world.table().await.unwrap();
    table.delete().with_predicate("kafka_offset = 1").await.unwrap();

    let done = Repaired { missing: 1, messages: 1, ..Repaired::default() };
    assert_eq!(repaired(&world, 0, 2).await, Ok(done));
    let report = consumer::audit::audit(&world.settings, Feed::Vitals, true).await.unwrap();
    assert!(report.is_clean(true), "{report:?}");
    for headers in world.query("select kafka_headers from vitals").await {
        assert!(headers.contains("key: orig\u{fffd}n"), "{headers}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_was_archived_of_this_log_is_repaired() {
    let world = World::new(1);
    world.send_readings(0, 0, 10);
    let consumer = world.start().await;
    world.wait_for_rows(10).await;
    consumer.stop().await.unwrap();
    let refused = async |start, end| repaired(&world, start, end).await.unwrap_err();
    assert!(refused(0, 11).await.contains("archived up to offset 10"));
    assert!(refused(4, 4).await.contains("--from is not below --to"));
    let other = repair(&world.settings, Feed::Vitals, 1, OffsetRange { start: 0, end: 1 }).await;
    assert!(other.unwrap_err().to_string().contains("never archived"));

    // The same offsets of a topic that was recreated hold other messages.
    let mut recreated = World::new(1);
    recreated.settings.lake = world.settings.lake.clone();
    recreated.queue_readings(0, 100, 120);
    let range = OffsetRange { start: 0, end: 10 };
    if recreated.cluster_id() == world.cluster_id() {
        let other = repair(&recreated.settings, Feed::Vitals, 0, range).await.unwrap_err();
        assert!(other.to_string().contains("another log"), "{other:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_patient_is_not_repaired() {
    let world = World::new(1);
    world.send_readings(0, 0, 10);
    let consumer = world.start().await;
    world.wait_for_rows(10).await;
    consumer.stop().await.unwrap();
    let options = consumer::erase::Options { patient: "p-0".to_owned(), dry_run: false };
    consumer::erase::run(&world.settings, &options).await.unwrap();
    assert_eq!(repaired(&world, 0, 10).await, Ok(Repaired::default()));
    assert_eq!(world.query("select count(*) from vitals where not rejected").await, ["0"]);
}
