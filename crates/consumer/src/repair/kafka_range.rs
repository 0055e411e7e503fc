//! The messages of missing offsets, read again from Kafka and decoded into rows.

use anyhow::Context as _;
use arrow::array::RecordBatch;
use vitals_core::domain::{decode::DecodeOptions, offset_range::OffsetRange};
use vitals_lake::{
    repair::{Inspection, Offsets},
    schema,
};

use crate::{
    audit::Broker,
    feed::Feed,
    rows::{
        RowEncoder,
        message::{MessagePosition, OffsetGap, TimeType},
    },
};

/// What Kafka has at the missing offsets.
pub(super) struct ReadAgain {
    /// The rows of the messages, and of the offsets that no row stands for.
    pub(super) rows: Vec<RecordBatch>,
    /// The offsets of the messages.
    pub(super) messages: Offsets,
    /// The offsets that never held a message.
    pub(super) no_message: Offsets,
    /// The offsets whose messages Kafka no longer has.
    pub(super) lost: Offsets,
}

/// Reads the missing offsets of `range`. Blocks.
///
/// # Errors
/// When Kafka does not respond, or the messages are damaged.
pub(super) fn read_again(
    broker: &Broker,
    feed: Feed,
    options: &DecodeOptions,
    inspection: &Inspection,
    range: OffsetRange,
    low: i64,
) -> anyhow::Result<ReadAgain> {
    let mut encoder = RowEncoder::new(feed, options.clone());
    encoder.set_log(inspection.partition, inspection.log.clone());

    // The messages that Kafka still has.
    let mut messages = Offsets::default();
    let readable = OffsetRange { start: range.start.max(low), end: range.end };
    if !readable.is_empty() {
        broker.read_range(inspection.partition, readable, |message| {
            if inspection.missing.contains(message.position.offset) {
                messages.insert(message.position.offset);
                // A rejected message has a row as well.
                let _rejection = encoder.push(message);
            }
        })?;
    }

    // The rest is lost, or never was a message. A row that stands for it already stays.
    let mut lost = inspection.missing.clone();
    lost &= &Offsets::from(OffsetRange { start: 0, end: low });
    let mut no_message = inspection.missing.clone();
    no_message -= &messages;
    no_message -= &lost;
    for (offsets, gap) in [(&lost, OffsetGap::Lost), (&no_message, OffsetGap::NoMessage)] {
        let mut without_row = offsets.clone();
        without_row -= &inspection.stood_for;
        for gap_range in without_row.ranges() {
            let position = MessagePosition {
                partition: inspection.partition,
                offset: gap_range.start,
                time_ms: -1,
                time_type: TimeType::None,
            };
            encoder.push_gap(position, gap_range.end, gap);
        }
    }
    let parts = encoder.take().context("encoding the rows")?;
    let rows = parts.into_iter().map(|part| schema::with_rejected(&part.rows, part.rejected));
    let rows = rows.collect::<Result<_, _>>()?;
    Ok(ReadAgain { rows, messages, no_message, lost })
}
