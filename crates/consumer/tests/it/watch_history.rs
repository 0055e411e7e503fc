//! The history of alarms: their burden, their archive, and other limits on past readings.

use consumer::{
    audit::audit,
    feed::Feed,
    watch::commands::{WatchCommand, WhatIfArgs, run},
};
use serde_json::{Value, json};
use vitals_core::runtime::config::Roles;

use crate::{
    wait::{check, wait_for},
    watch_world::{COURSE, START_MS, WatchWorld},
};

/// Ms since the epoch.
const FUTURE_MS: i64 = 4_102_444_800_000;

#[tokio::test(flavor = "multi_thread")]
async fn the_burden_counts_the_alarms_of_the_ward() {
    let ward = WatchWorld::new(Roles::Watch, 2);
    // Anyone who may write to the topics can send any time, here one in the year 2100.
    let forged = json!({
        "id": "a", "occurrence_id": "o", "patient_id": "x", "rule": "news2", "priority": "high",
        "kind": "raised", "at_ms": FUTURE_MS, "onset_ms": FUTURE_MS, "text": "NEWS2 9",
    });
    ward.put("alerts", [(&"x".to_owned(), Some(&forged))]);
    let forged = json!({"patient_id": "x", "watched_since_ms": 0, "last_arrival_ms": FUTURE_MS});
    ward.put_states([(&"x".to_owned(), Some(&forged))]);
    let consumer = ward.start().await;
    ward.send_course(0, COURSE);
    ward.wait_committed().await;
    let is_raised = |alert: &&Value| alert["kind"] == "raised" && alert["patient_id"] != "x";
    let raised = ward.alerts().iter().filter(is_raised).count();
    // Six patients for 400 steps of 5 s; the last states may be half a minute old.
    let patient_days = 6.0 * 1960.0 / 86_400.0..=6.0 * 2000.0 / 86_400.0;
    wait_for("burden of all alarms", async || {
        let (_, body) = consumer.get("/watch/burden").await;
        let burden: Value = serde_json::from_str(&body).unwrap();
        let is_complete = burden["alarms"] == raised
            && burden["top_patients"].as_array().unwrap().len() == 6
            && patient_days.contains(&burden["patient_days"].as_f64().unwrap());
        check(is_complete, (raised, burden))
    })
    .await;
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
    ward.world.wait_for_rows_of("alerts", alerts.len()).await;
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
