//! Actions of a nurse on alarms.

use consumer::watch::commands::{AckArgs, ListArgs, SilenceArgs, WatchCommand, run};
use serde_json::Value;
use vitals_core::runtime::config::Roles;

use crate::watch_world::WatchWorld;

pub(crate) async fn act(ward: &WatchWorld, command: WatchCommand) {
    run(&ward.world.settings, command, &mut Vec::new()).await.unwrap();
}

fn silence(patient: &str, rule: &str) -> WatchCommand {
    WatchCommand::Silence(SilenceArgs {
        patient_id: patient.to_owned(),
        rule: rule.parse().unwrap(),
        minutes: 10,
        by: "Nurse N".to_owned(),
    })
}

/// Expects an acknowledgement and a silence of `p-0` in the activity log.
fn assert_recorded(ward: &WatchWorld) {
    let messages = ward.messages("audit");
    let events: Vec<_> = messages.iter().map(|(_, event)| event.as_ref().unwrap()).collect();
    let fact = |name: &str| events.iter().map(|event| event[name].clone()).collect::<Vec<_>>();
    assert_eq!(fact("action"), ["acknowledged", "silenced"]);
    for (name, value) in [
        ("view", "alarms"),
        ("patient_id", "p-0"),
        ("user", "Nurse N"),
        ("address", "127.0.0.1"),
        ("user_agent", "consumer watch"),
    ] {
        assert_eq!(fact(name), [value, value], "{name}");
    }
    let (from, to) = (fact("from"), fact("to"));
    assert_eq!((&from[0], &to[0]), (&Value::Null, &Value::Null));
    assert_eq!(to[1].as_i64().unwrap() - from[1].as_i64().unwrap(), 600_000);
    assert_eq!(fact("time")[1], from[1]);
    // The archive accepts them.
    for event in events {
        vitals_core::domain::activity::decode(event.to_string().as_bytes()).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_applies_once_to_one_alarm_and_outlives_a_restart() {
    let ward = WatchWorld::new(Roles::Watch, 1);
    let first = ward.start().await;
    ward.send_course(0, 50);
    let alarm = ward.wait_for_alarm("p-0", |alarm| alarm["rule"] == "limit.spo2.low").await;
    let id = alarm["id"].as_str().unwrap().to_owned();
    act(&ward, WatchCommand::Ack(AckArgs { id: id.clone(), by: "Nurse N".to_owned() })).await;
    act(&ward, silence("p-0", "limit.heart_rate.high")).await;
    assert_recorded(&ward);
    let acknowledged = |alert: &Value| alert["kind"] == "acknowledged";
    let alert = ward.wait_for_alert("acknowledgement", acknowledged).await;
    assert_eq!((&alert["occurrence_id"], &alert["by"]), (&alarm["id"], &"Nurse N".into()));
    ward.wait_for_alarm("p-0", |alarm| alarm["silenced"]["by"] == "Nurse N").await;
    ward.wait_for_alarm("p-0", |alarm| alarm["acknowledged"]["by"] == "Nurse N").await;
    // Neither covers another rule or patient.
    let states = ward.states();
    for (patient, state) in &states {
        for alarm in state["alarms"].as_array().unwrap() {
            let (of_p0, rule) = (patient == "p-0", alarm["rule"].as_str().unwrap());
            let silenced = of_p0 && rule == "limit.heart_rate.high";
            assert_eq!(!alarm["silenced"].is_null(), silenced, "{patient} {rule}");
            assert_eq!(!alarm["acknowledged"].is_null(), of_p0 && alarm["id"] == id.as_str());
        }
    }
    let unknown = AckArgs { id: format!("{id}0"), by: "Nurse N".to_owned() };
    let refused = run(&ward.world.settings, WatchCommand::Ack(unknown), &mut Vec::new()).await;
    assert!(refused.unwrap_err().to_string().contains("no alarm"));

    first.stop().await.unwrap();
    let second = ward.start().await;
    ward.send_course(50, 55);
    ward.wait_committed().await;
    ward.wait_for_alarm("p-0", |alarm| alarm["acknowledged"]["by"] == "Nurse N").await;
    second.stop().await.unwrap();
    let alerts = ward.alerts();
    assert_eq!(alerts.iter().filter(|alert| acknowledged(alert)).count(), 1, "{alerts:#?}");
    let mut listed = Vec::new();
    let list = ListArgs { patient_id: Some("p-0".to_owned()), json: false };
    run(&ward.world.settings, WatchCommand::List(list), &mut listed).await.unwrap();
    let listed = String::from_utf8(listed).unwrap();
    assert!(listed.contains("acknowledged by Nurse N") && listed.contains(&id), "{listed}");
}
