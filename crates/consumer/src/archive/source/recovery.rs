//! Recovery of partitions whose fetch failed.
//!
//! An error in place of messages names one partition and concerns no other. The poller stops
//! fetching it, so that no message behind the error is taken, and fetches again from the cursor.
//! Offsets that are missing after a fetch without an error never held a message.

use std::time::Instant;

use rdkafka::consumer::Consumer as _;
use vitals_core::{domain::offset_range::OffsetRange, runtime::clock::now_ms};

use super::{
    cursor::Cursor, fetch_error::FetchError, fetch_failures::Retry, rebalance::Rebalancer,
    state::PollerState,
};
use crate::{
    archive::start::{Progress, StartPosition},
    rows::message::{MessagePosition, OffsetGap, TimeType},
};

impl Rebalancer {
    /// Stops fetching the partition of `error`, until its next attempt is due.
    pub(crate) fn on_fetch_error(
        &self,
        state: &mut PollerState,
        partition: i32,
        error: &FetchError,
    ) -> anyhow::Result<()> {
        // An error of a fetch that was stopped since.
        if !state.fetching.contains(partition) {
            return Ok(());
        }
        let Some(cursor) = state.cursors.get(&partition).copied() else { return Ok(()) };
        state.fetching.stop(partition)?;
        state.failures.record(partition, error.is_damage(), Instant::now());
        if error.is_truncation() {
            state.failures.set_truncation(partition, error.to_string());
        }
        if error.is_damage() {
            let end = self.recorder.high_watermark(partition);
            state.failures.probe_damage(partition, cursor.next, end);
        }
        // Logged once per failure: the retries repeat it.
        if self.recorder.set_fetch_error(partition, Some(error.to_string())) {
            tracing::warn!(
                kafka.partition = partition,
                kafka.offset = cursor.next,
                kafka.error = %error,
                "fetching a partition failed; retrying from its cursor"
            );
        }
        Ok(())
    }

    /// Notes messages of a partition. Returns false if they are not to be taken: they were fetched
    /// before the partition's fetch was stopped, or only answer a probe.
    pub(crate) fn accepts_messages(
        &self,
        state: &mut PollerState,
        partition: i32,
    ) -> anyhow::Result<bool> {
        if !state.fetching.contains(partition) {
            return Ok(false);
        }
        if !state.failures.is_failed(partition) {
            return Ok(true);
        }
        if state.failures.on_messages(partition, Instant::now()) {
            self.recorder.set_fetch_error(partition, None);
            return Ok(true);
        }
        state.fetching.stop(partition)?;
        Ok(false)
    }

    /// Takes the next action for every failed partition that is due.
    pub(crate) fn retry_failed(&self, state: &mut PollerState) -> anyhow::Result<()> {
        for (partition, retry) in state.failures.due(Instant::now()) {
            let Some(cursor) = state.cursors.get(&partition).copied() else {
                state.failures.clear(partition);
                continue;
            };
            match retry {
                Retry::FromCursor => self.compare_log(state, partition, cursor)?,
                Retry::Settle => self.settle(state, partition, cursor)?,
                Retry::Probe(offset) => state.fetching.start(partition, offset)?,
                Retry::Skip(offset) => {
                    self.skip_unreadable(state, partition, cursor, offset);
                    state.failures.clear(partition);
                    self.recorder.set_fetch_error(partition, None);
                    state.fetching.start(partition, offset)?;
                }
            }
        }
        Ok(())
    }

    /// Requests a comparison of the cursor with Kafka's log. Reading resumes with the response.
    pub(crate) fn compare_log(
        &self,
        state: &mut PollerState,
        partition: i32,
        cursor: Cursor,
    ) -> anyhow::Result<()> {
        let log = self.epochs.log(cursor.epoch).unwrap_or_default();
        let truncation = state.failures.truncation(partition);
        let progress = Progress { log, next: cursor.next, last: cursor.last, truncation };
        self.request_start(state, partition, Some(progress))
    }

