//! Patients whose readings move to another partition.

use consumer::watch::commands::{AckArgs, WatchCommand};
use serde_json::Value;
use vitals_core::runtime::config::Roles;

use crate::{
    running_consumer::RunningConsumer,
    wait::{check, wait_for},
    watch_actions::act,
    watch_members::{join, partitions, start_two},
    watch_ownership::{alarm_ids, wait_for_states},
    watch_world::{START_MS, STEP_MS, WatchWorld},
};

/// Waits until one of the instances watches one patient, in `partition`, and no other watches any.
async fn wait_for_one_watch(running: &[RunningConsumer], partition: i64) {
    wait_for("single watch", async || {
        let mut watches = Vec::new();
        for instance in running {
            watches.push(instance.watch().await);
        }
        // A rebalance may exchange the partitions of the instances at any time.
        let with_patients: Vec<_> =
            watches.iter().filter(|watch| watch["patients"].as_u64() != Some(0)).collect();
        let is_single = matches!(with_patients[..], [watch]
            if watch["patients"].as_u64() == Some(1) && partitions(watch).contains(&partition));
        check(is_single, watches)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patient_who_moves_to_another_partition_is_watched_once() {
    for instances in [1, 2] {
        let ward = WatchWorld::new(Roles::Watch, 2);
        let running = match instances {
            1 => vec![ward.start().await],
            _ => Vec::from(<[_; 2]>::from(start_two(&ward).await)),
        };
        ward.send_steps("p", 0, 0..40, true);
        let alarm = ward.wait_for_alarm("p", |alarm| alarm["rule"] == "limit.spo2.low").await;
        let id = alarm["id"].as_str().unwrap().to_owned();
        act(&ward, WatchCommand::Ack(AckArgs { id: id.clone(), by: "Nurse N".to_owned() })).await;
        ward.wait_for_alarm("p", |alarm| alarm["acknowledged"]["by"] == "Nurse N").await;
        wait_for_one_watch(&running, 0).await;

        ward.send_steps("p", 1, 40..80, true);
        wait_for_states(&ward, "state in partition 1", |_, state| state["partition"] == 1).await;
        ward.wait_committed().await;
        let known =
            |alarm: &Value| alarm["id"] == id.as_str() && alarm["acknowledged"]["by"] == "Nurse N";
        ward.wait_for_alarm("p", known).await;
        wait_for_one_watch(&running, 1).await;

        ward.send_steps("p", 1, 80..140, false);
        ward.wait_committed().await;
        for instance in running {
            instance.stop().await.unwrap();
        }
        assert!(!alarm_ids(&ward.states()["p"]).contains(&id));
        let ids = ward.alert_ids();
        for kind in ["raised", "acknowledged", "cleared"] {
            let of_kind = format!("/{kind}/");
            let found =
                ids.iter().filter(|id| id.contains("/limit.spo2.low/") && id.contains(&of_kind));
            assert_eq!(found.count(), 1, "{kind}: {ids:#?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alarm_that_the_former_instance_raised_after_the_move_ends() {
    let ward = WatchWorld::new(Roles::Watch, 2);
    let consumer = ward.start().await;
    ward.send_steps("p", 0, 0..40, true);
    let alarm = ward.wait_for_alarm("p", |alarm| alarm["rule"] == "limit.spo2.low").await;
    let former = ward.states()["p"].to_string();
    ward.send_steps("p", 1, 40..80, false);
    wait_for_states(&ward, "state in partition 1", |_, state| state["partition"] == 1).await;
    ward.wait_committed().await;

    // The state of an instance that has not noticed the move so far.
    let owner = serde_json::from_str::<Value>(&former).unwrap()["owner"].to_string();
    let late = former.replace(alarm["id"].as_str().unwrap(), "p/limit.spo2.low/7");
    let late: Value = serde_json::from_str(&late.replace(&owner, r#""other""#)).unwrap();
    ward.put_states([(&"p".to_owned(), Some(&late))]);
    let ended = |alert: &Value| {
        alert["occurrence_id"] == "p/limit.spo2.low/7" && alert["kind"] == "cleared"
    };
    ward.wait_for_alert("end of the alarm", ended).await;
    wait_for_states(&ward, "state in partition 1", |_, state| state["partition"] == 1).await;
    consumer.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alarm_of_a_killed_owner_ends_once_if_its_patient_has_moved_on() {
    let ward = WatchWorld::new(Roles::Watch, 2);
    let consumer = ward.start().await;
    ward.send_steps("p", 0, 0..40, true);
    let is_low = |alarm: &Value| alarm["rule"] == "limit.spo2.low";
    let known = ward.wait_for_alarm("p", is_low).await;
    ward.send_steps("p", 1, 41..80, true);
    wait_for_states(&ward, "state in partition 1", |_, state| state["partition"] == 1).await;
    ward.wait_committed().await;
    consumer.stop().await.unwrap();

    // The owner of partition 0 was behind. It raised an alarm with a reading from before the move,
    // and was killed before it published the patient's state.
    ward.send_steps("p", 0, 40..41, true);
    let at_ms = START_MS + 40 * STEP_MS;
    let mut raised = ward.wait_for_alert("alert", |alert| alert["kind"] == "raised").await;
    raised["id"] = format!("p/limit.heart_rate.high/7/raised/{at_ms}").into();
    raised["occurrence_id"] = "p/limit.heart_rate.high/7".into();
    raised["rule"] = "limit.heart_rate.high".into();
    raised["at_ms"] = at_ms.into();
    ward.put("alerts", [(&"p".to_owned(), Some(&raised))]);

    let end = format!("p/limit.heart_rate.high/7/cleared/{at_ms}");
    for _ in 0..2 {
        let consumer = ward.start().await;
        ward.wait_for_alert("end of the alarm", |alert| alert["id"] == end.as_str()).await;
        consumer.wait_for_ready(200, "ready").await;
        ward.wait_committed().await;
        consumer.stop().await.unwrap();
    }
    let alerts = ward.alerts();
    let ends: Vec<_> = alerts.iter().filter(|alert| alert["kind"] == "cleared").collect();
    assert!(matches!(ends[..], [only] if only["id"] == end.as_str()), "{ends:#?}");
    assert!(alarm_ids(&ward.states()["p"]).contains(&known["id"].as_str().unwrap().to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_can_not_be_read_stops_no_alarm() {
    let ward = WatchWorld::with_two_brokers(2);
    ward.set_leader("patient-status", 0..2, 2);
    let first = ward.start().await;
    ward.send_steps("p", 0, 0..40, true);
    let former = ward.wait_for_alarm("p", |alarm| alarm["rule"] == "limit.spo2.low").await;
    ward.wait_committed().await;
    // An instance that follows the topic might not know the newest state yet.
    let (first, second) = join(&ward, first).await;

    // The readings of the patient move while the state is away.
    ward.world.broker.broker_down(2).unwrap();
    ward.send_steps("p", 1, 40..60, true);
    ward.send_steps("q", 1, 40..60, true);
    let of_q = |alert: &Value| alert["patient_id"] == "q" && alert["rule"] == "limit.spo2.low";
    ward.wait_for_alert("alarm of another patient", of_q).await;
    second.wait_for_ready(503, "patients who moved").await;
    let moved_ms = START_MS + 40 * STEP_MS;
    let since =
        |alert: &Value| alert["patient_id"] == "p" && alert["onset_ms"].as_i64() >= Some(moved_ms);
    ward.wait_for_alert("alarm of the patient", since).await;

    ward.world.broker.broker_up(2).unwrap();
    let ended =
        |alert: &Value| alert["occurrence_id"] == former["id"] && alert["kind"] == "cleared";
    ward.wait_for_alert("end of the former alarm", ended).await;
    ward.wait_committed().await;
    second.wait_for_ready(200, "ready").await;
    first.stop().await.unwrap();
    second.stop().await.unwrap();
}
