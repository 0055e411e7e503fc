//! The polling thread's state.

use std::collections::HashMap;

use super::{
    backpressure::EncoderChannel, batch_queue::BatchQueue, fetch_assignment::FetchAssignment,
};
use crate::archive::{
    batch::{BatchBuilder, EncoderInput},
    epochs::Epoch,
};

/// The polling thread's progress in one partition.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor {
    pub(crate) epoch: Epoch,
    /// The next offset to cover.
    pub(crate) next: i64,
    /// An error was delivered in place of messages, so a missing offset may have been a message.
    pub(crate) in_doubt: bool,
}

/// The polling thread's state. No other thread sees it.
pub(crate) struct PollerState {
    /// The batch being filled.
    pub(crate) builder: BatchBuilder,
    pub(crate) encoder: EncoderChannel,
    pub(crate) queue: BatchQueue,
    /// The partitions being read.
    pub(crate) cursors: HashMap<i32, Cursor>,
    pub(crate) fetching: FetchAssignment,
    /// The partitions without a start position, with the ticket of the open request.
    pub(crate) pending_starts: HashMap<i32, u64>,
    pub(crate) last_ticket: u64,
}

impl PollerState {
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
