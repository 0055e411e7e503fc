//! The archive of predictions, beside that of readings.

use std::borrow::Cow;

use consumer::{audit::audit, feed::Feed};
use vitals_core::domain::prediction::{ByFeature, PredictionEvent, RiskLevel, Role};

use crate::world::{RunningConsumer, World};

const TOPIC: &str = "predictions";

/// A prediction without a measured insulin.
fn event(row: u32) -> PredictionEvent<'static> {
    PredictionEvent {
        request_id: "01a20a73-c415-7483-ac0a-fb062c505685".into(),
        row,
        timestamp: 1_763_812_800_123,
        model: "spline".into(),
        model_version: "be54ff7ee1c3".into(),
        role: Role::Served,
        inputs: ByFeature::from([0.0, 137.0, 40.0, 35.0, 0.0, 43.1, 2.288, 33.0]),
        not_measured: vec![Cow::Borrowed("insulin")],
        probability: 0.880_797_077_977_882_4,
        prediction: 1,
        threshold: 0.5,
        risk_level: RiskLevel::High,
        log_odds: 2.0,
        base_value: -1.0,
        contributions: ByFeature::from([0.5, 0.25, -0.125, 0.0, 1.0, -1.0, 2.0, 0.375]),
        latency_us: 17,
        caller: Some("10.1.2.3".into()),
        traceparent: None,
        client_id: Some("order 7".into()),
    }
}

fn json(event: &PredictionEvent<'_>) -> String {
    serde_json::to_string(event).unwrap()
}

async fn topics(consumer: &RunningConsumer) -> serde_json::Value {
    serde_json::from_str(&consumer.get("/status").await.1).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prediction_is_a_row_with_all_of_its_values() {
    let world = World::new(1);
    world.broker.create_topic(TOPIC, 2, 1).unwrap();
    let consumer = world.start().await;
    world.send_to(TOPIC, 0, &json(&event(0)));
    let contradicts = PredictionEvent { risk_level: RiskLevel::Low, ..event(1) };
    world.send_to(TOPIC, 0, &json(&contradicts));
    world.send_to(TOPIC, 1, &json(&event(2)));
    world.wait_for_rows_of("predictions", 3).await;
    consumer.stop().await.unwrap();
    let again = world.start().await;
    world.send_to(TOPIC, 1, &json(&PredictionEvent { role: Role::Shadow, ..event(3) }));
    world.wait_for_rows_of("predictions", 4).await;
    again.stop().await.unwrap();
    let row = "select concat_ws(' ', request_id, request_row, model, model_version, role, \
               pregnancies, glucose, coalesce(insulin, -1), probability, prediction, threshold, \
               risk_level, log_odds, base_value, contribution_bmi, contribution_age, latency_us, \
               cast(time as bigint), caller, coalesce(traceparent, 'none'), client_id) \
               from predictions where not rejected order by request_row";
    insta::assert_json_snapshot!(world.query(row).await);
    let why = "select concat(reject_reason, ' ', reject_detail) from predictions where rejected";
    let expected = "inconsistent risk_level: contradicts probability and threshold";
    assert_eq!(world.query(why).await, [expected]);
    let report = audit(&world.settings, Feed::Predictions, true).await.unwrap();
    assert!(report.is_clean(true), "{report:?}");
    let stored: Vec<(i64, i64)> =
        report.audit.partitions.iter().map(|it| (it.stored, it.rejected)).collect();
    assert_eq!(stored, [(1, 1), (2, 0)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn readings_are_archived_without_a_topic_of_predictions() {
    let world = World::new(1);
    world.send_readings(0, 0, 10);
    let consumer = world.start().await;
    world.wait_for_rows(10).await;
    consumer.wait_for_ready(200, "ready").await;
    let status = topics(&consumer).await;
    assert_eq!(status["topics"][1]["table"], TOPIC);
    assert_eq!(status["topics"][0]["missing"], serde_json::json!([]));
    // The first prediction creates the topic.
    world.broker.create_topic(TOPIC, 1, 1).unwrap();
    world.send_to(TOPIC, 0, &json(&event(0)));
    world.wait_for_rows_of("predictions", 1).await;
    consumer.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn predictions_are_not_archived_if_the_settings_disable_it() {
    let mut world = World::new(1);
    world.settings.consumer.predictions = false;
    world.settings.consumer.patient_context = false;
    world.broker.create_topic(TOPIC, 1, 1).unwrap();
    world.send_readings(0, 0, 10);
    let consumer = world.start().await;
    world.wait_for_rows(10).await;
    assert_eq!(topics(&consumer).await["topics"].as_array().unwrap().len(), 1);
    consumer.stop().await.unwrap();
}
