//! The position of a partition according to the lake and the spool.

use std::{collections::HashMap, sync::Arc};

use vitals_core::{domain::log_id::LogId, runtime::readiness::Readiness};
use vitals_lake::{
    position::{Archived, ArchivedLog, KafkaSource, Positions, Transactions},
    table::Lake,
};

use super::{ClusterId, ExistingTable, StartRequest, request::Progress};
use crate::archive::{spool::SharedSpool, status::StatusRecorder};

/// A partition's position before Kafka's log is consulted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KnownPosition {
    /// Reading continues at an offset of a log.
    At(Progress),
    /// The partition of this log is stopped until another log is accepted.
    Stopped { log: LogId, position: i64, stopped_ms: i64 },
    /// The partition of this log was never archived.
    Never(LogId),
    /// The lake, which alone decides, is unavailable.
    Unknown,
    /// The lake has the partition from another cluster.
    OtherCluster,
}

impl KnownPosition {
    /// The log that is archived; `None` if it is unknown or never was.
    pub(super) const fn log(&self) -> Option<&LogId> {
        match self {
            Self::At(Progress { log, .. }) | Self::Stopped { log, .. } => Some(log),
            Self::Never(_) | Self::Unknown | Self::OtherCluster => None,
        }
    }
}

/// Looks positions up in the lake and the spool.
pub(crate) struct PositionLookup {
    pub(crate) lake: Lake,
    pub(crate) table: ExistingTable,
    pub(crate) cluster_id: Arc<ClusterId>,
    pub(crate) spool: SharedSpool,
    pub(crate) readiness: Readiness,
    pub(crate) recorder: StatusRecorder,
}

impl PositionLookup {
    /// The positions of the requested partitions. A partition without an entry is unknown.
    pub(crate) async fn look_up(
        &self,
        requests: &HashMap<i32, StartRequest>,
    ) -> HashMap<i32, KnownPosition> {
        // A partition that is being read knows its position.
        let mut known = HashMap::new();
        let mut missing = Vec::new();
        for (id, request) in requests {
            if let Some(progress) = request.current.clone() {
                known.insert(*id, KnownPosition::At(progress));
            } else {
                missing.push(*id);
            }
        }
        if missing.is_empty() {
            return known;
        }

        // The others need the lake, and the cluster's id to find their log in it.
        let source = match self.cluster_id.source().await {
            Ok(source) => source,
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "failed to fetch the cluster id");
                return known;
            }
        };
        match self.archived(&source, &missing).await {
            Ok(archived) => {
                self.set_lake_error(None);
                for (id, archived) in missing.into_iter().zip(archived) {
                    known.insert(id, self.after_spool(&source, id, archived));
                }
            }
            Err(error) => {
                // The spool alone may know where a partition continues: reading resumes during an
                // outage, too.
                self.set_lake_error(Some(format!("{error:#}")));
                for id in missing {
                    known.insert(id, self.spooled_position(&source, id));
                }
            }
        }
        known
    }

    fn set_lake_error(&self, error: Option<String>) {
        match &error {
            None => self.readiness.met("lake"),
            Some(error) => self.readiness.missing("lake", error.clone()),
        }
        self.recorder.set_lake(error);
    }

    async fn archived(
        &self,
        source: &KafkaSource,
        partitions: &[i32],
    ) -> anyhow::Result<Vec<Archived>> {
        let table = self.table.open().await?;
        let transactions = Transactions::read(&self.lake, &table).await?;
        Ok(partitions.iter().map(|id| source.archived(&transactions, *id)).collect())
    }

    /// The position behind the batches in the spool, which continue the table.
    fn after_spool(&self, source: &KafkaSource, id: i32, archived: Archived) -> KnownPosition {
        match archived {
            Archived::Never => KnownPosition::Never(LogId::new(&source.cluster, 1)),
            Archived::OtherCluster { .. } => KnownPosition::OtherCluster,
            Archived::At(ArchivedLog { log, position, stopped_ms: Some(stopped_ms), .. }) => {
                self.recorder.set_positions(&Positions::from([(id, position)]));
                KnownPosition::Stopped { log, position, stopped_ms }
            }
            Archived::At(ArchivedLog { log, position, last, .. }) => {
                self.recorder.set_positions(&Positions::from([(id, position)]));
                let end = self.spool.lock().coverage(&log, id, Some(position));
                let next = end.unwrap_or(position);
                KnownPosition::At(Progress { log, next, last, truncation: None })
            }
        }
    }

    /// The position behind the batches in the spool while the lake is unavailable. This process
    /// or the one before it has read those batches from the table's position on, so reading may
    /// continue behind them.
    fn spooled_position(&self, source: &KafkaSource, id: i32) -> KnownPosition {
        let spool = self.spool.lock();
        let Some(log) = spool.log(&source.cluster, id) else { return KnownPosition::Unknown };
        match spool.coverage(log, id, None) {
            Some(next) => {
                let log = log.clone();
                KnownPosition::At(Progress { log, next, last: None, truncation: None })
            }
            None => KnownPosition::Unknown,
        }
    }
}
