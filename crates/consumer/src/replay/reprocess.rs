//! Rejected rows, decoded again with the current decoder.

use arrow::{
    array::{
        Array as _, AsArray as _, BinaryArray, BooleanArray, Int32Array, Int64Array, ListArray,
        RecordBatch, StringArray, TimestampMicrosecondArray,
    },
    compute::filter_record_batch,
    datatypes::{DataType, Int32Type, Int64Type, TimestampMicrosecondType},
};
use vitals_core::domain::{
    decode::{DecodeOptions, MAX_TIME_MS},
    log_id::LogId,
};
use vitals_lake::{
    columns::{column, optional_column},
    schema,
};

use super::counts::{Count, Counts};
use crate::{
    feed::Feed,
    rows::{
        RowEncoder,
        message::{KafkaMessage, MessageHeader, MessagePosition},
    },
};

/// Decodes rejected rows again.
pub(super) struct Reprocessor {
    feed: Feed,
    options: DecodeOptions,
}

/// The result of a row's message now, compared with the row.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// Rejected with the same reason and detail, or not a message.
    Unchanged,
    /// Valid.
    Valid,
    /// Rejected with another reason or detail.
    OtherRejection,
}

impl Reprocessor {
    pub(super) const fn new(feed: Feed, options: DecodeOptions) -> Self {
        Self { feed, options }
    }

    /// Adds the messages in `rows` to `counts`. Returns true if one of them has another result
    /// now.
    pub(super) fn count(&self, rows: &RecordBatch, counts: &mut Counts) -> anyhow::Result<bool> {
        let messages = RejectedRows::new(rows)?;
        let mut changed = false;
        for row in (0..rows.num_rows()).filter(|row| messages.is_message(*row)) {
            let verdict = self.verdict(&messages, row);
            let reason = messages.reasons.value(row);
            if !counts.contains_key(reason) {
                counts.insert(reason.to_owned(), Count::default());
            }
            if let Some(count) = counts.get_mut(reason) {
                count.read += 1;
                count.valid += u64::from(verdict == Verdict::Valid);
                count.changed += u64::from(verdict == Verdict::OtherRejection);
            }
            changed |= verdict != Verdict::Unchanged;
        }
        Ok(changed)
    }

    /// The rows that replace `rows`. Their number is the same.
    pub(super) fn rows(&self, rows: &RecordBatch) -> anyhow::Result<Vec<RecordBatch>> {
        let messages = RejectedRows::new(rows)?;
        let mut encoder = RowEncoder::new(self.feed, self.options.clone());
        let mut encoded = Vec::new();
        let mut unchanged = Vec::with_capacity(rows.num_rows());
        for row in 0..rows.num_rows() {
            let is_unchanged = self.verdict(&messages, row) == Verdict::Unchanged;
            unchanged.push(is_unchanged);
            // The encoder has one log per partition, so rows of another log are taken first.
            let partition = messages.partitions.value(row);
            let log = messages.logs.value(row);
            if encoder.log(partition).is_none_or(|current| current.as_str() != log) {
                encoded.extend(take_rows(&mut encoder)?);
                encoder.set_log(partition, LogId::from(log.to_owned()));
            }
            if !is_unchanged {
                // A rejected message has a row as well.
                let _rejection = encoder.push(&messages.message(row));
            }
        }
        encoded.extend(take_rows(&mut encoder)?);
        encoded.push(filter_record_batch(rows, &BooleanArray::from(unchanged))?);
        Ok(encoded)
    }

    fn verdict(&self, messages: &RejectedRows, row: usize) -> Verdict {
        if !messages.is_message(row) {
            return Verdict::Unchanged;
        }
        // The archived timestamp, not the present time, so that time-dependent checks decide as
        // they did.
        let message = messages.message(row);
        match self.feed.validate(&message, &self.options) {
            Ok(()) => Verdict::Valid,
            Err(rejection) => {
                let same_reason = messages.reasons.value(row) == rejection.reason.code();
                let same_detail = messages.details.value(row) == rejection.detail;
                if same_reason && same_detail {
                    Verdict::Unchanged
                } else {
                    Verdict::OtherRejection
                }
            }
        }
    }
}

fn take_rows(encoder: &mut RowEncoder) -> anyhow::Result<Vec<RecordBatch>> {
    let mut taken = Vec::new();
    for part in encoder.take()? {
        taken.push(schema::with_rejected(&part.rows, part.rejected)?);
    }
    Ok(taken)
}

/// The columns of rejected rows, with which their messages are restored.
struct RejectedRows {
    logs: StringArray,
    partitions: Int32Array,
    offsets: Int64Array,
    times: TimestampMicrosecondArray,
    reasons: StringArray,
    details: StringArray,
    time_types: Option<StringArray>,
    headers: Option<ListArray>,
    keys: BinaryArray,
    payloads: BinaryArray,
    /// Not null for an offset gap.
    covers_to: Option<Int64Array>,
}

