//! Commits of a session: the offsets up to which everything was judged, published and delivered.
//!
//! A commit is prepared at one time and sent at a later one, when the states that were due by then are
//! published and everything is delivered. Readings are judged meanwhile, and while it is under way.

use std::{collections::BTreeMap, time::Instant};

use rdkafka::{Offset, TopicPartitionList};

use super::{
    committed::Checkpoint, committer::CommitResponse, partition::PartitionWatch, publisher::Sent,
    session::Session,
};
use crate::failpoint::{self, Failpoint};

/// A commit that waits for the messages before it.
pub(super) struct PreparedCommit {
    /// The offsets with their checkpoints.
    offsets: TopicPartitionList,
    /// By partition, the place in its queue up to which states have to be published.
    places: BTreeMap<i32, u64>,
    /// The moves of patients by then.
    moves: u64,
    /// The messages that have to be delivered, once the states are published.
    sent: Option<Sent>,
}

impl Session<'_> {
    /// Prepares a commit if one is due, and sends it once the messages before it are delivered.
    pub(super) fn advance_commit(&mut self) -> anyhow::Result<()> {
        if let Some(response) = self.committer.poll()? {
            self.note_response(&response)?;
        }
        let is_idle = self.commit.is_none() && !self.committer.is_busy();
        let may_prepare = is_idle && !self.ward.holds_readings();
        if may_prepare && self.pace.take_commit(Instant::now()) {
            self.commit = self.prepare_commit()?;
        }
        let Some(commit) = &mut self.commit else { return Ok(()) };
        // The patient's state is in the queue of another partition now.
        if commit.moves != self.ward.moves {
            self.drop_commit();
            return Ok(());
        }
        if commit.sent.is_none() && self.ward.has_published(&commit.places) {
            commit.sent = Some(self.publisher.sent());
        }
        let publisher = &self.publisher;
        let is_delivered = |commit: &mut PreparedCommit| {
            commit.sent.is_some_and(|sent| publisher.has_delivered(sent))
        };
        match self.commit.take_if(is_delivered) {
            Some(commit) => self.send_commit(commit),
            None => Ok(()),
        }
    }

    /// The offsets up to which the readings were judged, with their checkpoints; `None` if none has
    /// moved.
    pub(super) fn prepare_commit(&mut self) -> anyhow::Result<Option<PreparedCommit>> {
        // Alerts that follow are behind these ends, and so are those that are in flight.
        let delivered = self.publisher.alert_ends();
        let mut offsets = TopicPartitionList::new();
        let mut places = BTreeMap::new();
        for (id, partition) in &mut self.ward.partitions {
            let Some(offset) = partition.take_commit() else { continue };
            let replay_from = partition.replay_from().min(offset);
            let alerts = partition.takeover.alerts_from(&delivered);
            let checkpoint =
                Checkpoint::new(replay_from, alerts, &partition.origin, partition.last);
            offsets.add_partition_offset(&self.topic, *id, Offset::Offset(offset))?;
            if let Some(mut element) = offsets.find_partition(&self.topic, *id) {
                element.set_metadata(checkpoint.encode());
            }
            places.insert(*id, partition.touched.end());
        }
        let commit = PreparedCommit { offsets, places, moves: self.ward.moves, sent: None };
        Ok(Some(commit).filter(|commit| !commit.places.is_empty()))
    }

    /// Starts a commit.
    pub(super) fn send_commit(&mut self, commit: PreparedCommit) -> anyhow::Result<()> {
        failpoint::hit(Failpoint::BeforeWatchCommit)?;
        self.committer.send(commit.offsets);
        Ok(())
    }

    /// Waits for the commit under way.
    pub(super) fn finish_commit(&mut self) -> anyhow::Result<()> {
        match self.committer.wait()? {
            Some(response) => self.note_response(&response),
            None => Ok(()),
        }
    }

    /// Notes the response to a commit. One that fails, for example because the group rebalances, is
    /// repeated with the next one.
    fn note_response(&mut self, response: &CommitResponse) -> anyhow::Result<()> {
        if let Err(error) = &response.outcome {
            tracing::debug!(%error, "commit failed; the offsets are committed again");
            self.forget_commits();
            return Ok(());
        }
        for element in response.offsets.elements() {
            if let Offset::Offset(offset) = element.offset() {
                self.recorder.set_committed(element.partition(), offset);
            }
        }
        Ok(failpoint::hit(Failpoint::AfterWatchCommit)?)
    }

    /// Drops a prepared commit: a partition goes, or a patient has moved.
    pub(super) fn drop_commit(&mut self) {
        if self.commit.take().is_some() {
            self.forget_commits();
        }
    }

    fn forget_commits(&mut self) {
        self.ward.partitions.values_mut().for_each(PartitionWatch::forget_commit);
    }
}
