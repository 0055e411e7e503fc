//! Taking partitions over and giving them back.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use metrics::{counter, gauge};
use rdkafka::{Offset, TopicPartitionList, consumer::Consumer as _};
use tokio::sync::oneshot;
use vitals_core::runtime::clock::now_ms;

use crate::{
    archive::{
        batch::model::{Batch, EncoderInput},
        sink::storage_task::lock,
        source::{
            callbacks::Rebalance,
            epochs::Epoch,
            poller::{Cursor, Poller, Work, end_batch},
        },
        start::resolver::{ResolvedStart, StartPosition, StartRequest},
    },
    rows::row_encoder::{MessagePosition, OffsetGap},
};

/// Longest wait for the commit of what is in hand of partitions that are being revoked.
const BRING_IN: Duration = Duration::from_secs(5);

fn ids(partitions: &TopicPartitionList) -> Vec<i32> {
    partitions
        .elements()
        .iter()
        .map(rdkafka::topic_partition_list::TopicPartitionListElem::partition)
        .collect()
}

impl Poller {
    /// Answers every rebalance that came during the poll.
    pub(crate) fn rebalance(&self, work: &mut Work) -> anyhow::Result<()> {
        while let Some(rebalance) = self.client.context().next_rebalance() {
            match rebalance {
                Rebalance::Assign(partitions) => {
                    work.queue.adopt(&partitions)?;
                    self.assign(work, &partitions)?;
                }
                Rebalance::Revoke(partitions) => {
                    self.revoke(work, &partitions)?;
                    work.queue.release(&partitions);
                }
            }
            gauge!("vitals_archive_partitions", "topic" => self.recorder.topic())
                .set(work.cursors.len() as f64);
        }
        Ok(())
    }

    /// Takes partitions over. Where they start has to be found out; until then the client fetches
    /// nothing of them, and the group goes on.
    ///
    /// They are not assigned and paused meanwhile: of twelve partitions that were paused, resumed
    /// and assigned anew at the same time, one was seen to stay silent for good.
    fn assign(&self, work: &mut Work, partitions: &TopicPartitionList) -> anyhow::Result<()> {
        let ids = ids(partitions);
        // The group wants an answer.
        self.client.incremental_assign(&TopicPartitionList::new()).context("assign")?;
        for id in &ids {
            self.recorder.set_waiting(*id, "starting");
            self.ask(work, *id, None)?;
        }
        self.client.context().assigned();
        tracing::info!(
            kafka.rebalance = "assign",
            kafka.partitions = ?ids,
            "partitions assigned"
        );
        Ok(())
    }

    /// Asks where a partition starts.
    fn ask(
        &self,
        work: &mut Work,
        partition: i32,
        reading: Option<(String, i64)>,
    ) -> anyhow::Result<()> {
        work.last_ticket += 1;
        let ticket = work.last_ticket;
        work.pending.insert(partition, ticket);
        let sent = self.starts.send(StartRequest { partition, ticket, reading });
        // At a stop the search may have ended before this thread has.
        if self.shutdown.is_cancelled() {
            return Ok(());
        }
        sent.ok().context("no more starts")
    }

    /// Begins to read the partitions whose start was found.
    pub(crate) fn take_answers(&self, work: &mut Work) -> anyhow::Result<()> {
        for ResolvedStart { request, start } in self.started.try_iter() {
            let id = request.partition;
            if work.pending.get(&id) != Some(&request.ticket) {
                continue;
            }
            work.pending.remove(&id);
            let cursor = work.cursors.get(&id).copied();
            // Only Kafka's log was looked at: what is in hand goes on.
            let going_on = cursor.filter(|_| request.reading.is_some());
            let epoch = match going_on {
                Some(cursor) => cursor.epoch,
                None => {
                    // What is in hand belongs to an assignment before.
                    end_batch(work)?;
                    work.rows.set_log(id, start.log.clone())?;
                    let epoch = self.epochs.begin(id, start.log.clone());
                    lock(&self.spool).claim(id, epoch);
                    epoch
                }
            };
            work.cursors.insert(id, Cursor { epoch, next: start.fetch, in_doubt: false });
            if start.covered < start.fetch {
                self.note_lost(work, id, epoch, &start);
            }
            self.recorder.set_reading(id, &start.log);
            self.fetch_from(work, id, start.fetch)?;
        }
        gauge!("vitals_archive_partitions", "topic" => self.recorder.topic())
            .set(work.cursors.len() as f64);
        Ok(())
    }

