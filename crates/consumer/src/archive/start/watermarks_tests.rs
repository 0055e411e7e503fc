use vitals_core::domain::log_id::LogId;

use super::*;

const WATERMARKS: OffsetRange = OffsetRange { start: 5, end: 9 };

fn start_at(position: i64) -> Result<StartPosition, StopReason> {
    let log = LogId::new("c", 1);
    let progress = Progress { log, next: position, last: None, truncation: None };
    start_position(progress, WATERMARKS, "accept-log 3".to_owned())
}

fn expected(covered: i64, fetch: i64) -> Result<StartPosition, StopReason> {
    Ok(StartPosition { log: LogId::new("c", 1), covered, fetch, last: None, is_new: false })
}

#[test]
fn reading_starts_at_the_position_or_at_the_low_watermark() {
    assert_eq!(start_at(7), expected(7, 7));
    assert_eq!(start_at(9), expected(9, 9), "at the end of the log");
    assert_eq!(start_at(3), expected(3, 5), "deleted offsets are recorded as lost");
}

#[test]
fn a_log_that_ends_before_the_position_stops_the_partition() {
    let reason = start_at(10).unwrap_err().to_string();
    for part in ["offset 10", "ends at 9", "`accept-log 3`"] {
        assert!(reason.contains(part), "{reason}");
    }
}

#[test]
fn a_reported_truncation_stops_the_partition() {
    let report = "Local: Partition log truncation detected".to_owned();
    let progress =
        Progress { log: LogId::new("c", 1), next: 7, last: None, truncation: Some(report.clone()) };
    let stop = start_position(progress, WATERMARKS, "accept-log 3".to_owned()).unwrap_err();
    assert_eq!(stop, StopReason::Reported { report, accept: "accept-log 3".to_owned() });
}
