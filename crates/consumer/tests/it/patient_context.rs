//! The archive of patient contexts, tombstones included.

use consumer::{audit::audit, erase, feed::Feed};
use rdkafka::producer::{BaseRecord, Producer as _};

use crate::world::{TEST_TIMEOUT, World};

const TOPIC: &str = "patient-context";

fn send(world: &World, key: &str, value: Option<&str>) {
    let mut record: BaseRecord<'_, str, str> = BaseRecord::to(TOPIC).partition(0).key(key);
    record.payload = value;
    world.producer.send(record).map_err(|(error, _)| error).unwrap();
    world.producer.flush(TEST_TIMEOUT).unwrap();
}

/// A consumer that has archived a prescription, a merge, an invalid context and a deletion.
async fn archived() -> World {
    let world = World::new(1);
    world.broker.create_topic(TOPIC, 1, 1).unwrap();
    world.send_readings(0, 0, 1);
    let copd = r#"{"patient_id":"p-1","spo2":{"scale":2,"by":"Novak","at_ms":1763812800000,
        "reason":"COPD"},"birth_date":"1950-01-31","pregnant":false,"limits":{"spo2":{"low":88.0}},
        "admitted_ms":1763812800123,"ward":"A3","bed":"12","later":7}"#;
    send(&world, "p-1", Some(copd));
    send(&world, "p-2", Some(r#"{"patient_id":"p-2","merged_into":"p-1"}"#));
    send(&world, "p-3", Some(r#"{"patient_id":"p-3","birth_date":"soon"}"#));
    send(&world, "p-4", Some(r#"{"patient_id":"p-4","age_group":"child"}"#));
    send(&world, "p-4", None);
    let consumer = world.start().await;
    world.wait_for_rows(1).await;
    world.wait_for_rows_of("patient_context", 5).await;
    consumer.wait_for_ready(200, "ready").await;
    consumer.stop().await.unwrap();
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_context_is_a_row_and_so_is_its_deletion() {
    let world = archived().await;
    let columns = "select concat_ws('|', patient_id, deleted, spo2_scale, spo2_by, \
                   cast(spo2_at as bigint), spo2_reason, birth_date, age_group, pregnant, limits, \
                   cast(admitted as bigint), ward, bed, merged_into, value like '%later%') \
                   from patient_context where not rejected order by kafka_offset";
    assert_eq!(
        world.query(columns).await,
        [
            "p-1|false|2|Novak|1763812800000000|COPD|1950-01-31|false|{\"spo2\":{\"low\":88.0}}|\
             1763812800123000|A3|12|true",
            "p-2|false|p-1|false",
            "p-4|false|child|false",
            "p-4|true",
        ]
    );
    let why =
        "select concat(reject_reason, ' ', reject_detail) from patient_context where rejected";
    assert_eq!(world.query(why).await, ["out_of_range birth_date is not a date YYYY-MM-DD"]);
    let report = audit(&world.settings, Feed::PatientContext, true).await.unwrap();
    assert!(report.is_clean(true), "{report:?}");
    let [partition] = &report.audit.partitions[..] else { panic!("{report:?}") };
    assert_eq!((partition.stored, partition.rejected), (4, 1));
    assert_eq!(report.kafka.unwrap()[0].again.messages, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_patient_leaves_no_context() {
    let world = archived().await;
    let options = erase::Options { patient: "p-1".to_owned(), dry_run: false };
    erase::run(&world.settings, &options).await.unwrap();
    let left = "select distinct patient_id from patient_context where patient_id is not null";
    assert_eq!(world.query(left).await, ["p-4"], "p-2 is an earlier id of the same patient");
    let report = audit(&world.settings, Feed::PatientContext, true).await.unwrap();
    assert!(report.is_clean(true), "{report:?}");
}