impl RejectedRows {
    fn new(rows: &RecordBatch) -> anyhow::Result<Self> {
        let time = schema::VITALS.arrow_schema().field_with_name("kafka_time")?.data_type().clone();
        let partitions = column(rows, "kafka_partition", &DataType::Int32)?;
        let offsets = column(rows, "kafka_offset", &DataType::Int64)?;
        let times = column(rows, "kafka_time", &time)?;
        let covers_to = rows.column_by_name(schema::COVERS_TO);
        let headers = rows.column_by_name("kafka_headers");
        Ok(Self {
            logs: text_column(rows, "kafka_cluster")?,
            partitions: partitions.as_primitive::<Int32Type>().clone(),
            offsets: offsets.as_primitive::<Int64Type>().clone(),
            times: times.as_primitive::<TimestampMicrosecondType>().clone(),
            reasons: text_column(rows, "reject_reason")?,
            details: text_column(rows, "reject_detail")?,
            time_types: optional_text_column(rows, "kafka_time_type")?,
            headers: headers.map(|lists| lists.as_list::<i32>().clone()),
            keys: binary_column(rows, "reject_key")?,
            payloads: binary_column(rows, "reject_payload")?,
            covers_to: covers_to.map(|ends| ends.as_primitive::<Int64Type>().clone()),
        })
    }

    /// Returns false for an offset gap.
    fn is_message(&self, row: usize) -> bool {
        self.covers_to.as_ref().is_none_or(|ends| ends.is_null(row))
    }

    fn message(&self, row: usize) -> KafkaMessage<'_> {
        // Absent in tables of earlier releases.
        let time_type = self.time_types.as_ref().filter(|types| types.is_valid(row));
        let time_type = time_type.map_or("", |types| types.value(row));
        let time_ms = match self.times.value(row).div_euclid(1000) {
            _ if time_type == "none" => -1,
            // The column holds the last time that its readers can represent in place of a later one,
            // which was no arrival.
            MAX_TIME_MS if time_type == "implausible" => i64::MAX,
            time_ms => time_ms,
        };
        KafkaMessage {
            position: MessagePosition {
                partition: self.partitions.value(row),
                offset: self.offsets.value(row),
                time_ms,
                time_type: MessagePosition::time_type_named(time_type),
            },
            key: bytes(&self.keys, row),
            payload: bytes(&self.payloads, row),
            headers: self.headers(row),
        }
    }

    fn headers(&self, row: usize) -> Vec<MessageHeader<'static>> {
        let Some(lists) = self.headers.as_ref().filter(|lists| lists.is_valid(row)) else {
            return Vec::new();
        };
        let list = lists.value(row);
        let (keys, values) = match list.as_struct().columns() {
            [keys, values] => (keys.as_string::<i32>(), values.as_binary::<i32>()),
            _ => return Vec::new(),
        };
        (0..list.len())
            .map(|index| MessageHeader {
                key: keys.value(index).to_owned().into(),
                value: bytes(values, index).map(|value| value.to_vec().into()),
            })
            .collect()
    }
}

fn bytes(array: &BinaryArray, row: usize) -> Option<&[u8]> {
    if array.is_valid(row) { Some(array.value(row)) } else { None }
}

fn text_column(rows: &RecordBatch, name: &str) -> anyhow::Result<StringArray> {
    Ok(column(rows, name, &DataType::Utf8)?.as_string::<i32>().clone())
}

fn optional_text_column(rows: &RecordBatch, name: &str) -> anyhow::Result<Option<StringArray>> {
    let column = optional_column(rows, name, &DataType::Utf8)?;
    Ok(column.map(|column| column.as_string::<i32>().clone()))
}

fn binary_column(rows: &RecordBatch, name: &str) -> anyhow::Result<BinaryArray> {
    Ok(column(rows, name, &DataType::Binary)?.as_binary::<i32>().clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::message::TimeType;

    const NOW: i64 = 1_763_812_800_000;

    /// The verdict depends on the arrival: a restored message has the same, whatever its time was.
    #[test]
    fn a_restored_message_has_the_arrival_of_the_original() {
        let times = [i64::MIN, -5, -1, 0, NOW / 1000, NOW, MAX_TIME_MS, NOW * 1000, i64::MAX];
        let of_type = |time_type| times.map(|time_ms| (time_ms, time_type));
        let timed = [TimeType::Create, TimeType::LogAppend].map(of_type);
        for (time_ms, time_type) in timed.into_iter().flatten().chain([(-1, TimeType::None)]) {
            let position = MessagePosition { partition: 0, offset: 7, time_ms, time_type };
            let payload = Some(&b"{"[..]);
            let original = KafkaMessage { position, key: None, payload, headers: Vec::new() };
            let stored = rejected_row(&original);
            let rows = RejectedRows::new(&stored).unwrap();
            let restored = rows.message(0);
            let arrival_ms = restored.position.arrival_ms();
            assert_eq!(arrival_ms, position.arrival_ms(), "{time_ms} {time_type:?}");
            // Stored again, it is the same row.
            assert_eq!(rejected_row(&restored), stored, "{time_ms} {time_type:?}");
        }
    }

    fn rejected_row(message: &KafkaMessage<'_>) -> RecordBatch {
        let mut encoder = RowEncoder::new(Feed::Vitals, DecodeOptions::default());
        encoder.set_log(0, LogId::new("c", 1));
        encoder.push(message).unwrap_err();
        encoder.take().unwrap().remove(0).rows
    }
}
