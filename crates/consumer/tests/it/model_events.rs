//! The archive of the models' ledger.

use consumer::{audit::audit, feed::Feed};
use vitals_core::domain::model_event::{ModelEvent, Step};

use crate::world::World;

const TOPIC: &str = "model-events";

fn event(step: Step, version: &str, previous: Option<&str>) -> String {
    let event = ModelEvent {
        event_id: format!("01a20a73-c415-7483-ac0a-{version}"),
        time: 1_763_812_800_123,
        step,
        model: "spline".to_owned(),
        model_version: version.to_owned(),
        digest: "0123456789abcdef".repeat(4),
        previous: previous.map(ToOwned::to_owned),
        who: "Ada Li".to_owned(),
        why: "a \"test\", with a comma".to_owned(),
    };
    serde_json::to_string(&event).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_of_a_model_is_a_row_with_all_of_its_values() {
    let mut world = World::new(1);
    world.settings.consumer.model_events = true;
    world.settings.consumer.predictions = false;
    world.settings.consumer.patient_context = false;
    world.broker.create_topic(TOPIC, 1, 1).unwrap();
    let consumer = world.start().await;
    world.send_to(TOPIC, 0, &event(Step::Trained, "be54ff7ee1c3", None));
    world.send_to(TOPIC, 0, &event(Step::Released, "be54ff7ee1c3", Some("boosted/35eba6874ce1")));
    let nobody = event(Step::Released, "000000000000", None).replace("Ada Li", " ");
    world.send_to(TOPIC, 0, &nobody);
    world.wait_for_rows_of("model_events", 3).await;
    consumer.stop().await.unwrap();

    let row = "select concat_ws(' | ', event_id, cast(time as bigint), step, model, model_version, \
               digest, coalesce(previous, 'none'), who, why) from model_events \
               where not rejected order by kafka_offset";
    insta::assert_json_snapshot!(world.query(row).await);
    let why = "select concat(reject_reason, ' ', reject_detail) from model_events where rejected";
    assert_eq!(world.query(why).await, ["out_of_range who: is empty or too long"]);
    let report = audit(&world.settings, Feed::ModelEvents, true).await.unwrap();
    assert!(report.is_clean(true), "{report:?}");
}
