//! Rejected rows to what today's decoder makes of their messages.

use anyhow::Context as _;
use arrow::{
    array::{
        Array as _, AsArray as _, BinaryArray, BooleanArray, Int32Array, Int64Array, RecordBatch,
        StringArray, TimestampMicrosecondArray,
    },
    compute::{cast, filter_record_batch},
    datatypes::{DataType, Int32Type, Int64Type, TimestampMicrosecondType},
};
use vitals_core::domain::decode::TimeLimits;
use vitals_lake::schema;

use super::command::{Count, Counts};
use crate::{
    archive::batch::model::EncoderInput,
    feed::Feed,
    rows::row_encoder::{Message, MessagePosition, RowEncoder},
};

pub(super) struct Judge {
    feed: Feed,
    times: TimeLimits,
}

/// The columns that a message's row keeps of it.
struct Messages {
    clusters: StringArray,
    partitions: Int32Array,
    offsets: Int64Array,
    times: TimestampMicrosecondArray,
    reasons: StringArray,
    details: StringArray,
    keys: BinaryArray,
    payloads: BinaryArray,
    /// Where it is valid, the row is no message.
    ends: Option<Int64Array>,
}

/// What is said of a row now.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Same,
    Valid,
    /// For another reason, or in other words.
    Rejected,
}

impl Judge {
    pub(super) const fn new(feed: Feed, times: TimeLimits) -> Self {
        Self { feed, times }
    }

    /// Adds the messages in `rows` to `counts`; whether one is judged otherwise than before.
    pub(super) fn count(&self, rows: &RecordBatch, counts: &mut Counts) -> anyhow::Result<bool> {
        let messages = Messages::of(rows)?;
        let mut differs = false;
        for row in (0..rows.num_rows()).filter(|row| messages.is_message(*row)) {
            let verdict = self.verdict(&messages, row);
            let reason = messages.reasons.value(row);
            if !counts.contains_key(reason) {
                counts.insert(reason.to_owned(), Count::default());
            }
            if let Some(count) = counts.get_mut(reason) {
                count.read += 1;
                count.valid += u64::from(verdict == Verdict::Valid);
                count.changed += u64::from(verdict == Verdict::Rejected);
            }
            differs |= verdict != Verdict::Same;
        }
        Ok(differs)
    }

    /// The rows as they have to be in the table now, as many as before.
    pub(super) fn rows(&self, rows: &RecordBatch) -> anyhow::Result<Vec<RecordBatch>> {
        let messages = Messages::of(rows)?;
        let mut columns = RowEncoder::new(self.feed, self.times);
        let mut made = Vec::new();
        let mut same = Vec::with_capacity(rows.num_rows());
        for row in 0..rows.num_rows() {
            let is_same = self.verdict(&messages, row) == Verdict::Same;
            same.push(is_same);
            let (log, partition) = (messages.clusters.value(row), messages.place(row).partition);
            if columns.logs.get(&partition).is_none_or(|known| known != log) {
                made.extend(take(&mut columns)?);
                columns.logs.insert(partition, log.to_owned());
            }
            if !is_same {
                // A rejected message has a row like any other.
                let _verdict = columns.push(messages.place(row), messages.message(row));
            }
        }
        made.extend(take(&mut columns)?);
        made.push(filter_record_batch(rows, &BooleanArray::from(same))?);
        Ok(made)
    }

    fn verdict(&self, messages: &Messages, row: usize) -> Verdict {
        if !messages.is_message(row) {
            return Verdict::Same;
        }
        let payload = messages.message(row).payload.unwrap_or_default();
        match self.feed.judge(payload, messages.place(row).time_ms, self.times) {
            Ok(()) => Verdict::Valid,
            Err(rejection) => {
                let same = messages.reasons.value(row) == rejection.reason.code()
                    && messages.details.value(row) == rejection.detail;
                if same { Verdict::Same } else { Verdict::Rejected }
            }
        }
    }
}

fn take(columns: &mut RowEncoder) -> anyhow::Result<Vec<RecordBatch>> {
    let mut made = Vec::new();
    for piece in columns.take()? {
        if let EncoderInput::Rows { rejected, rows } = piece {
            made.push(schema::with_rejected(&rows, rejected)?);
        }
    }
    Ok(made)
}

impl Messages {
    fn of(rows: &RecordBatch) -> anyhow::Result<Self> {
        let column = |name: &str, kind: DataType| {
            let column = rows.column_by_name(name).with_context(|| format!("no column {name}"))?;
            // DataFusion may have text and bytes as views.
            anyhow::Ok(cast(column, &kind)?)
        };
        let text = |name| anyhow::Ok(column(name, DataType::Utf8)?.as_string::<i32>().clone());
        let bytes = |name| anyhow::Ok(column(name, DataType::Binary)?.as_binary::<i32>().clone());
        let time = schema::VITALS.arrow_schema().field_with_name("kafka_time")?.data_type().clone();
        let ends = rows.column_by_name(schema::COVERS_TO);
        Ok(Self {
            clusters: text("kafka_cluster")?,
            partitions: column("kafka_partition", DataType::Int32)?
                .as_primitive::<Int32Type>()
                .clone(),
            offsets: column("kafka_offset", DataType::Int64)?.as_primitive::<Int64Type>().clone(),
            times: column("kafka_time", time)?.as_primitive::<TimestampMicrosecondType>().clone(),
            reasons: text("reject_reason")?,
            details: text("reject_detail")?,
            keys: bytes("reject_key")?,
            payloads: bytes("reject_payload")?,
            ends: ends.map(|ends| ends.as_primitive::<Int64Type>().clone()),
        })
    }

    fn is_message(&self, row: usize) -> bool {
        self.ends.as_ref().is_none_or(|ends| ends.is_null(row))
    }

    fn place(&self, row: usize) -> MessagePosition {
        MessagePosition {
            partition: self.partitions.value(row),
            offset: self.offsets.value(row),
            time_ms: self.times.value(row).div_euclid(1000),
        }
    }

    fn message(&self, row: usize) -> Message<'_> {
        Message {
            key: self.keys.is_valid(row).then(|| self.keys.value(row)),
            payload: self.payloads.is_valid(row).then(|| self.payloads.value(row)),
        }
    }
}
