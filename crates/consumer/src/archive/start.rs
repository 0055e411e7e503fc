//! Where reading starts: the table's positions against what Kafka's log still has.

use std::{collections::HashMap, time::Duration};

use anyhow::{Context as _, bail};
use metrics::counter;
use rdkafka::consumer::Consumer as _;
use vitals_lake::{position::Positions, schema};

use super::poll::Poller;

/// Where reading a partition starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Start {
    /// The next offset to be covered.
    pub(super) covered: i64,
    /// The offset to fetch from; later than `covered` when the log was truncated between.
    pub(super) fetch: i64,
}

/// By partition, where reading starts, or why it never can.
type Starts = HashMap<i32, anyhow::Result<Start>>;

impl Poller {
    /// Where reading of the partitions `ids` starts. Waits for a broker or a storage that is
    /// away; `None` when the service stops meanwhile.
    pub(super) fn starts(&self, ids: &[i32]) -> anyhow::Result<Option<HashMap<i32, Start>>> {
        for attempt in 0.. {
            let found = self.positions(ids).and_then(|positions| self.watermarks(ids, &positions));
            match found {
                Ok(starts) => {
                    let starts = starts.into_iter().map(|(id, start)| Ok((id, start?)));
                    return starts.collect::<anyhow::Result<_>>().map(Some);
                }
                Err(error) => {
                    tracing::warn!(attempt, error = format!("{error:#}"), "no start position");
                    self.readiness.missing("lake", format!("{error:#}"));
                }
            }
            let pause = self.settings.consumer.retry.pause(attempt);
            if self.runtime.block_on(tokio::time::timeout(pause, self.shutdown.cancelled())).is_ok()
            {
                return Ok(None);
            }
        }
        Ok(None)
    }

    fn positions(&self, ids: &[i32]) -> anyhow::Result<Positions> {
        let source = self.origin.source()?;
        self.runtime.block_on(async {
            let fields = schema::delta_fields();
            let name = schema::VITALS_TABLE;
            let table = self.lake.open_or_create(name, fields, &[schema::REJECTED]).await?;
            let positions = source.positions(&self.lake, &table, ids).await?;
            self.readiness.met("lake");
            Ok(positions)
        })
    }

    /// Compares the positions with what the log still has. The outer error passes, the inner
    /// ones stay.
    fn watermarks(&self, ids: &[i32], positions: &Positions) -> anyhow::Result<Starts> {
        let topic = &self.settings.kafka.topics.vitals;
        let mut starts = Starts::new();
        for id in ids {
            let (low, high) = self
                .client
                .fetch_watermarks(topic, *id, self.request_timeout())
                .context("Kafka did not say what its log has")?;
            let position = positions.get(id).copied();
            let found = start(position, low, high);
            starts.insert(*id, found.with_context(|| format!("topic {topic}, partition {id}")));
        }
        Ok(starts)
    }

    fn request_timeout(&self) -> Duration {
        Duration::from_millis(u64::from(self.settings.kafka.request_timeout_ms))
    }
}

/// Where reading starts, from the table's position and the log's watermarks.
fn start(position: Option<i64>, low: i64, high: i64) -> anyhow::Result<Start> {
    match position {
        None => Ok(Start { covered: low, fetch: low }),
        Some(position) if position > high => bail!(
            "the lake has archived up to offset {position}, but the log ends at {high}: the topic \
             was recreated, or the lake belongs to another cluster; archive it to another lake.url"
        ),
        Some(position) if position < low => {
            let lost = u64::try_from(low - position).unwrap_or(0);
            counter!("vitals_archive_lost_offsets_total").increment(lost);
            tracing::error!(
                from = position,
                to = low,
                "offsets were deleted from the log before they were archived"
            );
            Ok(Start { covered: position, fetch: low })
        }
        Some(position) => Ok(Start { covered: position, fetch: position }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_starts_where_the_table_stands() {
        let at = |covered, fetch| Start { covered, fetch };
        assert_eq!(start(None, 5, 9).unwrap(), at(5, 5));
        assert_eq!(start(Some(7), 5, 9).unwrap(), at(7, 7));
        assert_eq!(start(Some(9), 5, 9).unwrap(), at(9, 9));
        assert_eq!(start(Some(3), 5, 9).unwrap(), at(3, 5), "the lost offsets are covered");
        let error = start(Some(10), 5, 9).unwrap_err().to_string();
        assert!(error.contains("offset 10") && error.contains("ends at 9"), "{error}");
    }
}
