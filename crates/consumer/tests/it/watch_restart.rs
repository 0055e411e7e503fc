//! Kills and rebalances: the alerts are those of an uninterrupted watch.

use std::collections::BTreeSet;

use vitals_core::runtime::config::Roles;

use crate::{
    process::Process,
    watch_world::{COURSE, WatchWorld},
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