    /// An assignment with the offset: a seek would only be a wish.
    fn fetch_from(&self, work: &mut Work, partition: i32, offset: i64) -> anyhow::Result<()> {
        self.stop_fetching(work, partition)?;
        let assignment = self.list([(partition, Offset::Offset(offset))].into_iter())?;
        self.client.incremental_assign(&assignment).context("assign")?;
        work.fetching.insert(partition);
        tracing::info!(partition, offset, "reading");
        Ok(())
    }

    fn stop_fetching(&self, work: &mut Work, partition: i32) -> anyhow::Result<()> {
        let fetched = self.no_longer_fetched(work, &[partition])?;
        if fetched.count() > 0 {
            self.client.incremental_unassign(&fetched).context("unassign")?;
        }
        Ok(())
    }

    /// Those of `partitions` that the client fetches until now: it knows no others.
    fn no_longer_fetched(
        &self,
        work: &mut Work,
        partitions: &[i32],
    ) -> anyhow::Result<TopicPartitionList> {
        let fetched = partitions.iter().filter(|id| work.fetching.remove(id));
        self.list(fetched.map(|id| (*id, Offset::Invalid)))
    }

    /// A position is not in Kafka's log any more: looks at all of them.
    pub(crate) fn look_at_logs(&self, work: &mut Work) -> anyhow::Result<()> {
        let cursors: Vec<(i32, Cursor)> =
            work.cursors.iter().map(|(id, cursor)| (*id, *cursor)).collect();
        for (id, cursor) in cursors {
            if !work.pending.contains_key(&id) {
                let log = self.epochs.log(cursor.epoch).unwrap_or_default();
                self.ask(work, id, Some((log, cursor.next)))?;
            }
        }
        Ok(())
    }

    /// Partitions of the topic with offsets.
    pub(crate) fn list(
        &self,
        partitions: impl Iterator<Item = (i32, Offset)>,
    ) -> anyhow::Result<TopicPartitionList> {
        let mut list = TopicPartitionList::new();
        for (partition, offset) in partitions {
            list.add_partition_offset(&self.topic, partition, offset)?;
        }
        Ok(list)
    }

    /// Gives partitions back, after what is in hand of them was committed. When they were lost
    /// already, somebody else reads them, and what is in hand is dropped.
    fn revoke(&self, work: &mut Work, partitions: &TopicPartitionList) -> anyhow::Result<()> {
        let ids = ids(partitions);
        if !self.client.assignment_lost() {
            self.bring_in(work)?;
        }
        for id in &ids {
            self.epochs.end(*id);
            work.cursors.remove(id);
            work.pending.remove(id);
            self.recorder.remove_partition(*id);
        }
        let fetched = self.no_longer_fetched(work, &ids)?;
        // The group wants an answer, even about nothing.
        self.client.incremental_unassign(&fetched).context("unassign")?;
        tracing::info!(kafka.rebalance = "revoke", kafka.partitions = ?ids, "partitions revoked");
        Ok(())
    }

    /// Waits a little until everything that is in hand was dealt with.
    fn bring_in(&self, work: &mut Work) -> anyhow::Result<()> {
        let deadline = Instant::now() + BRING_IN;
        let (done, committed) = oneshot::channel();
        let last = work.rows.end()?.unwrap_or_else(Batch::empty);
        let last = EncoderInput::End(Batch { done: Some(done), ..last });
        work.waiting.extend(work.rows.pieces().chain([last]));
        self.hand_over(work, deadline)?;
        let left = deadline.saturating_duration_since(Instant::now());
        // Too late or dropped: the table's position decides what the next owner reads.
        let _late = self.runtime.block_on(async { tokio::time::timeout(left, committed).await });
        Ok(())
    }

    /// Reads partitions again from where the table stands.
    pub(crate) fn read_again(&self, work: &mut Work) -> anyhow::Result<()> {
        for id in self.rewind.try_iter() {
            if work.cursors.remove(&id).is_some() {
                self.epochs.end(id);
                self.stop_fetching(work, id)?;
                self.recorder.set_waiting(id, "reading again");
                self.ask(work, id, None)?;
            }
        }
        Ok(())
    }

    /// Offsets that Kafka has deleted before they were read become a row that says so.
    fn note_lost(&self, work: &mut Work, partition: i32, epoch: Epoch, start: &StartPosition) {
        let (from, to) = (start.covered, start.fetch);
        counter!("vitals_archive_lost_offsets_total", "topic" => self.recorder.topic())
            .increment(u64::try_from(to - from).unwrap_or(0));
        tracing::error!(partition, from, to, "Kafka had deleted offsets before they were archived");
        let place = MessagePosition { partition, offset: from, time_ms: now_ms() };
        work.rows.push_gap(place, to, OffsetGap::Lost, Instant::now());
        work.rows.cover(partition, epoch, from, to);
    }
}
