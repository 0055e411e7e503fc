//! The archive of readings that are judged field by field: what the lake keeps of each message.

use std::collections::BTreeMap;

use consumer::feed::Feed;
use rdkafka::producer::BaseRecord;

use crate::world::{TOPIC, World};

const NOW: i64 = 1_763_812_800_123;

/// Archives the messages and returns `columns` of their rows, in the order of the offsets.
async fn archived(world: &World, count: usize, columns: &str) -> Vec<String> {
    let consumer = world.start().await;
    world.wait_for_rows(count).await;
    consumer.stop().await.unwrap();
    world.query(&format!("select {columns} from vitals order by kafka_offset")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_and_unknown_fields_are_columns_of_the_reading() {
    let world = World::new(1);
    let message = |fields: &str| format!(r#"{{"patient_id":"p","timestamp":{NOW},{fields}}}"#);
    world.send(0, &message(r#""heart_rate":134,"spo2":79,"temperature":-999"#));
    world.send(0, &message(r#""heart_rate":62,"systolic":0,"diastolic":0"#));
    world.send(0, &message(r#""consciousness":"C","supplemental_oxygen":true"#));
    world.send(0, &message(r#""spo2":97,"heartRate":72,"device_id":"mon-1""#));
    let consumer = world.start().await;
    world.wait_for_rows(4).await;
    let (_, metrics) = consumer.get("/metrics").await;
    consumer.stop().await.unwrap();

    let query = async |column: &str| {
        let condition = "where not rejected order by kafka_offset";
        world.query(&format!("select {column} from vitals {condition}")).await
    };
    assert_eq!(query("heart_rate").await, ["134.0", "62.0", "", ""]);
    assert_eq!(query("consciousness").await, ["", "", "C", ""]);
    let refused = query("refused").await;
    assert_eq!(refused[0], "[{field: temperature, reason: sentinel, value: -999}]");
    assert_eq!(refused[1..3], ["", ""]);
    assert_eq!(refused[3], "[{field: heartRate, reason: misspelt_field, value: 72}]");
    assert_eq!(query("extra").await, ["", "", "", r#"{"heartRate":72}"#]);
    let flags = query("flags").await;
    assert_eq!(flags[1], "late,systolic:not_measured,diastolic:not_measured");
    for labels in
        [r#"reason="sentinel",device="none""#, r#"reason="misspelt_field",device="mon-1""#]
    {
        let counter = format!("vitals_archive_refused_fields_total{{topic=\"vitals\",{labels}}} 1");
        assert!(metrics.contains(&counter), "{counter} in {metrics}");
    }
    let report = consumer::audit::audit(&world.settings, Feed::Vitals, true).await.unwrap();
    assert!(report.is_clean(true), "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_kafka_timestamp_costs_a_reading() {
    let world = World::new(1);
    let payload = format!(r#"{{"patient_id":"p-1","timestamp":{NOW},"spo2":97}}"#);
    let stamps = [NOW, NOW / 1000, 1, NOW - 7 * 86_400_000, NOW * 1000, NOW * 1_000_000, i64::MAX];
    for stamp in stamps {
        world.send_with_header(0, "p-1", &payload, Some(stamp));
    }
    let rows = archived(&world, stamps.len(), "rejected || ' ' || kafka_time_type").await;
    let implausible = "false implausible";
    let create = "false create";
    assert_eq!(
        rows,
        [create, implausible, implausible, create, implausible, implausible, implausible]
    );
    // Only the message that arrived a week before it was measured is placed elsewhere.
    let time = "select (arrow_cast(time, 'Int64') / 1000)::text || ' ' || coalesce(flags, '') \
                from vitals order by kafka_offset";
    let times = world.query(time).await;
    assert_eq!(times[3], format!("{} clock_ahead", NOW - 7 * 86_400_000));
    for row in [0, 1, 2, 4, 5, 6] {
        assert_eq!(times[row], format!("{NOW} "), "{row}");
    }
    let device = "select arrow_cast(device_time, 'Int64') / 1000 from vitals \
                  where device_time is not null";
    assert_eq!(world.query(device).await, [NOW.to_string()]);
    let year = "select max(date_part('year', kafka_time)) from vitals";
    assert_eq!(world.query(year).await, ["2262"]);
    let report = consumer::audit::audit(&world.settings, Feed::Vitals, true).await.unwrap();
    assert!(report.is_clean(true), "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn key_and_headers_are_columns() {
    let world = World::new(1);
    let payload = format!(r#"{{"patient_id":"p-1","timestamp":{NOW},"spo2":97}}"#);
    world.send_with_header(0, "bed-12", &payload, None);
    world.send(0, &payload);
    world.send_with_header(0, "bed-13", "not json", None);
    let keys = archived(&world, 3, "arrow_cast(kafka_key, 'Utf8')").await;
    assert_eq!(keys, ["bed-12", "", "bed-13"]);
    let header = "select kafka_headers[1]['key'] || '=' || \
                  arrow_cast(kafka_headers[1]['value'], 'Utf8') from vitals order by kafka_offset";
    assert_eq!(world.query(header).await, ["origin=gateway-7", "", "origin=gateway-7"]);
    let report = consumer::audit::audit(&world.settings, Feed::Vitals, true).await.unwrap();
    assert!(report.is_clean(true), "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tombstone_is_no_rejection() {
    let world = World::new(1);
    world.send_readings(0, 0, 2);
    let tombstone: BaseRecord<'_, str, str> = BaseRecord::to(TOPIC).partition(0).key("p-0");
    world.send_record(tombstone);
    world.send_readings(0, 2, 4);
    let reasons = archived(&world, 5, "coalesce(reject_reason, '')").await;
    assert_eq!(reasons, ["", "", "tombstone", "", ""]);
    let rejected = "select count(*) from vitals where rejected and covers_to is null";
    assert_eq!(world.query(rejected).await, ["0"]);
    let audit = world.audit().await;
    assert!(audit.is_clean(), "{audit:?}");
    let counts: BTreeMap<i32, (i64, i64)> =
        audit.partitions.iter().map(|it| (it.partition, (it.stored, it.rejected))).collect();
    assert_eq!(counts, BTreeMap::from([(0, (4, 0))]));
    let report = consumer::audit::audit(&world.settings, Feed::Vitals, true).await.unwrap();
    assert!(report.is_clean(true), "{report:?}");
}
