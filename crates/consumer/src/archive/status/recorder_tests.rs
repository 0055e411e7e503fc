use super::*;
use crate::archive::status::TimestampType;

fn recorder() -> StatusRecorder {
    StatusRecorder::new("vitals", "vitals", Readiness::waiting_for(&["kafka"]))
}

#[test]
fn the_status_has_an_operators_figures() {
    let recorder = recorder();
    recorder.set_waiting(0, "starting");
    recorder.set_reading(0, &LogId::new("cluster", 1));
    recorder.set_stopped(1, "Kafka's log ends at 10");
    recorder.set_high_watermark(0, 1900);
    recorder.set_retention_ms(Some(3_600_000));
    recorder.set_timestamp_type(TimestampType::CreateTime);
    let positions = Positions::from([(0, 1200), (7, 5)]);
    let took = Duration::from_millis(540);
    recorder.record_commit(&positions, 500, took, Duration::from_millis(5600));
    recorder.record_rejected(Reason::NotJson, 3);
    recorder.set_lake(Some("lake: commit: no response within 30s".to_owned()));
    let level = SpoolLevel { batches: 12, bytes: 61_000_000, oldest_s: 71, quarantined: 0 };
    recorder.set_spool(level, false);
    insta::assert_json_snapshot!(recorder.snapshot());
}

#[test]
fn readings_that_wait_are_not_hidden_by_old_statistics() {
    let recorder = recorder();
    recorder.set_reading(0, &LogId::new("cluster", 1));
    recorder.set_positions(&Positions::from([(0, 5)]));
    recorder.set_high_watermark(0, 15);
    recorder.raise_high_watermark(0, 5);
    assert_eq!(recorder.snapshot().partitions[&0].lag, Some(10));
}

#[test]
fn readiness_names_the_obstacle_of_each_partition() {
    let recorder = recorder();
    let reasons = || recorder.readiness.reasons();
    recorder.readiness.met("kafka");
    recorder.set_reading(0, &LogId::new("cluster", 1));
    recorder.set_waiting(1, "starting");
    assert!(reasons().is_empty(), "{:?}", reasons());
    recorder.set_fetch_error(0, Some("Broker: Topic authorization failed".to_owned()));
    recorder.set_unavailable(1, "the partition has no leader");
    recorder.set_stopped(2, "recreated");
    let expected = "partitions: stopped: [2]; not read: [0]: Broker: Topic authorization \
                    failed; not read: [1]: the partition has no leader";
    assert_eq!(reasons(), [expected]);
    recorder.set_fetch_error(0, None);
    recorder.set_waiting(1, "starting");
    recorder.remove_partition(2);
    assert!(reasons().is_empty(), "{:?}", reasons());
}

#[test]
fn a_revoked_partition_is_not_shown() {
    let recorder = recorder();
    assert!(recorder.set_stopped(3, "recreated"));
    assert!(!recorder.set_stopped(3, "recreated"), "unchanged");
    assert!(recorder.readiness.reasons().contains(&"partitions: stopped: [3]".to_owned()));
    recorder.remove_partition(3);
    assert!(recorder.readiness.holds("partitions") && !recorder.is_assigned(3));
    recorder.set_high_watermark(3, 10);
    assert!(recorder.snapshot().partitions.is_empty());
}

#[test]
fn a_rate_holds_until_the_next_commit_is_overdue() {
    let recorder = recorder();
    recorder.set_reading(0, &LogId::new("cluster", 1));
    let committed = |seconds| Instant::now().checked_sub(Duration::from_secs(seconds));
    let commit = |position| {
        recorder.record_commit(
            &Positions::from([(0, position)]),
            1,
            Duration::ZERO,
            Duration::ZERO,
        );
    };
    for (interval, last, holds) in
        [(4, 7, true), (4, 9, false), (0, 4, true), (0, 6, false), (50, 59, true), (50, 61, false)]
    {
        recorder.set_positions(&Positions::from([(0, 0)]));
        recorder.status().partitions.get_mut(&0).unwrap().committed = committed(interval);
        commit(1_000);
        recorder.status().partitions.get_mut(&0).unwrap().committed = committed(last);
        let rate = recorder.snapshot().partitions[&0].rate_per_s;
        assert_eq!(rate > 0.0, holds, "{last} s after commits {interval} s apart: {rate}");
    }
}
