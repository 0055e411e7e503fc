//! Events in a consumer's JSON log, identified by their fields and not by their wording.
//!
//! Start the consumer with [`JSON_LOG`]. The fields are part of the consumer's log contract:
//! `failpoint.action` when a failpoint is hit, `kafka.rebalance` (`assign` or `revoke`) when the
//! group changes its partitions, `lake.table` in an error when the archive of a table has failed for
//! good.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use serde_json::Value;

/// The setting that makes a service log JSON, without the prefix `VITALS__`.
pub const JSON_LOG: (&str, &str) = ("TELEMETRY__LOG_FORMAT", "json");

const FAILPOINT_ACTION: &str = "failpoint.action";
const REBALANCE: &str = "kafka.rebalance";
const TABLE: &str = "lake.table";

/// The events of one consumer process.
#[derive(Clone, Debug)]
pub struct ConsumerLog(Vec<Value>);

impl ConsumerLog {
    /// Reads a log file; lines that are not JSON, such as a panic message, are skipped.
    ///
    /// # Errors
    /// Returns an error if the file can't be read.
    pub fn read(file: &Path) -> Result<Self> {
        let text = fs::read(file).with_context(|| format!("reading {}", file.display()))?;
        let text = String::from_utf8_lossy(&text);
        Ok(Self(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()))
    }

    /// Actions of the failpoints that were hit: `kill`, `stop`, `error` or `full`.
    #[must_use]
    pub fn failpoint_actions(&self) -> Vec<String> {
        let actions = self.0.iter().filter_map(|event| event[FAILPOINT_ACTION].as_str());
        actions.map(str::to_lowercase).collect()
    }

    /// The archives that failed for good, each with table and error.
    #[must_use]
    pub fn failed_archives(&self) -> Vec<String> {
        let errors = self.0.iter().filter(|event| event["level"] == "ERROR");
        let failed = errors.filter_map(|event| Some((event[TABLE].as_str()?, event)));
        failed.map(|(table, event)| format!("{table}: {}", event["error"])).collect()
    }

    /// Number of assignments and revocations of partitions.
    #[must_use]
    pub fn rebalances(&self) -> usize {
        self.0.iter().filter(|event| event[REBALANCE].is_string()).count()
    }

    /// Time of the first assignment of partitions, when the consumer could first fetch a message.
    ///
    /// # Errors
    /// Returns an error if the log has no assignment, or its timestamp is invalid.
    pub fn first_assignment(&self) -> Result<SystemTime> {
        let event = self.0.iter().find(|event| event[REBALANCE] == "assign");
        let event = event.context("the consumer's log has no assignment of partitions")?;
        let time = event["timestamp"].as_str().context("a log event without a timestamp")?;
        let time: jiff::Timestamp = time.parse().context("the timestamp of a log event")?;
        Ok(UNIX_EPOCH + Duration::from_micros(u64::try_from(time.as_microsecond())?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn log(events: &[Value]) -> ConsumerLog {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("consumer.log");
        let lines: Vec<_> = events.iter().map(Value::to_string).collect();
        fs::write(&file, format!("thread panicked\n{}\n", lines.join("\n"))).unwrap();
        ConsumerLog::read(&file).unwrap()
    }

    #[test]
    fn events_are_identified_by_their_fields() {
        let log = log(&[
            json!({"message": "x", "failpoint.action": "Kill", "failpoint.name": "AfterPut"}),
            json!({"message": "a commit failed", "error": "failpoint.action"}),
            json!({"message": "y", "kafka.rebalance": "revoke"}),
            json!({"timestamp": "1970-01-01T00:00:01Z", "kafka.rebalance": "assign"}),
            json!({"timestamp": "1970-01-01T00:00:02Z", "kafka.rebalance": "assign"}),
        ]);
        assert_eq!(log.failpoint_actions(), ["kill"]);
        assert_eq!(log.rebalances(), 3);
        assert_eq!(log.first_assignment().unwrap(), UNIX_EPOCH + Duration::from_secs(1));
    }

    #[test]
    fn archives_that_failed_are_errors_with_a_table() {
        let log = log(&[
            json!({"level": "WARN", "lake.table": "alerts", "error": "no leader"}),
            json!({"level": "ERROR", "error": "the spool is full"}),
            json!({"level": "ERROR", "lake.table": "audit", "error": "fatal"}),
        ]);
        assert_eq!(log.failed_archives(), ["audit: \"fatal\""]);
    }

    #[test]
    fn a_log_without_an_assignment_is_an_error() {
        log(&[json!({"kafka.rebalance": "revoke"})]).first_assignment().unwrap_err();
    }
}
