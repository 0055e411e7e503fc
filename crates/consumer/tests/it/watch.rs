//! The watch: alarms beside a failing archive, after a kill, and across members.

use std::collections::BTreeSet;

use consumer::{
    audit::audit,
    feed::Feed,
    watch::commands::{AckArgs, ListArgs, SilenceArgs, WatchCommand, WhatIfArgs, run},
};
use serde_json::Value;
use vitals_core::runtime::config::Roles;

use crate::{
    process::Process,
    watch_world::{COURSE, START_MS, WatchWorld},
    world::TEST_TIMEOUT,
};

/// The watch alone, as a process.
const WATCH: &[(&str, &str)] =
    &[("CONSUMER__ROLES", "watch"), ("WATCH__TECHNICAL__NO_DATA_AFTER_MS", "86400000")];

/// The ids of the alerts that one uninterrupted watch raises.
pub(crate) async fn expected_ids(partitions: i32) -> Vec<String> {
    let uninterrupted = WatchWorld::new(Roles::Watch, partitions);
    uninterrupted.send_course(0, COURSE);
    let consumer = uninterrupted.start().await;
    uninterrupted.wait_committed().await;
    consumer.stop().await.unwrap();
    let ids = uninterrupted.alert_ids();
    let rules: BTreeSet<_> = ids.iter().filter_map(|id| id.split('/').nth(1)).collect();
    for rule in ["limit.heart_rate.high", "limit.spo2.low", "news2"] {
        assert!(rules.contains(rule), "{rules:?}");
    }
    for patient in 0..6 {
        let cleared = format!("p-{patient}/limit.spo2.low/");
        assert!(ids.iter().any(|id| id.starts_with(&cleared) && id.contains("/cleared/")));
    }
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn alarms_are_raised_while_the_lake_is_away() {
    let ward = WatchWorld::new(Roles::All, 2);
    ward.world.break_lake();
    let consumer = ward.start().await;
    consumer.wait_for_ready(503, "lake").await;
    ward.send_course(0, COURSE);
    ward.wait_for_alert("alarm", |alert| alert["rule"] == "limit.spo2.low").await;
    ward.wait_committed().await;
    let (_, reasons) = consumer.get("/ready").await;
    assert!(!reasons.contains("watch"), "{reasons}");
    let (_, metrics) = consumer.get("/metrics").await;
    assert!(metrics.contains("vitals_watch_alert_seconds"), "{metrics}");
    consumer.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offline_partition_of_the_alerts_is_a_reason_in_ready() {
    let ward = WatchWorld::with_two_brokers(1);
    ward.set_leader("alerts", 0..2, 2);
    let consumer = ward.start().await;
    // The watch has its state, and no alarm yet.
    ward.send_course(0, 20);
    ward.wait_committed().await;
    consumer.wait_for_ready(200, "ready").await;
    ward.world.broker.broker_down(2).unwrap();
    ward.send_course(20, 60);
    consumer.wait_for_ready(503, "alerts are not delivered").await;
    ward.world.broker.broker_up(2).unwrap();
    ward.wait_committed().await;
    consumer.wait_for_ready(200, "ready").await;
    ward.wait_for_alert("alarm", |alert| alert["rule"] == "limit.spo2.low").await;
    consumer.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_that_can_not_start_costs_no_alarm() {
    let mut ward = WatchWorld::new(Roles::All, 1);
    let file = ward.world.dir.path().join("file");
    std::fs::write(&file, "not a folder").unwrap();
    ward.world.settings.consumer.spool.folder = file.join("spool").display().to_string();
    let consumer = ward.start().await;
    ward.send_course(0, 60);
    ward.wait_for_alert("alarm", |alert| alert["rule"] == "limit.spo2.low").await;
    consumer.wait_for_ready(503, "archive").await;
    consumer.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_has_lag_patients_and_alarms() {
    let ward = WatchWorld::new(Roles::Watch, 2);
    let consumer = ward.start().await;
    consumer.wait_for_ready(200, "ready").await;
    ward.send_course(0, 50);
    ward.wait_committed().await;
    let committed = |watch: &Value| {
        watch["patients"] == 6 && watch["partitions"][0]["committed"].as_i64() == Some(150)
    };
    let status = consumer.wait_for_watch("patients and commits", committed).await;
    assert_eq!(status["missing"], Value::Null);
    assert_eq!(status["partitions"][0]["position"], 150);
    consumer.wait_for_watch("alarms", |watch| watch["active_alarms"].as_u64() > Some(0)).await;
    consumer.stop().await.unwrap();
    let states = ward.states();
    assert_eq!(states.len(), 6);
    assert_eq!(states["p-0"]["vitals"]["spo2"]["value"], 84.0, "{states:#?}");
    let alarms = states["p-0"]["alarms"].as_array().unwrap();
    assert!(alarms.iter().any(|alarm| alarm["rule"] == "limit.spo2.low"), "{alarms:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_failpoint_loses_and_repeats_no_alert() {
    let expected = expected_ids(2).await;
    let ward = WatchWorld::new(Roles::Watch, 2);
    let failpoints = [
        "before_alert:kill:3",
        "before_state:kill:4",
        "before_alert:kill",
        "before_watch_commit:kill",
        "before_state:kill:2",
        "after_watch_commit:kill",
    ];
    let step = COURSE / 8;
    for (index, failpoint) in (0..).zip(failpoints) {
        ward.send_course(index * step, (index + 1) * step);
        Process::start(&ward.world, failpoint, WATCH).wait_for_end().await;
    }
    ward.send_course(6 * step, COURSE);
    let last = Process::start(&ward.world, "", WATCH);
    ward.wait_committed().await;
    drop(last);
    assert_eq!(ward.alert_ids(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebalance_between_two_members_loses_and_repeats_no_alert() {
    let expected = expected_ids(4).await;
    let ward = WatchWorld::new(Roles::Watch, 4);
    ward.send_course(0, 40);
    let first = ward.start().await;
    ward.wait_committed().await;
    let second = ward.start().await;
    for part in 1..4 {
        ward.send_course(part * 40, (part + 1) * 40);
        second
            .wait_for_watch("share of the partitions", |watch| {
                watch["partitions"].as_array().is_some_and(|partitions| !partitions.is_empty())
            })
            .await;
    }
    ward.wait_committed().await;
    first.stop().await.unwrap();
    ward.send_course(160, COURSE);
    ward.wait_committed().await;
    second.stop().await.unwrap();
    assert_eq!(ward.alert_ids(), expected);
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

pub(crate) async fn act(ward: &WatchWorld, command: WatchCommand) {
    run(&ward.world.settings, command, &mut Vec::new()).await.unwrap();
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

fn silence(patient: &str, rule: &str) -> WatchCommand {
    WatchCommand::Silence(SilenceArgs {
        patient_id: patient.to_owned(),
        rule: rule.parse().unwrap(),
        minutes: 10,
        by: "Nurse N".to_owned(),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_burden_counts_the_alarms_of_the_ward() {
    let ward = WatchWorld::new(Roles::Watch, 2);
    let consumer = ward.start().await;
    ward.send_course(0, COURSE);
    ward.wait_committed().await;
    let raised = ward.alerts().iter().filter(|alert| alert["kind"] == "raised").count();
    // Six patients for 400 steps of 5 s; the last states may be half a minute old.
    let patient_days = 6.0 * 1960.0 / 86_400.0..=6.0 * 2000.0 / 86_400.0;
    let deadline = std::time::Instant::now() + TEST_TIMEOUT;
    loop {
        let (_, body) = consumer.get("/watch/burden").await;
        let burden: Value = serde_json::from_str(&body).unwrap();
        if burden["alarms"] == raised
            && burden["top_patients"].as_array().unwrap().len() == 6
            && patient_days.contains(&burden["patient_days"].as_f64().unwrap())
        {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "{raised} alarms, {burden:#}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let (_, metrics) = consumer.get("/metrics").await;
    assert!(metrics.contains("vitals_watch_alarms_per_patient_day"), "{metrics}");
    consumer.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_are_archived_with_all_of_their_values() {
    let ward = WatchWorld::new(Roles::All, 1);
    let consumer = ward.start().await;
    ward.send_course(0, 60);
    ward.wait_committed().await;
    let alerts = ward.alerts();
    assert!(!alerts.is_empty());
    let deadline = std::time::Instant::now() + TEST_TIMEOUT;
    let log = ward.world.dir.path().join("lake/alerts/_delta_log/00000000000000000000.json");
    loop {
        let count = match log.exists() && ward.world.table_dir().exists() {
            true => ward.world.query("select count(*) from alerts where not rejected").await,
            false => vec![],
        };
        if count == [alerts.len().to_string()] {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "{count:?} of {} alerts", alerts.len());
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    consumer.stop().await.unwrap();
    let row = "select concat_ws(' ', patient_id, kind, priority, text, value, limit_value, \
               device_id, cast(time as bigint) / 1000, cast(onset as bigint) / 1000, occurrence_id) \
               from alerts where rule = 'limit.spo2.low' order by alert_id limit 1";
    let rows = ward.world.query(row).await;
    let mut of_rule: Vec<_> =
        alerts.iter().filter(|alert| alert["rule"] == "limit.spo2.low").collect();
    of_rule.sort_by_key(|alert| alert["id"].as_str().unwrap().to_owned());
    let first = of_rule[0];
    let text = |name: &str| first[name].as_str().unwrap().to_owned();
    let expected = format!(
        "{} {} {} {} {:?} {:?} {} {} {} {}",
        text("patient_id"),
        text("kind"),
        text("priority"),
        text("text"),
        first["value"].as_f64().unwrap(),
        first["limit"].as_f64().unwrap(),
        text("device_id"),
        first["at_ms"],
        first["onset_ms"],
        text("occurrence_id"),
    );
    assert_eq!(rows, [expected]);
    let report = audit(&ward.world.settings, Feed::Alerts, true).await.unwrap();
    assert!(report.is_clean(true), "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_limits_are_compared_on_the_history_in_the_lake() {
    let ward = WatchWorld::new(Roles::Archive, 2);
    let consumer = ward.start().await;
    ward.send_course(0, 120);
    ward.world.wait_for_rows(720).await;
    consumer.stop().await.unwrap();
    let limits = ward.world.dir.path().join("limits.toml");
    std::fs::write(&limits, "limits.spo2.enabled = false\nlimits.heart_rate.high = 150.0").unwrap();
    let args = WhatIfArgs {
        limits,
        from: jiff::Timestamp::from_millisecond(START_MS).unwrap(),
        to: jiff::Timestamp::from_millisecond(START_MS + 3_600_000).unwrap(),
        json: true,
    };
    let mut output = Vec::new();
    run(&ward.world.settings, WatchCommand::WhatIf(args.clone()), &mut output).await.unwrap();
    let report: Value = serde_json::from_slice(&output).unwrap();
    let rules = |side: &str| report[side]["top_rules"].to_string();
    assert!(rules("today").contains("limit.spo2.low"), "{report:#}");
    assert!(!rules("what_if").contains("limit.spo2.low"), "{report:#}");
    assert!(rules("what_if").contains("limit.respiratory_rate.high"), "{report:#}");
    // The same crises have other alarms.
    assert_eq!(report["missed"], serde_json::json!([]), "{report:#}");
    let mut text = Vec::new();
    let args = WhatIfArgs { json: false, ..args };
    run(&ward.world.settings, WatchCommand::WhatIf(args), &mut text).await.unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(text.starts_with("720 readings") && text.contains("alarms per patient-day"), "{text}");
}
