//! Damage to the log of the second topic, while Kafka is running.

use anyhow::Result;

use super::plan::{Event, LogDamage, Target};
use super::repairs::Repair;
use super::testbed::Testbed;

impl Testbed {
    /// Damages the log as `event` says, unless Kafka is down or the log has an open transaction.
    pub(super) async fn damage_log(&mut self, event: &Event, damage: LogDamage) {
        let damaged = match damage {
            _ if self.is_down(Target::Kafka) => Ok(false),
            LogDamage::Deletion => self.activity.delete_messages().await,
            LogDamage::AbortedTransaction => self.begin_transaction(event),
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
}
