//! The polling thread's state.

use std::collections::HashMap;

use super::{
    backpressure::EncoderChannel, batch_queue::BatchQueue, cursor::Cursor,
    fetch_assignment::FetchAssignment, fetch_failures::FetchFailures, prefetch::PrefetchLimit,
};
use crate::{
    archive::{
        batch::{BatchBuilder, EncoderInput},
        status::{StatusRecorder, TimestampType},
    },
    rows::message::TimeType,
};

/// The polling thread's state. No other thread sees it.
pub(crate) struct PollerState {
    /// The batch being filled.
    pub(crate) builder: BatchBuilder,
    pub(crate) encoder: EncoderChannel,
    pub(crate) queue: BatchQueue,
    /// The partitions being read.
    pub(crate) cursors: HashMap<i32, Cursor>,
    pub(crate) fetching: FetchAssignment,
    pub(crate) failures: FetchFailures,
    pub(crate) prefetch: PrefetchLimit,
    /// The partitions without a start position, with the ticket of the open request.
    pub(crate) pending_starts: HashMap<i32, u64>,
    pub(crate) last_ticket: u64,
    /// The timestamp type of the last message.
    pub(crate) time_type: Option<TimeType>,
}

impl PollerState {
    /// Reports the type of the messages' timestamps when it changes.
    pub(crate) fn note_time_type(&mut self, time_type: TimeType, recorder: &StatusRecorder) {
        if self.time_type == Some(time_type) {
            return;
        }
        self.time_type = Some(time_type);
        match time_type {
            TimeType::None => {}
            TimeType::Create => recorder.set_timestamp_type(TimestampType::CreateTime),
            TimeType::LogAppend => recorder.set_timestamp_type(TimestampType::LogAppendTime),
        }
    }

    /// Queues the parts of the batch that are complete.
    pub(crate) fn queue_parts(&mut self) {
        self.encoder.queue(self.builder.parts());
    }

    /// Ends the current batch, if it has any row.
    pub(crate) fn end_batch(&mut self) -> anyhow::Result<()> {
        let batch = self.builder.end()?;
        self.queue_parts();
        self.encoder.queue(batch.map(EncoderInput::End));
        Ok(())
    }
}
