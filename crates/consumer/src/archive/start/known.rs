//! What the lake and the spool know of a partition.

use std::{collections::HashMap, sync::Arc};

use anyhow::Context as _;
use vitals_core::domain::log_id::LogId;
use vitals_lake::position::{Archived, Positions};

use crate::archive::{
    sink::storage_task::lock,
    start::resolver::{StartRequest, StartResolver},
};

/// What is known of a partition besides Kafka's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KnownPosition {
    /// It goes on at an offset of a log.
    At(String, i64),
    /// It was never archived, its log is this one.
    Never(String),
    /// Only the lake can say.
    Nothing,
    /// The lake has it from another cluster.
    Elsewhere,
}

impl StartResolver {
    /// What the lake and the spool know of the partitions.
    pub(crate) async fn known(
        &self,
        open: &HashMap<i32, StartRequest>,
    ) -> HashMap<i32, KnownPosition> {
        let reading = |request: &StartRequest| {
            request.reading.clone().map(|(log, at)| KnownPosition::At(log, at))
        };
        let mut known: HashMap<i32, KnownPosition> =
            open.iter().filter_map(|(id, request)| Some((*id, reading(request)?))).collect();
        let asked: Vec<i32> = open.keys().copied().filter(|id| !known.contains_key(id)).collect();
        if asked.is_empty() {
            return known;
        }
        let cluster = match self.cluster().await {
            Ok(cluster) => cluster,
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "the cluster did not say its id");
                return known;
            }
        };
        match self.archived(&asked).await {
            Ok(found) => {
                self.readiness.met("lake");
                self.recorder.set_lake(None);
                for (id, archived) in asked.into_iter().zip(found) {
                    known.insert(id, self.beyond_spool(&cluster, id, archived));
                }
            }
            Err(error) => {
                let error = format!("{error:#}");
                self.readiness.missing("lake", error.clone());
                self.recorder.set_lake(Some(error));
                for id in asked {
                    known.insert(id, self.only_spool(&cluster, id));
                }
            }
        }
        known
    }

    async fn cluster(&self) -> anyhow::Result<String> {
        let origin = Arc::clone(&self.origin);
        let source = tokio::task::spawn_blocking(move || origin.source()).await;
        Ok(source.context("asking the cluster")??.cluster)
    }

    async fn archived(&self, partitions: &[i32]) -> anyhow::Result<Vec<Archived>> {
        let table = self.lake.open_or_create(self.table).await?;
        self.origin.source()?.archived(&self.lake, &table, partitions).await
    }

    /// What waits in the spool continues the table: reading goes on behind it.
    fn beyond_spool(&self, cluster: &str, partition: i32, archived: Archived) -> KnownPosition {
        match archived {
            Archived::Never => KnownPosition::Never(LogId::new(cluster, 1).into()),
            Archived::OtherCluster { .. } => KnownPosition::Elsewhere,
            Archived::At { log, position, .. } => {
                self.recorder.set_positions(&Positions::from([(partition, position)]));
                let end = lock(&self.spool).chain(log.as_str(), partition, Some(position));
                KnownPosition::At(log.into(), end.unwrap_or(position))
            }
        }
    }

    /// The lake does not answer. What this process or the one before it has in the spool was
    /// read from the table's position on, so reading may go on behind it.
    fn only_spool(&self, cluster: &str, partition: i32) -> KnownPosition {
        let spool = lock(&self.spool);
        let end = spool.log(cluster, partition).and_then(|log| {
            Some(KnownPosition::At(log.to_owned(), spool.chain(log, partition, None)?))
        });
        end.unwrap_or(KnownPosition::Nothing)
    }
}
