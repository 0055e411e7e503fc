//! Damage to the log of the second topic, while Kafka is running.

use std::time::Duration;

use anyhow::Result;
use serde_json::Value;

use super::activity_log::ACTIVITY;
use super::log_audit::{archived, has_messages};
use super::plan::{Event, LogDamage, Target};
use super::repairs::Repair;
use super::testbed::Testbed;
use crate::{audit, command};

/// Time between two attempts to accept a log.
const ACCEPT_INTERVAL: Duration = Duration::from_secs(3);

impl Testbed {
    /// Damages the log as `event` says, unless Kafka is down or the log does not permit it:
    /// a transaction is open, or nothing of it is archived yet.
    pub(super) async fn damage_log(&mut self, event: &Event, damage: LogDamage) {
        let damaged = match damage {
            _ if self.is_down(Target::Kafka) => Ok(false),
            LogDamage::Deletion => self.activity.delete_messages().await,
            LogDamage::AbortedTransaction => self.begin_transaction(event),
            LogDamage::Recreation => self.recreate_topic(event).await,
        };
        match damaged {
            Ok(true) => self.report.injected(event),
            Ok(false) => self.report.skipped(event),
            // Kafka may still be recovering.
            Err(error) => {
                self.report.note(&format!("the second topic is not damaged: {error:#}"));
                self.report.skipped(event);
            }
        }
    }

    fn begin_transaction(&mut self, event: &Event) -> Result<bool> {
        let has_begun = self.activity.begin_transaction()?;
        if has_begun {
            self.schedule(event.duration, Repair::AbortTransaction);
        }
        Ok(has_begun)
    }

    async fn recreate_topic(&mut self, event: &Event) -> Result<bool> {
        // The lake counts the logs that were accepted, so each one must be archived in part before
        // the next one replaces it.
        let is_pending = self.repairs.iter().any(|(_, it)| matches!(it, Repair::AcceptLog));
        let present = self.activity.log_index();
        if is_pending || !self.activity_audit().is_some_and(|it| has_messages(&it, present)) {
            return Ok(false);
        }
        let is_new = self.activity.recreate().await?;
        if is_new {
            self.schedule(event.duration, Repair::AcceptLog);
        }
        Ok(is_new)
    }

    /// Accepts the new log of the second topic, as an operator would. Returns false if it is tried
    /// again later: the lake may not respond, or no consumer may have compared the logs yet.
    pub(super) fn accept_log(&mut self) -> bool {
        let args = ["accept-log", "--table", ACTIVITY, "--all"];
        let Err(error) = command::output(&mut self.program("consumer", &args)) else { return true };
        // A commit without a response may have succeeded.
        let present = self.activity.log_index();
        if self.activity_audit().is_some_and(|audit| archived(&audit, present).is_some()) {
            return true;
        }
        self.report.note(&format!("the new log is not accepted yet: {error:#}"));
        self.schedule(ACCEPT_INTERVAL, Repair::AcceptLog);
        false
    }

    /// The audit of the second topic; `None` without a clean audit, or while HDFS is down.
    fn activity_audit(&self) -> Option<Value> {
        // The audit would wait for a server whose repair waits for this thread.
        if self.is_down(Target::NameNode) || self.is_down(Target::DataNode) {
            return None;
        }
        audit::run(&mut self.program("consumer", &[]), &["--table", ACTIVITY]).ok()
    }
}
