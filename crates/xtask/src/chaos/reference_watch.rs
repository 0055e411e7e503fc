//! A watch without faults, which judges the same readings from their beginning.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::consumer_process::ConsumerProcess;
use super::testbed::{TOPIC, Testbed};
use crate::group::has_committed_all;

/// Topic of its alerts.
pub(super) const ALERTS: &str = "alerts.uninterrupted";
const STATES: &str = "patient-status.uninterrupted";
const GROUP: &str = "vitals-watch.uninterrupted";
/// The consumer requires another group for its archive, although it has no such role.
const ARCHIVE_GROUP: &str = "vitals-archive.uninterrupted";

/// Timeout until it has judged every reading.
const TIMEOUT: Duration = Duration::from_secs(240);
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// The process of the watch, with a group and topics of its own.
pub(super) struct ReferenceWatch(ConsumerProcess);

impl ReferenceWatch {
    /// Starts the watch. No fault may be injected from now on.
    pub(super) fn start(testbed: &Testbed) -> Result<Self> {
        let mut settings = testbed.settings.clone();
        for (key, value) in [
            ("CONSUMER__ROLES", "watch"),
            ("CONSUMER__WATCH__GROUP_ID", GROUP),
            ("KAFKA__TOPICS__ALERTS", ALERTS),
            ("KAFKA__TOPICS__PATIENT_STATUS", STATES),
        ] {
            settings.push((format!("VITALS__{key}"), value.to_owned()));
        }
        let mut process = ConsumerProcess::new(&testbed.dir, "uninterrupted", ARCHIVE_GROUP);
        process.start(&settings, None)?;
        Ok(Self(process))
    }

    /// Waits until every reading is judged, and stops the watch. Returns false, with a finding, if the
    /// watch ends before or is too slow.
    pub(super) async fn finish(mut self, testbed: &mut Testbed) -> Result<bool> {
        let start = Instant::now();
        let broker = testbed.services.bootstrap_servers();
        // It has no committed offset yet if the broker is slow to answer.
        while !has_committed_all(&broker, GROUP, TOPIC).unwrap_or(false) {
            if let Some(status) = self.0.reap()? {
                testbed.report.finding(&format!("the uninterrupted watch ended: {status}"));
                return Ok(false);
            }
            if start.elapsed() > TIMEOUT {
                let seconds = TIMEOUT.as_secs();
                let text = format!("the uninterrupted watch is not done after {seconds} s");
                testbed.report.finding(&text);
                return Ok(false);
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        self.0.stop().await?;
        Ok(true)
    }
}
