//! A repair: chunk by chunk, each in one commit.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use deltalake::DeltaTable;
use vitals_core::{
    domain::offset_range::OffsetRange,
    runtime::{clock::now_ms, config::Settings, kafka},
};
use vitals_lake::{
    lease::{ClaimWatch, Lease},
    position::Transactions,
    repair::{fill, inspect},
    table::Lake,
};

use super::{
    kafka_range::read_again,
    plan::{archived_log, require_same_log},
};
use crate::{archive::LogContent, audit::Broker, feed::Feed, maintain};

/// The offsets of one commit: their rows are held in memory.
const CHUNK: i64 = 200_000;

/// Attempts at a chunk whose files another writer changes meanwhile.
const MAX_ATTEMPTS: usize = 10;

/// The result of a repair, in offsets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Repaired {
    /// The offsets without a message in the table, apart from erased ones.
    pub missing: u64,
    /// Those that were read again and stored.
    pub messages: u64,
    /// Those that never held a message.
    pub no_message: u64,
    /// Those whose messages are no longer in Kafka.
    pub lost: u64,
}

/// Stores the messages of `range` that the table of `feed` lacks. A range that is repaired again
/// changes nothing.
///
/// # Errors
/// When Kafka or the lake is unavailable, the range is not archived yet or is of another log, or
/// another process maintains the table. Chunks that were committed stay.
pub async fn repair(
    settings: &Settings,
    feed: Feed,
    partition: i32,
    range: OffsetRange,
) -> anyhow::Result<Repaired> {
    let lake = Lake::new(&settings.lake)?;
    let name = feed.table().name;
    let Some(mut table) = lake.open_upgraded(feed.table()).await? else {
        bail!("nothing has been archived to {} yet", lake.table_url(name));
    };

    // The range must be archived, and of the log that Kafka has now. The client's calls block; no
    // other task runs on this runtime.
    let broker = Broker::new(settings, feed)?;
    let transactions = Transactions::read(&lake, &table).await?;
    let archived = archived_log(broker.source(), &transactions, partition, range)?;
    let watermarks = broker.watermarks()?;
    let watermarks = *watermarks
        .get(&partition)
        .with_context(|| format!("Kafka has no partition {partition}"))?;
    require_same_log(&content(settings, feed), partition, &archived, watermarks)?;

    // One repair at a time, and no compaction meanwhile.
    let mut watch = ClaimWatch::default();
    let lease = Lease::claim(&lake, &mut table, &mut watch, now_ms(), Duration::ZERO).await?;
    let lease = lease.context("the table is being maintained; run it again")?;
    let policy = maintain::policy(&settings.consumer.maintenance, &lake, true);
    let renewing = table.clone();
    let steps_lake = lake.with_timeout(policy.timeout);
    let work = Box::pin(async {
        let run = Run { settings, feed, lake: &steps_lake, broker: &broker, lease };
        let mut repaired = Repaired::default();
        let mut next = range.start;
        while next < range.end {
            let chunk = OffsetRange { start: next, end: range.end.min(next + CHUNK) };
            run.chunk(&mut table, (&archived.log, partition), chunk, &mut repaired).await?;
            next = chunk.end;
        }
        Ok(repaired)
    });
    lease.keep_alive(&lake, renewing, policy.renewal, work).await
}

fn content(settings: &Settings, feed: Feed) -> LogContent {
    let mut config = kafka::reader_config(&settings.kafka, "consumer.verification");
    config.set("group.id", &feed.settings(settings.clone()).consumer.group_id);
    let timeout = Duration::from_millis(settings.kafka.request_timeout_ms.into());
    LogContent::new(config, feed.topic(&settings.kafka).to_owned(), timeout)
}

/// The parameters of a repair.
struct Run<'a> {
    settings: &'a Settings,
    feed: Feed,
    lake: &'a Lake,
    broker: &'a Broker,
    lease: Lease,
}

impl Run<'_> {
    /// Repairs one chunk of a partition, and adds to `repaired`.
    async fn chunk(
        &self,
        table: &mut DeltaTable,
        (log, partition): (&vitals_core::domain::log_id::LogId, i32),
        range: OffsetRange,
        repaired: &mut Repaired,
    ) -> anyhow::Result<()> {
        let options = self.settings.consumer.decode_options();
        // Each attempt inspects the newest version: a compaction may have moved the rows to other
        // files.
        for _ in 0..MAX_ATTEMPTS {
            self.lake.within("reload the table", table.update_state()).await?;
            let inspection = inspect(self.lake, table, log, partition, range).await?;
            if inspection.missing.is_empty() {
                return Ok(());
            }
            // Retention may delete messages meanwhile: what is not read then is not lost yet.
            let low = self.low_watermark(partition)?;
            let again = read_again(self.broker, self.feed, &options, &inspection, range, low)?;
            ensure!(
                self.low_watermark(partition)? == low,
                "Kafka deleted messages of partition {partition} meanwhile; run it again"
            );
            let done = again.rows.is_empty()
                || fill(self.lake, table, self.lease, &inspection, &again.rows, &again.messages)
                    .await?;
            if done {
                repaired.missing += inspection.missing.len();
                repaired.messages += again.messages.len();
                repaired.no_message += again.no_message.len();
                repaired.lost += again.lost.len();
                return Ok(());
            }
        }
        bail!("other writers changed the files {MAX_ATTEMPTS} times; run it again")
    }

    fn low_watermark(&self, partition: i32) -> anyhow::Result<i64> {
        let watermarks = self.broker.watermarks()?;
        let range = watermarks.get(&partition);
        Ok(range.with_context(|| format!("Kafka has no partition {partition}"))?.start)
    }
}
