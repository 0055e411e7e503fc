//! Comparison of a known position with the watermarks of Kafka's log.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, anyhow};
use rdkafka::consumer::Consumer as _;
use vitals_core::{
    domain::{log_id::LogId, offset_range::OffsetRange},
    runtime::kafka,
};
use vitals_lake::schema::Table;

use super::{
    known_position::KnownPosition,
    request::{StartError, StartPosition, StopReason},
};
use crate::archive::{client::Client, status::StatusRecorder};

/// Compares known positions with Kafka's log.
pub(crate) struct LogComparison {
    pub(crate) client: Arc<Client>,
    pub(crate) topic: String,
    pub(crate) table: &'static Table,
    pub(crate) request_timeout: Duration,
    pub(crate) recorder: StatusRecorder,
}

impl LogComparison {
    /// The start position of a partition.
    pub(crate) async fn start_position(
        &self,
        id: i32,
        known: KnownPosition,
    ) -> Result<StartPosition, StartError> {
        if known == KnownPosition::Unknown {
            return Err(anyhow!("the lake does not respond").into());
        }
        let log_range = self.watermarks(id).await?;
        // A stopped partition shows its lag as well.
        self.recorder.set_high_watermark(id, log_range.end);
        match known {
            KnownPosition::Never(log) => {
                let low = log_range.start;
                Ok(StartPosition { log, covered: low, fetch: low, is_new: true })
            }
            KnownPosition::At(log, position) => {
                let start = start_position(log, position, log_range, self.accept_command(id));
                start.map_err(StartError::Stopped)
            }
            KnownPosition::Unknown | KnownPosition::OtherCluster => {
                let accept = self.accept_command(id);
                Err(StartError::Stopped(StopReason::OtherCluster { accept }))
            }
        }
    }

    /// The command that accepts Kafka's current log of a partition as a new one.
    fn accept_command(&self, partition: i32) -> String {
        format!("consumer accept-log --table {} --partition {partition}", self.table.name)
    }

    /// The low and the high watermark of a partition.
    async fn watermarks(&self, partition: i32) -> anyhow::Result<OffsetRange> {
        let client = Arc::clone(&self.client);
        let topic = self.topic.clone();
        let timeout = self.request_timeout;
        let fetched = tokio::task::spawn_blocking(move || {
            kafka::watermarks(client.client(), &topic, partition, timeout)
        });
        fetched.await?.context("fetching the watermarks from Kafka")
    }
}

/// The start position of a partition whose next offset is `position`, given the watermarks of
/// Kafka's log.
fn start_position(
    log: LogId,
    position: i64,
    watermarks: OffsetRange,
    accept: String,
) -> Result<StartPosition, StopReason> {
    let OffsetRange { start: low, end: high } = watermarks;
    if position > high {
        return Err(StopReason::Truncated { position, low, high, accept });
    }
    Ok(StartPosition { log, covered: position, fetch: position.max(low), is_new: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WATERMARKS: OffsetRange = OffsetRange { start: 5, end: 9 };

    fn start_at(position: i64) -> Result<StartPosition, StopReason> {
        start_position(LogId::new("c", 1), position, WATERMARKS, "accept-log 3".to_owned())
    }

    fn expected(covered: i64, fetch: i64) -> Result<StartPosition, StopReason> {
        Ok(StartPosition { log: LogId::new("c", 1), covered, fetch, is_new: false })
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
}
