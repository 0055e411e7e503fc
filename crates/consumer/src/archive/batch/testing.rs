//! Rows and files for the tests of the encoder and of the sink.

use std::time::Instant;

use arrow::{array::AsArray as _, datatypes::Int64Type};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use vitals_core::domain::{decode::DecodeOptions, log_id::LogId};
use vitals_lake::{append::DataFile, schema::VITALS};

use super::{BatchBuilder, Encoder, EncoderInput};
use crate::{
    archive::memory_budget::MemoryBudget,
    feed::Feed,
    rows::{
        EncodedRows,
        message::{KafkaMessage, MessagePosition, OffsetGap, TimeType},
    },
};

const TIME_MS: i64 = 1_763_812_800_123;

fn builder() -> BatchBuilder {
    BatchBuilder::new(Feed::Vitals, DecodeOptions::default(), &MemoryBudget::new(usize::MAX))
}

/// The rows of partition 3 up to offset `end`, exclusive: readings at the even offsets, rejected
/// messages at the odd ones.
pub(crate) fn rows(end: i64) -> Vec<EncodedRows> {
    let mut builder = builder();
    builder.set_log(3, LogId::new("c1", 1)).unwrap();
    for offset in 0..end {
        let time_ms = TIME_MS + offset * 1000;
        let json = reading(offset, time_ms);
        let position =
            MessagePosition { partition: 3, offset, time_ms, time_type: TimeType::Create };
        let message = KafkaMessage {
            position,
            key: None,
            payload: Some(json.as_bytes()),
            headers: Vec::new(),
        };
        builder.push(&message, Instant::now()).unwrap();
    }
    builder.end().unwrap().unwrap();
    parts(&mut builder)
}

/// The rows of `count` rejected messages of partition 3 with payloads that don't compress.
pub(crate) fn large_rejected(count: usize) -> Vec<EncodedRows> {
    const PAYLOAD_BYTES: usize = 500_000;
    let mut pool = vec![0; PAYLOAD_BYTES * count];
    let mut state = 1_u32;
    for byte in &mut pool {
        // Xorshift: any noise will do.
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        *byte = state.to_le_bytes()[0];
    }
    let mut builder = builder();
    builder.set_log(3, LogId::new("c1", 1)).unwrap();
    for (offset, payload) in (0..).zip(pool.chunks_exact(PAYLOAD_BYTES)) {
        let position =
            MessagePosition { partition: 3, offset, time_ms: TIME_MS, time_type: TimeType::Create };
        let headers = Vec::new();
        let message = KafkaMessage { position, key: None, payload: Some(payload), headers };
        builder.push(&message, Instant::now()).unwrap();
    }
    builder.end().unwrap().unwrap();
    parts(&mut builder)
}

/// A row of partition 3 that stands for the offsets from `start` to `end`, exclusive.
pub(crate) fn gap(start: i64, end: i64) -> Vec<EncodedRows> {
    let mut builder = builder();
    builder.set_log(3, LogId::new("c1", 1)).unwrap();
    let position = MessagePosition {
        partition: 3,
        offset: start,
        time_ms: TIME_MS,
        time_type: TimeType::Create,
    };
    builder.push_gap(position, end, OffsetGap::NoMessage, Instant::now());
    builder.end().unwrap().unwrap();
    parts(&mut builder)
}

/// The parts of an ended batch.
fn parts(builder: &mut BatchBuilder) -> Vec<EncodedRows> {
    let inputs = builder.parts().map(|part| match part {
        EncoderInput::Rows(rows) => rows,
        EncoderInput::End(_) => panic!("a part is not the end of the batch"),
    });
    inputs.collect()
}

/// A reading with a long patient id. At an odd offset it has no time.
fn reading(offset: i64, time_ms: i64) -> String {
    let suffix = "é".repeat(20 + 30 * (offset as usize % 2));
    let patient = format!("patient-{:03}-{suffix}", offset % 7);
    let time = if offset % 2 == 0 { time_ms.to_string() } else { "null".to_owned() };
    format!(r#"{{"patient_id":"{patient}","timestamp":{time},"spo2":97,"sequence":{offset}}}"#)
}

/// The Parquet files of `rows`.
pub(crate) fn encode(rows: &[EncodedRows]) -> Vec<DataFile> {
    let mut encoder = Encoder::new(&VITALS).unwrap();
    for part in rows {
        encoder.add(part.rejected, &part.rows).unwrap();
    }
    encoder.finish().unwrap()
}

/// The Kafka offsets in `file`.
pub(crate) fn offsets(file: &DataFile) -> Vec<i64> {
    let batches = ParquetRecordBatchReaderBuilder::try_new(file.bytes.clone()).unwrap();
    let mut offsets = Vec::new();
    for batch in batches.build().unwrap() {
        let batch = batch.unwrap();
        let column = batch.column_by_name("kafka_offset").unwrap();
        offsets.extend_from_slice(column.as_primitive::<Int64Type>().values());
    }
    offsets
}
