//! The messages of a run, decoded into the batch.

use std::time::Instant;

use anyhow::Context as _;

use super::{
    cursor::{Cursor, Place},
    fetch_error::FetchError,
    partition_run::PartitionRun,
};
use crate::{
    archive::batch::BatchBuilder,
    rows::message::{MessagePosition, OffsetGap},
};

/// The outcome of decoding a run.
pub(super) struct Decoded {
    /// Index in the run and position of the last message that is in the batch.
    pub(super) last: Option<(usize, MessagePosition)>,
    /// The error in place of the messages behind the last one.
    pub(super) failure: Option<FetchError>,
}

/// Decodes the messages of `run` from the cursor on, up to its end or the first error.
pub(super) fn decode_run(
    builder: &mut BatchBuilder,
    run: &PartitionRun<'_>,
    cursor: &mut Cursor,
    now: Instant,
) -> anyhow::Result<Decoded> {
    let mut last = None;
    for (index, message) in run.messages().enumerate() {
        let message = match message {
            Ok(message) => message,
            // What lies behind the error is fetched again, together with what it stands for.
            Err(error) => return Ok(Decoded { last, failure: Some(error) }),
        };
        match cursor.pass(message.position.offset) {
            Place::Covered => continue,
            Place::Next => {}
            // Transaction markers and compaction leave gaps in the offsets.
            Place::AfterGap(gap) => {
                let position = MessagePosition { offset: gap.start, ..message.position };
                builder.push_gap(position, gap.end, OffsetGap::NoMessage, now);
            }
        }
        last = Some((index, message.position));
        builder.push(&message, now).context("a row does not fit the table")?;
    }
    Ok(Decoded { last, failure: None })
}
