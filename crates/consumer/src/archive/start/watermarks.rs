//! Comparison of known positions with Kafka's log: its watermarks, and its content.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, anyhow};
use rdkafka::{consumer::Consumer as _, error::KafkaError};
use tokio::task::JoinHandle;
use vitals_core::{domain::offset_range::OffsetRange, runtime::kafka};
use vitals_lake::{position::LastMessage, schema::Table};

use super::{
    known_position::KnownPosition,
    log_content::{Content, LogContent},
    request::{Progress, StartError, StartPosition, StopReason},
};
use crate::archive::{client::Client, status::StatusRecorder};

/// Compares known positions with Kafka's log.
pub(crate) struct LogComparison {
    pub(crate) client: Arc<Client>,
    pub(crate) topic: String,
    pub(crate) table: &'static Table,
    pub(crate) request_timeout: Duration,
    pub(crate) content: LogContent,
    pub(crate) recorder: StatusRecorder,
}

/// The request for the watermarks of a partition. All partitions' requests run side by side.
type WatermarksFetch = JoinHandle<Result<OffsetRange, KafkaError>>;

/// The outcome for one partition.
pub(super) type Outcome = Result<StartPosition, StartError>;

impl LogComparison {
    /// The start positions of partitions. They are compared together, so that one that does not
    /// respond delays no other by more than its own timeout.
    pub(super) async fn start_positions(
        &self,
        known: Vec<(i32, KnownPosition)>,
    ) -> BTreeMap<i32, Outcome> {
        let leaderless = self.leaderless().await;
        // Every request is sent before the first response is awaited.
        let mut fetches = Vec::new();
        for (id, known) in &known {
            let fetch = if *known == KnownPosition::Unknown {
                Err(anyhow!("the lake does not respond"))
            } else if leaderless.contains(id) {
                Err(anyhow!("the partition has no leader"))
            } else {
                Ok(self.fetch_watermarks(*id))
            };
            fetches.push((*id, fetch));
        }
        let mut outcomes = BTreeMap::new();
        let mut ranges = HashMap::new();
        for (id, fetch) in fetches {
            match watermarks(fetch).await {
                Ok(range) => {
                    // A stopped partition shows its lag as well.
                    self.recorder.set_high_watermark(id, range.end);
                    ranges.insert(id, range);
                }
                Err(error) => {
                    outcomes.insert(id, Err(error.into()));
                }
            }
        }
        for (id, known) in known {
            if let Some(range) = ranges.get(&id) {
                outcomes.insert(id, self.start_position(id, known, *range));
            }
        }
        // Last, because only a position within the log has a message to compare.
        self.compare_content(&mut outcomes, &ranges).await;
        outcomes
    }

    fn start_position(&self, id: i32, known: KnownPosition, range: OffsetRange) -> Outcome {
        let accept = self.accept_command(id);
        match known {
            KnownPosition::Never(log) => {
                let low = range.start;
                Ok(StartPosition { log, covered: low, fetch: low, last: None, is_new: true })
            }
            KnownPosition::At(progress) => {
                start_position(progress, range, accept).map_err(StartError::Stopped)
            }
            KnownPosition::Stopped { position, stopped_ms, .. } => {
                let since = jiff::Timestamp::from_millisecond(stopped_ms).unwrap_or_default();
                let since = since.to_string();
                Err(StartError::Stopped(StopReason::Earlier { since, position, accept }))
            }
            KnownPosition::Unknown | KnownPosition::OtherCluster => {
                Err(StartError::Stopped(StopReason::OtherCluster { accept }))
            }
        }
    }

    /// Stops the partitions whose log has another message than the last archived one.
    async fn compare_content(
        &self,
        outcomes: &mut BTreeMap<i32, Outcome>,
        ranges: &HashMap<i32, OffsetRange>,
    ) {
        let expected: HashMap<i32, LastMessage> = outcomes
            .iter()
            .filter_map(|(id, outcome)| {
                let last = outcome.as_ref().ok()?.last?;
                // Retention may have deleted the message.
                ranges.get(id)?.contains(last.offset).then_some((*id, last))
            })
            .collect();
        if expected.is_empty() {
            return;
        }
        let content = self.content.clone();
        let asked = expected.clone();
        let compared = tokio::task::spawn_blocking(move || content.compare(&asked)).await;
        let mut compared = compared.map_err(anyhow::Error::from).flatten();
        for (id, last) in expected {
            let found = match &mut compared {
                Ok(found) => found.remove(&id).context("no result").flatten(),
                Err(error) => Err(anyhow!("{error:#}")),
            };
            match found {
                Ok(Content::Same | Content::Missing) => {}
                Ok(Content::Other) => {
                    let accept = self.accept_command(id);
                    let reason = StopReason::Replaced { offset: last.offset, accept };
                    outcomes.insert(id, Err(StartError::Stopped(reason)));
                }
                Err(error) => {
                    let error = error.context("comparing the last archived message");
                    outcomes.insert(id, Err(error.into()));
                }
            }
        }
    }

    /// The command that accepts Kafka's current log of a partition as a new one.
    fn accept_command(&self, partition: i32) -> String {
        format!("consumer accept-log --table {} --partition {partition}", self.table.name)
    }

    /// The partitions without a leader. Their watermarks would be awaited in vain.
    async fn leaderless(&self) -> BTreeSet<i32> {
        let client = Arc::clone(&self.client);
        let topic = self.topic.clone();
        let timeout = self.request_timeout;
        let fetched = tokio::task::spawn_blocking(move || {
            kafka::leaderless(client.client(), &topic, timeout)
        });
        fetched.await.unwrap_or_default()
    }

    /// Starts to fetch the watermarks of a partition.
    fn fetch_watermarks(&self, partition: i32) -> WatermarksFetch {
        let client = Arc::clone(&self.client);
        let topic = self.topic.clone();
        let timeout = self.request_timeout;
        tokio::task::spawn_blocking(move || {
            kafka::watermarks(client.client(), &topic, partition, timeout)
        })
    }
}

/// The low and the high watermark of a partition.
async fn watermarks(fetch: anyhow::Result<WatermarksFetch>) -> anyhow::Result<OffsetRange> {
    fetch?.await?.context("fetching the watermarks from Kafka")
}

/// The start position of a partition, given the watermarks of Kafka's log.
fn start_position(
    progress: Progress,
    watermarks: OffsetRange,
    accept: String,
) -> Result<StartPosition, StopReason> {
    let OffsetRange { start: low, end: high } = watermarks;
    let Progress { log, next, last, truncation } = progress;
    if next > high {
        return Err(StopReason::Truncated { position: next, low, high, accept });
    }
    if let Some(report) = truncation {
        return Err(StopReason::Reported { report, accept });
    }
    // The offsets from `covered` to `fetch` are deleted in Kafka: the poller records them as lost.
    Ok(StartPosition { log, covered: next, fetch: next.max(low), last, is_new: false })
}

#[cfg(test)]
#[path = "watermarks_tests.rs"]
mod tests;
