//! The extent of the lake's tables.

use std::{sync::Arc, time::Duration};

use tokio::time::timeout;
use vitals_core::runtime::{
    clock::now_ms,
    config::{Settings, TopicSettings},
};
use vitals_lake::query::{ArchivedTable, Tables};

use super::arrivals::{Arrivals, Extent};
use crate::{live::Hub, wire::ArchivedUpTo};

/// Ages of a batch within which its messages are normally archived: one while it fills, the others for
/// the commit, the view of the table and the spacing of the known arrivals.
const DELAY_BATCHES: u64 = 3;

/// The arrivals on the topics of the tables that the pages read.
#[derive(Debug, Clone, Default)]
pub struct Followed {
    /// Readings.
    pub vitals: Arrivals,
    /// Transitions of alarms.
    pub alerts: Arrivals,
    /// Activity.
    pub activity: Arrivals,
}

/// Compares the tables with their topics.
#[derive(Debug)]
pub struct ArchiveClient {
    tables: Arc<Tables>,
    topics: TopicSettings,
    followed: Followed,
    hub: Arc<Hub>,
    timeout: Duration,
    delay_ms: i64,
}

impl ArchiveClient {
    /// A client of `tables` that knows the messages of `followed`, with the timeouts and the batches of
    /// `settings`.
    #[must_use]
    pub fn new(
        settings: &Settings,
        tables: Arc<Tables>,
        followed: Followed,
        hub: Arc<Hub>,
    ) -> Self {
        let delay_ms = settings.consumer.rotation.max_age_ms.saturating_mul(DELAY_BATCHES);
        Self {
            tables,
            topics: settings.kafka.topics.clone(),
            followed,
            hub,
            timeout: Duration::from_millis(settings.dashboard.request_timeout_ms),
            delay_ms: i64::try_from(delay_ms).unwrap_or(i64::MAX),
        }
    }

    /// The extent of `table`, for a period up to `to_ms`. A query of the table that begins afterwards has
    /// at least its messages.
    pub async fn up_to(&self, table: ArchivedTable, to_ms: i64) -> ArchivedUpTo {
        // Boxed: a query's future is too large for the stack.
        let found = timeout(self.timeout, Box::pin(self.find(table))).await;
        let time_ms = match found {
            Ok(Ok(time_ms)) => time_ms,
            // The query of the same table reports the cause.
            Ok(Err(error)) => {
                tracing::debug!(error = format!("{error:#}"), "the archive's extent is not known");
                None
            }
            Err(_) => None,
        };
        self.of_period(time_ms, to_ms.min(now_ms()))
    }

    async fn find(&self, table: ArchivedTable) -> anyhow::Result<Option<i64>> {
        let Followed { vitals, alerts, activity } = &self.followed;
        let (topic, arrivals) = match table {
            ArchivedTable::Vitals => (&self.topics.vitals, vitals),
            ArchivedTable::Alerts => (&self.topics.alerts, alerts),
            ArchivedTable::Activity => (&self.topics.audit, activity),
        };
        let Some(positions) = self.tables.positions(table, topic).await? else { return Ok(None) };
        let now_ms = now_ms();
        let connected_ms = Some(now_ms).filter(|_| self.hub.is_connected());
        match arrivals.extent(&positions, connected_ms) {
            None => Ok(None),
            Some(Extent::UpTo(ms)) => Ok(Some(ms)),
            // An archive that stopped before the first known arrival has nothing later.
            Some(Extent::Before(ms)) => {
                let last_ms = self.tables.last_arrival_ms(table, now_ms).await?;
                Ok(last_ms.filter(|last_ms| *last_ms <= ms))
            }
        }
    }

    fn of_period(&self, time_ms: Option<i64>, to_ms: i64) -> ArchivedUpTo {
        let is_recent = |time_ms: i64| to_ms.saturating_sub(time_ms) <= self.delay_ms;
        ArchivedUpTo { time_ms, complete: time_ms.is_some_and(is_recent) }
    }
}
