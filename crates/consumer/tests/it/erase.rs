//! Erasure of a patient's rows while Kafka still has the messages.

use consumer::{erase::Options, feed::Feed};

use crate::{
    wait::{check, wait_for},
    world::World,
};

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_against_the_broker_leaves_erased_messages_out() {
    let world = World::new(2);
    world.send_readings(0, 0, 20);
    world.send_readings(1, 0, 30);
    world.send(1, r#"{"patient_id":"p-1", broken"#);
    let consumer = world.start().await;
    world.wait_for_rows(51).await;
    let patient = "p-1".to_owned();
    let options = Options { patient: patient.clone(), dry_run: true };
    consumer::erase::run(&world.settings, &options).await.unwrap();
    assert_eq!(world.rows().await, 51, "a dry run changes nothing");
    let options = Options { patient, dry_run: false };
    consumer::erase::run(&world.settings, &options).await.unwrap();
    let left = "select count(*) from vitals where patient_id = 'p-1' or reject_payload is not null";
    assert_eq!(world.query(left).await, ["0"]);
    // The archive continues, and the erased messages do not come back.
    world.send_readings(0, 20, 25);
    let stored = "select count(*) from vitals where not rejected";
    wait_for("later messages", async || {
        let found = world.query(stored).await;
        check(found == ["25"], found)
    })
    .await;
    consumer.stop().await.unwrap();
    let report = consumer::audit::audit(&world.settings, Feed::Vitals, true).await.unwrap();
    assert!(report.is_clean(true), "{report:?}");
    let compared = report.kafka.unwrap();
    let messages: Vec<_> = compared.iter().map(|it| (it.partition, it.again.messages)).collect();
    assert_eq!(messages, [(0, 25), (1, 0)]);
}
