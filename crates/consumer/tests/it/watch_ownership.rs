//! The watch over owners and logs that change.

use std::collections::BTreeSet;

use consumer::watch::commands::{AckArgs, WatchCommand};
use serde_json::Value;
use vitals_core::runtime::config::Roles;

use crate::{
    wait::{check, wait_for},
    watch_actions::act,
    watch_restart::expected_ids,
    watch_world::{COURSE, WatchWorld},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_state_of_a_former_owner_neither_stays_nor_hides_readings() {
    let expected = expected_ids(1).await;
    let ward = WatchWorld::new(Roles::Watch, 1);
    let first = ward.start().await;
    ward.send_course(0, 30);
    ward.wait_committed().await;
    let outdated = ward.states();
    assert_eq!(outdated.len(), 6);
    first.stop().await.unwrap();

    // The first instance was stalled, and sends what it had in its queue.
    let second = ward.start().await;
    ward.send_course(30, 45);
    ward.wait_committed().await;
    ward.put_states(outdated.iter().map(|(id, state)| (id, Some(state))));
    wait_for_states(&ward, "newer states", |patient, state| {
        next_offset(state) > next_offset(&outdated[patient])
    })
    .await;
    let alarm = ward.wait_for_alarm("p-0", |alarm| alarm["rule"] == "limit.spo2.low").await;
    let id = alarm["id"].as_str().unwrap().to_owned();
    act(&ward, WatchCommand::Ack(AckArgs { id, by: "Nurse N".to_owned() })).await;
    ward.wait_for_alarm("p-0", |alarm| alarm["acknowledged"]["by"] == "Nurse N").await;
    ward.send_course(45, 50);
    ward.wait_committed().await;
    second.stop().await.unwrap();

    // No instance runs, and compaction has removed the newer states.
    ward.put_states(outdated.keys().map(|id| (id, None)));
    ward.put_states(outdated.iter().map(|(id, state)| (id, Some(state))));
    let third = ward.start().await;
    ward.wait_for_alarm("p-0", |alarm| alarm["acknowledged"]["by"] == "Nurse N").await;
    ward.send_course(50, COURSE);
    ward.wait_committed().await;
    third.stop().await.unwrap();
    assert_eq!(of_others(ward.alert_ids()), of_others(expected));
}

/// The ids of the patients without an acknowledgement. An outdated owner may send one twice.
fn of_others(ids: Vec<String>) -> BTreeSet<String> {
    ids.into_iter().filter(|id| !id.starts_with("p-0/")).collect()
}

fn next_offset(state: &Value) -> i64 {
    state["next_offset"].as_i64().unwrap()
}

/// Waits until the newest state of every patient satisfies `condition`.
pub(crate) async fn wait_for_states(
    ward: &WatchWorld,
    name: &str,
    condition: impl Fn(&str, &Value) -> bool,
) {
    wait_for(name, async || {
        let states = ward.states();
        check(states.iter().all(|(patient, state)| condition(patient, state)), states)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_was_created_again_leaves_no_alarms_and_no_patients() {
    let former = WatchWorld::new(Roles::Watch, 1);
    let consumer = former.start().await;
    former.send_course(0, 90);
    former.wait_committed().await;
    consumer.stop().await.unwrap();
    let states = former.states();
    let former_log = &states["p-3"]["log"];
    let alarms: BTreeSet<_> = states.values().flat_map(alarm_ids).collect();
    assert!(alarms.iter().any(|id| id.starts_with("p-3/")), "{alarms:?}");
    assert!(alarms.iter().any(|id| id.starts_with("p-5/")), "{alarms:?}");

    // The former log had 540 messages in one partition.
    for (partitions, steps) in [(1, 20), (2, 20), (1, 700)] {
        let ward = WatchWorld::new(Roles::Watch, partitions);
        ward.continue_after(&former);
        ward.send_steps("p-3", partitions - 1, 100..100 + steps, false);
        let consumer = ward.start().await;
        wait_for_ends(&ward, &alarms).await;
        wait_for_patients(&ward, &["p-3"]).await;
        ward.wait_committed().await;
        consumer.stop().await.unwrap();
        let state = ward.states()["p-3"].clone();
        assert_eq!(alarm_ids(&state), Vec::<String>::new());
        assert_eq!(state["partition"], partitions - 1);
        assert!(keeps_state(&ward, former_log), "the patient's state was removed");
        if steps < 700 {
            continue;
        }
        // The next owner finds nothing of the former log either, and judges from the first reading.
        ward.send_steps("p-5", 0, 800..830, true);
        let consumer = ward.start().await;
        ward.wait_for_alarm("p-5", |alarm| alarm["rule"] == "limit.spo2.low").await;
        wait_for_patients(&ward, &["p-3", "p-5"]).await;
        consumer.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_with_fewer_partitions_leaves_no_alarms_of_the_former_ones() {
    let former = WatchWorld::new(Roles::Watch, 2);
    let consumer = former.start().await;
    former.send_course(0, 90);
    former.wait_committed().await;
    consumer.stop().await.unwrap();
    let states = former.states();
    let alarms: BTreeSet<_> = states.values().flat_map(alarm_ids).collect();
    assert!(alarms.iter().any(|id| id.starts_with("p-3/")), "{alarms:?}");
    assert_eq!(states["p-3"]["partition"], 1);

    let ward = WatchWorld::new(Roles::Watch, 1);
    ward.continue_after(&former);
    ward.send_steps("p-3", 0, 100..120, false);
    let consumer = ward.start().await;
    wait_for_ends(&ward, &alarms).await;
    wait_for_patients(&ward, &["p-3"]).await;
    ward.wait_committed().await;
    consumer.stop().await.unwrap();
    assert_eq!(alarm_ids(&ward.states()["p-3"]), Vec::<String>::new());
}

/// Waits until all of the `alarms` have ended.
async fn wait_for_ends(ward: &WatchWorld, alarms: &BTreeSet<String>) {
    wait_for("end of the alarms", async || {
        let alerts = ward.alerts();
        let ends = alerts.iter().filter(|alert| alert["kind"] == "cleared");
        let ended: BTreeSet<_> = ends.filter_map(|end| end["occurrence_id"].as_str()).collect();
        let left: Vec<_> = alarms.iter().filter(|id| !ended.contains(id.as_str())).collect();
        check(left.is_empty(), left)
    })
    .await;
}

/// Returns true if no tombstone follows the first state of patient `p-3` that is not of `former_log`.
fn keeps_state(ward: &WatchWorld, former_log: &Value) -> bool {
    let states = ward.messages("patient-status");
    let of_p3 = states.iter().filter(|(patient, _)| patient == "p-3").map(|(_, state)| state);
    let mut since = of_p3
        .skip_while(|state| state.as_ref().is_none_or(|state| state["log"] == *former_log))
        .peekable();
    since.peek().is_some() && since.all(Option::is_some)
}

/// The ids of the alarms in a state.
pub(crate) fn alarm_ids(state: &Value) -> Vec<String> {
    let alarms = state["alarms"].as_array().unwrap();
    alarms.iter().map(|alarm| alarm["id"].as_str().unwrap().to_owned()).collect()
}

async fn wait_for_patients(ward: &WatchWorld, patients: &[&str]) {
    wait_for("state of these patients alone", async || {
        let states = ward.states();
        check(states.keys().eq(patients), states.into_keys())
    })
    .await;
}
