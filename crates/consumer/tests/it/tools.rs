//! The operator's commands: audit against the broker, replay of rejected messages, maintenance.

use std::collections::BTreeMap;

use consumer::feed::Feed;
use deltalake::datafusion::prelude::SessionContext;
use vitals_core::{domain::offset_range::OffsetRange, runtime::clock::now_ms};
use vitals_lake::table::Lake;

use crate::{
    wait::{check, wait_for},
    world::World,
};

/// A reading with a timestamp ten minutes after its broker timestamp.
fn early(sequence: i64) -> String {
    let time_ms = now_ms() + 600_000;
    format!(r#"{{"patient_id":"p-early","timestamp":{time_ms},"spo2":97,"sequence":{sequence}}}"#)
}

/// Archives `rows` messages with a consumer of its own.
async fn archive(world: &World, rows: usize) {
    let consumer = world.start().await;
    world.wait_for_rows(rows).await;
    consumer.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_against_the_broker_finds_no_difference() {
    let world = World::new(2);
    world.send_readings(0, 0, 300);
    world.send(1, "not json");
    world.send_readings(1, 0, 20);
    archive(&world, 321).await;
    world.send_readings(0, 300, 310);
    let settings = world.settings.clone();
    let report = consumer::audit::audit(&settings, Feed::Vitals, true).await.unwrap();
    assert!(report.is_clean(false), "{report:?}");
    let compared = report.kafka.unwrap();
    let messages: Vec<i64> = compared.iter().map(|found| found.again.messages).collect();
    assert_eq!(messages, [300, 21]);
    assert_eq!(compared[0].behind, 10, "offsets that are not archived yet are no finding");
    for (found, lake) in compared.iter().zip(&report.audit.partitions) {
        assert_eq!(found.again, lake.total);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_finds_a_row_that_differs_from_its_message() {
    let mut world = World::new(1);
    world.send_readings(0, 0, 50);
    world.send(0, &early(50));
    archive(&world, 51).await;
    // With other limits, one message decodes to another row.
    world.settings.consumer.times.max_future_ms = 3_600_000;
    let report = consumer::audit::audit(&world.settings, Feed::Vitals, true).await.unwrap();
    assert!(report.audit.is_clean());
    assert!(!report.is_clean(false), "{report:?}");
    let finding = report.kafka.as_ref().unwrap()[0].finding.clone().unwrap();
    assert!(finding.contains("other rows"), "{finding}");
}

/// Replaces the rows of readings with those that an earlier release would have written: rejected
/// messages with their payload.
async fn reject_as_before(world: &World, offsets: std::ops::Range<i64>) {
    // The rows.
    let table = world.table().await.unwrap();
    let session = SessionContext::new();
    session.register_table("vitals", table.table_provider().await.unwrap()).unwrap();
    let std::ops::Range { start, end } = offsets;
    let condition = format!("kafka_offset >= {start} and kafka_offset < {end}");
    let payload = "'{\"patient_id\":\"p-0\",\"timestamp\":' || (1763812800000 + sequence * 1000) \
                   || ',\"spo2\":97,\"sequence\":' || sequence || '}'";
    let columns = table.snapshot().unwrap().snapshot().arrow_schema();
    let selected: Vec<String> = columns
        .fields()
        .iter()
        .map(|field| match field.name().as_str() {
            "reject_reason" | "reject_detail" => format!("'no_vital' as {}", field.name()),
            "reject_payload" => format!("arrow_cast({payload}, 'Binary') as reject_payload"),
            "rejected" => "true as rejected".to_owned(),
            // Null in these rows, but its type is not a literal's.
            "refused" => "refused".to_owned(),
            name if name.starts_with("kafka_") => name.to_owned(),
            name => format!("arrow_cast(null, '{}') as {name}", field.data_type()),
        })
        .collect();
    let sql = format!("select {} from vitals where {condition}", selected.join(", "));
    let rows = session.sql(&sql).await.unwrap().collect().await.unwrap();

    // In their place.
    let (table, _) = table.delete().with_predicate(condition).await.unwrap();
    table.write(rows).with_cast_safety(false).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_vanish_from_the_front_are_found() {
    let mut world = World::new(24);
    world.settings.consumer.rotation.max_rows = 10;
    world.send_readings(0, 0, 20);
    world.send_readings(23, 0, 10);
    archive(&world, 30).await;
    for (removed, lake) in [("sequence < 10", 10), ("true", 0)] {
        let table = world.table().await.unwrap();
        table.delete().with_predicate(removed).await.unwrap();
        let report = consumer::audit::audit(&world.settings, Feed::Vitals, true).await.unwrap();
        for (partition, messages, left) in [(0, 20, lake), (23, 10, 0)] {
            let found = report.audit.partitions.iter().find(|it| it.partition == partition);
            let found = found.unwrap();
            let end = messages - left;
            assert_eq!(found.gaps, [OffsetRange { start: 0, end }], "{removed}");
            let compared = report.kafka.as_ref().unwrap();
            let compared = compared.iter().find(|it| it.partition == partition).unwrap();
            let finding = format!("Kafka has {messages} messages, the lake has {left}");
            assert_eq!(compared.finding, Some(finding));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn replayed_messages_become_readings_exactly_once() {
    let world = World::new(1);
    world.send_readings(0, 0, 10);
    world.send(0, "not json");
    archive(&world, 11).await;
    reject_as_before(&world, 5..10).await;
    let rejected = "select count(*) from vitals where rejected";
    assert_eq!(world.query(rejected).await, ["6"]);
    let lake = Lake::new(&world.settings.lake).unwrap();
    let dry = consumer::replay::replay(&lake, &world.settings, Feed::Vitals, true).await.unwrap();
    assert_eq!(world.query(rejected).await, ["6"], "a dry run changes nothing");
    let counts =
        consumer::replay::replay(&lake, &world.settings, Feed::Vitals, false).await.unwrap();
    assert_eq!(dry, counts);
    let count = |reason: &str| (counts[reason].read, counts[reason].valid, counts[reason].changed);
    assert_eq!(count("no_vital"), (5, 5, 0));
    assert_eq!(count("not_json"), (1, 0, 0));
    assert_eq!(world.query(rejected).await, ["1"]);
    world.assert_exactly_once(&BTreeMap::from([(0, 11)])).await;
    let stored = "select sequence from vitals where sequence >= 5 order by sequence";
    assert_eq!(world.query(stored).await, ["5", "6", "7", "8", "9"]);
    let report = consumer::audit::audit(&world.settings, Feed::Vitals, true).await.unwrap();
    assert!(report.is_clean(true), "the rows are those of today's decoder: {report:?}");

    let version = world.table().await.unwrap().version();
    let again =
        consumer::replay::replay(&lake, &world.settings, Feed::Vitals, false).await.unwrap();
    assert_eq!(again.len(), 1);
    assert_eq!(again["not_json"].valid, 0);
    let claimed = world.table().await.unwrap().version();
    assert_eq!(claimed, version.map(|version| version + 1), "the claim is the only commit");
    // The archive continues.
    world.send_readings(0, 10, 20);
    archive(&world, 21).await;
    world.assert_exactly_once(&BTreeMap::from([(0, 21)])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_consumer_maintains_its_table() {
    let mut world = World::new(1);
    world.settings.consumer.rotation.max_rows = 10;
    world.settings.consumer.maintenance.interval_ms = 1000;
    world.settings.consumer.maintenance.min_files = 2;
    world.send_readings(0, 0, 300);
    let consumer = world.start().await;
    world.wait_for_rows(300).await;
    let files = async || world.table().await.unwrap().get_file_uris().unwrap().count();
    wait_for("compaction", async || {
        let files = files().await;
        check(files <= 3, files)
    })
    .await;
    // Counted at the end of the run, after the merge is visible.
    wait_for("the metric", async || {
        let (_, metrics) = consumer.get("/metrics").await;
        check(metrics.contains("vitals_maintenance_runs_total"), metrics)
    })
    .await;
    consumer.stop().await.unwrap();
    world.assert_exactly_once(&BTreeMap::from([(0, 300)])).await;
}
