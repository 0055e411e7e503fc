//! Partition assignment: responses to rebalances, start positions, rewinds.

use std::{
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

use anyhow::Context as _;
use rdkafka::{
    TopicPartitionList, consumer::Consumer as _, topic_partition_list::TopicPartitionListElem,
};
use tokio::{
    runtime::Handle,
    sync::{mpsc::UnboundedSender, oneshot},
};
use tokio_util::sync::CancellationToken;

use super::{cursor::Cursor, state::PollerState};
use crate::{
    archive::{
        batch::{Batch, EncoderInput},
        client::Client,
        epochs::{Epoch, Epochs},
        spool::SharedSpool,
        start::{Progress, ResolvedStart, StartOutcome, StartPosition, StartRequest},
        status::StatusRecorder,
    },
    rebalance_queue::Rebalance,
};

/// Timeout for committing the current batch before partitions are revoked.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);

/// Assigns and revokes partitions on behalf of the polling thread.
pub(crate) struct Rebalancer {
    pub(crate) topic: String,
    pub(crate) client: Arc<Client>,
    pub(crate) epochs: Arc<Epochs>,
    pub(crate) spool: SharedSpool,
    pub(crate) recorder: StatusRecorder,
    pub(crate) start_requests: UnboundedSender<StartRequest>,
    pub(crate) resolved_starts: mpsc::Receiver<ResolvedStart>,
    /// Partitions to read again from the table's position.
    pub(crate) rewinds: mpsc::Receiver<i32>,
    pub(crate) runtime: Handle,
    pub(crate) shutdown: CancellationToken,
}

impl Rebalancer {
    /// Answers every rebalance that arrived during the poll.
    pub(crate) fn answer_rebalances(&self, state: &mut PollerState) -> anyhow::Result<()> {
        while let Some(rebalance) = self.client.context().next_rebalance() {
            match rebalance {
                Rebalance::Assign(partitions) => {
                    state.queue.add(&partitions)?;
                    self.assign(state, &partitions)?;
                }
                Rebalance::Revoke(partitions) => {
                    self.revoke(state, &partitions)?;
                    state.queue.remove(&partitions);
                }
            }
            self.recorder.metrics().set_partitions(state.cursors.len());
        }
        Ok(())
    }

    /// Accepts partitions and requests their start positions. The client does not fetch them
    /// until those are resolved; meanwhile the group continues.
    ///
    /// The partitions are not assigned and paused for that time: of twelve partitions that were
    /// paused, resumed and assigned anew at the same time, one was seen to stay silent for good.
    fn assign(
        &self,
        state: &mut PollerState,
        partitions: &TopicPartitionList,
    ) -> anyhow::Result<()> {
        let ids = partition_ids(partitions);
        // The group waits for a response, and the response may be empty.
        self.client.incremental_assign(&TopicPartitionList::new()).context("assign")?;
        for id in &ids {
            self.recorder.set_waiting(*id, "starting");
            self.request_start(state, *id, None)?;
        }
        self.client.context().set_assigned(ids.len());
        tracing::info!(kafka.rebalance = "assign", kafka.partitions = ?ids, "partitions assigned");
        Ok(())
    }

    /// Gives partitions up, after a flush of the current batch. If the assignment was lost, other
    /// members read the partitions already; their rows in the batch are then dropped by the
    /// commit plan.
    fn revoke(
        &self,
        state: &mut PollerState,
        partitions: &TopicPartitionList,
    ) -> anyhow::Result<()> {
        let ids = partition_ids(partitions);
        if !self.client.assignment_lost() {
            self.flush(state)?;
        }
        for id in &ids {
            // Batches of an ended epoch are fenced: another member may already read the partition.
            self.epochs.end(*id);
            state.cursors.remove(id);
            state.pending_starts.remove(id);
            state.failures.clear(*id);
            self.recorder.remove_partition(*id);
        }

        let fetched = state.fetching.take(&ids)?;
        // The group waits for a response, even if nothing was fetched.
        self.client.incremental_unassign(&fetched).context("unassign")?;
        tracing::info!(kafka.rebalance = "revoke", kafka.partitions = ?ids, "partitions revoked");
        Ok(())
    }

    /// Ends the current batch and waits until it and all earlier batches are stored, up to
    /// [`FLUSH_TIMEOUT`].
    fn flush(&self, state: &mut PollerState) -> anyhow::Result<()> {
        let deadline = Instant::now() + FLUSH_TIMEOUT;
        let (stored, is_stored) = oneshot::channel();
        // An empty batch serves as a flush marker for those that are already on their way.
        let last = state.builder.end()?.unwrap_or_else(Batch::empty);
        state.queue_parts();
        state.encoder.queue([EncoderInput::End(Batch { stored: Some(stored), ..last })]);
        state.encoder.send_parts(deadline)?;
        let timeout = deadline.saturating_duration_since(Instant::now());
        // On a timeout the table's position decides where the next owner starts.
        let _late = self.runtime.block_on(async { tokio::time::timeout(timeout, is_stored).await });
        Ok(())
    }

    /// Requests the start position of a partition. `current` is the progress in a
    /// partition that is being read: then only Kafka's log is compared.
    pub(super) fn request_start(
        &self,
        state: &mut PollerState,
        partition: i32,
        current: Option<Progress>,
    ) -> anyhow::Result<()> {
        // A response counts only with the ticket of the newest request: the partition may be
        // revoked and assigned again before the resolver responds.
        state.last_ticket += 1;
        let ticket = state.last_ticket;
        state.pending_starts.insert(partition, ticket);
        let sent =
            self.start_requests.send(StartRequest { partition, ticket, current, stop: None });
        // During a shutdown the resolver may end before this thread does.
        if self.shutdown.is_cancelled() {
            return Ok(());
        }
        sent.ok().context("the start resolver ended")
    }

    /// Starts reading the partitions whose start position was resolved.
    pub(crate) fn apply_starts(&self, state: &mut PollerState) -> anyhow::Result<()> {
        for ResolvedStart { request, outcome } in self.resolved_starts.try_iter() {
            let id = request.partition;
            // A response to an outdated request: the partition was revoked or rewound since.
            if state.pending_starts.get(&id) != Some(&request.ticket) {
                continue;
            }
            let start = match outcome {
                StartOutcome::Start(start) => start,
                StartOutcome::Stopped => {
                    // The ticket stays: the request is answered again once a log is accepted.
                    self.leave(state, id)?;
                    continue;
                }
            };
            state.pending_starts.remove(&id);
            let cursor = state.cursors.get(&id).copied();
            let cursor = match cursor.filter(|_| request.current.is_some()) {
                // Only Kafka's log was compared: the current batch continues.
                Some(cursor) => cursor,
                None => {
                    let epoch = self.begin_epoch(state, id, &start)?;
                    Cursor { epoch, next: start.covered, last: start.last }
                }
            };
            self.recorder.set_reading(id, &start.log);
            self.resume(state, id, cursor, &start)?;
        }
        self.recorder.metrics().set_partitions(state.cursors.len());
        Ok(())
    }

    /// Starts a new epoch of a partition. The current batch belongs to an earlier one and ends.
    fn begin_epoch(
        &self,
        state: &mut PollerState,
        partition: i32,
        start: &StartPosition,
    ) -> anyhow::Result<Epoch> {
        state.end_batch()?;
        state.builder.set_log(partition, start.log.clone())?;
        let epoch = self.epochs.begin(partition, start.log.clone());
        self.spool.lock().claim(partition, epoch);
        Ok(epoch)
    }

    /// Stops reading a partition. Its rows that are not committed yet are fenced off. Returns false
    /// if it was not being read.
    fn leave(&self, state: &mut PollerState, partition: i32) -> anyhow::Result<bool> {
        if state.cursors.remove(&partition).is_none() {
            return Ok(false);
        }
        self.epochs.end(partition);
        state.failures.clear(partition);
        state.fetching.stop(partition)?;
        self.recorder.set_fetch_error(partition, None);
        Ok(true)
    }

    /// Rewinds partitions to the table's position, as requested by the sink.
    pub(crate) fn rewind_partitions(&self, state: &mut PollerState) -> anyhow::Result<()> {
        for id in self.rewinds.try_iter() {
            if self.leave(state, id)? {
                self.recorder.set_waiting(id, "rewinding to the table's position");
                self.request_start(state, id, None)?;
            }
        }
        Ok(())
    }
}

fn partition_ids(partitions: &TopicPartitionList) -> Vec<i32> {
    partitions.elements().iter().map(TopicPartitionListElem::partition).collect()
}
