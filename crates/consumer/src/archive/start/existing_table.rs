//! The table that the archive continues, and the decision to create one.
//!
//! A missing table is a first start, or a lake that was moved away: a wrong `lake.url`, a folder
//! that was renamed, a mount that is missing. A new table would begin at Kafka's low watermark and
//! hide the old one, so none is created once this group has archived the topic.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, bail};
use deltalake::DeltaTable;
use rdkafka::{Offset, TopicPartitionList, consumer::Consumer as _};
use vitals_core::runtime::kafka;
use vitals_lake::{schema::Table, table::Lake};

use crate::archive::client::Client;

/// Opens the table, and creates it at the very first start.
pub(crate) struct ExistingTable {
    lake: Lake,
    table: &'static Table,
    client: Arc<Client>,
    topic: String,
    request_timeout: Duration,
    /// The operator wants a new table although the group has archived before.
    create: bool,
    /// This process has opened the table before.
    seen: AtomicBool,
}

impl ExistingTable {
    pub(crate) const fn new(
        lake: Lake,
        table: &'static Table,
        client: Arc<Client>,
        topic: String,
        request_timeout: Duration,
        create: bool,
    ) -> Self {
        let seen = AtomicBool::new(false);
        Self { lake, table, client, topic, request_timeout, create, seen }
    }

    /// Opens the table, or creates it if this group has not archived the topic yet. A table of an
    /// earlier release gets the columns that it lacks.
    pub(crate) async fn open(&self) -> anyhow::Result<DeltaTable> {
        let opened = match self.lake.open_upgraded(self.table).await? {
            Some(table) => table,
            None => {
                self.require_first_start().await?;
                self.lake.open_or_create(self.table).await?
            }
        };
        self.seen.store(true, Ordering::Relaxed);
        Ok(opened)
    }

    /// Returns an error if the table existed before.
    async fn require_first_start(&self) -> anyhow::Result<()> {
        let url = self.lake.table_url(self.table.name);
        // A new table would start without the rows of the old one, and nothing would report the
        // loss.
        if self.seen.load(Ordering::Relaxed) {
            bail!("table {url} is gone; move it back, or restart with --create to begin a new one");
        }
        // The group's offsets in Kafka remember a table that lake.url no longer leads to.
        if !self.create && self.has_committed_offsets().await? {
            bail!(
                "no table {url}, but this group has archived {} before: lake.url is wrong or the \
                 table was moved. Start with --create to begin a new table",
                self.topic
            );
        }
        Ok(())
    }

    /// Returns true if the group has a committed offset in any partition of the topic.
    async fn has_committed_offsets(&self) -> anyhow::Result<bool> {
        let client = Arc::clone(&self.client);
        let topic = self.topic.clone();
        let timeout = self.request_timeout;
        let fetched = tokio::task::spawn_blocking(move || {
            let mut partitions = TopicPartitionList::new();
            for partition in kafka::partitions(client.client(), &topic, timeout)? {
                partitions.add_partition(&topic, partition);
            }
            client.committed_offsets(partitions, timeout)
        });
        let committed = fetched.await?.context("fetching the group's committed offsets")?;
        let mut elements = committed.elements().into_iter();
        Ok(elements.any(|it| matches!(it.offset(), Offset::Offset(_))))
    }
}
