//! The archive of the activity on the dashboard.

use consumer::{audit::audit, feed::Feed};
use vitals_core::domain::activity::{ACTIVITY_VERSION, Action, ActivityEvent, View};

use crate::world::World;

const TOPIC: &str = "audit";

/// A complete event.
fn export() -> ActivityEvent {
    ActivityEvent {
        version: ACTIVITY_VERSION,
        event_id: "01a20a73-c415-7483-ac0a-fb062c505685".to_owned(),
        time: 1_763_812_800_123,
        user: Some("ada.li".to_owned()),
        address: "2001:db8::7".parse().unwrap(),
        user_agent: Some("Firefox, \"140\"".to_owned()),
        action: Action::Exported,
        view: View::Patient,
        patient_id: Some("p-0042".to_owned()),
        ward: Some("A3".to_owned()),
        from: Some(1_763_809_200_000),
        to: Some(1_763_812_800_000),
        request_id: Some("request-1".to_owned()),
    }
}

/// An event with what every event has.
fn ward_view() -> ActivityEvent {
    ActivityEvent {
        user: None,
        address: "192.0.2.1".parse().unwrap(),
        user_agent: None,
        action: Action::Viewed,
        view: View::Ward,
        patient_id: None,
        ward: None,
        from: None,
        to: None,
        request_id: None,
        ..export()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_is_a_row_with_all_of_its_values() {
    let mut world = World::new(1);
    world.settings.consumer.audit = true;
    world.settings.consumer.predictions = false;
    world.settings.consumer.patient_context = false;
    world.broker.create_topic(TOPIC, 1, 1).unwrap();
    let consumer = world.start().await;
    let send = |json: &str| world.send_to(TOPIC, 0, json);
    send(&serde_json::to_string(&export()).unwrap());
    send(&serde_json::to_string(&ward_view()).unwrap());
    send(&serde_json::to_string(&export()).unwrap().replace("ada.li", ""));
    world.wait_for_rows_of("audit", 3).await;
    consumer.stop().await.unwrap();

    let row = "select concat_ws(' | ', event_id, cast(time as bigint), coalesce(\"user\", 'unknown'), \
               address, coalesce(user_agent, 'none'), action, view, coalesce(patient_id, 'none'), \
               coalesce(ward, 'all'), coalesce(cast(range_from as bigint), -1), \
               coalesce(cast(range_to as bigint), -1), coalesce(request_id, 'none')) from audit \
               where not rejected order by kafka_offset";
    insta::assert_json_snapshot!(world.query(row).await);
    let why = "select concat(reject_reason, ' ', reject_detail) from audit where rejected";
    assert_eq!(world.query(why).await, ["out_of_range user: is empty or too long"]);
    let report = audit(&world.settings, Feed::Activity, true).await.unwrap();
    assert!(report.is_clean(true), "{report:?}");
}