    /// Compares every partition with Kafka's log after a connection to a broker was lost: the
    /// broker may have come back with an older state of its log. Reading continues meanwhile.
    pub(crate) fn verify_after_reconnect(&self, state: &mut PollerState) -> anyhow::Result<()> {
        if !self.client.context().take_reconnected() {
            return Ok(());
        }
        let cursors: Vec<(i32, Cursor)> =
            state.cursors.iter().map(|(id, cursor)| (*id, *cursor)).collect();
        for (partition, cursor) in cursors {
            // Failed partitions are compared with their next attempt.
            if state.fetching.contains(partition)
                && !state.failures.is_failed(partition)
                && !state.pending_starts.contains_key(&partition)
            {
                self.compare_log(state, partition, cursor)?;
            }
        }
        Ok(())
    }

    /// Resumes a partition whose cursor was compared with Kafka's log. Offsets that Kafka has
    /// deleted are recorded; the cursor never moves back.
    pub(crate) fn resume(
        &self,
        state: &mut PollerState,
        partition: i32,
        mut cursor: Cursor,
        start: &StartPosition,
    ) -> anyhow::Result<()> {
        // A partition that was only verified is being fetched, and meets its own errors.
        if state.fetching.contains(partition) {
            return Ok(());
        }
        let lost = cursor.skip_to(start.fetch);
        state.cursors.insert(partition, cursor);
        if let Some(lost) = lost {
            self.record_lost_offsets(state, partition, cursor, lost);
        }
        state.failures.on_resumed(partition, Instant::now());
        state.fetching.start(partition, cursor.next)
    }

    /// Ends the failure of a partition that has no message to deliver. If messages wait and don't
    /// arrive, the fetch begins again.
    fn settle(
        &self,
        state: &mut PollerState,
        partition: i32,
        cursor: Cursor,
    ) -> anyhow::Result<()> {
        let end = self.recorder.high_watermark(partition);
        if end.is_none_or(|end| end > cursor.next) {
            state.fetching.stop(partition)?;
            return self.compare_log(state, partition, cursor);
        }
        state.failures.clear(partition);
        self.recorder.set_fetch_error(partition, None);
        Ok(())
    }

    /// Records offsets that retention deleted before they were read, as a row of their own.
    fn record_lost_offsets(
        &self,
        state: &mut PollerState,
        partition: i32,
        cursor: Cursor,
        lost: OffsetRange,
    ) {
        self.recorder.metrics().add_lost_offsets(lost.len());
        tracing::error!(
            kafka.partition = partition,
            lost.from = lost.start,
            lost.to = lost.end,
            "Kafka deleted offsets before they were archived"
        );
        record_gap(state, partition, cursor, lost, OffsetGap::Lost);
    }

    /// Moves the cursor over damaged messages, and records their offsets.
    fn skip_unreadable(
        &self,
        state: &mut PollerState,
        partition: i32,
        mut cursor: Cursor,
        to: i64,
    ) {
        let Some(skipped) = cursor.skip_to(to) else { return };
        state.cursors.insert(partition, cursor);
        self.recorder.metrics().add_unreadable_offsets(skipped.len());
        tracing::error!(
            kafka.partition = partition,
            unreadable.from = skipped.start,
            unreadable.to = skipped.end,
            "messages in Kafka are damaged; their offsets are recorded as unreadable"
        );
        record_gap(state, partition, cursor, skipped, OffsetGap::Unreadable);
    }
}

/// Adds a row that stands for the offsets of `range`.
fn record_gap(
    state: &mut PollerState,
    partition: i32,
    cursor: Cursor,
    range: OffsetRange,
    gap: OffsetGap,
) {
    let position = MessagePosition {
        partition,
        offset: range.start,
        // Without a message there is no timestamp: the gap is dated by its discovery.
        time_ms: now_ms(),
        time_type: TimeType::None,
    };
    state.builder.push_gap(position, range.end, gap, Instant::now());
    state.builder.cover(partition, cursor.epoch, range.start, range.end);
}
