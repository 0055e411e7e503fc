//! Tables and a maintenance policy for tests.

use std::{ops::Range, sync::Arc, time::Duration};

use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray, new_null_array,
};
use deltalake::{DeltaTable, kernel::transaction::CommitProperties, protocol::SaveMode};
use vitals_core::{
    domain::{log_id::LogId, offset_range::OffsetRange},
    runtime::config::LakeSettings,
};

use crate::{
    append::is_conflict,
    maintain::Policy,
    position::TopicLog,
    schema::{COVERS_TO, REJECTED, VITALS},
    table::Lake,
};

/// A policy under which a test's maintenance merges every small file.
pub(crate) const POLICY: Policy = Policy {
    target_file_bytes: 64 << 20,
    min_files: 3,
    thorough: true,
    retention: Duration::from_secs(7 * 86_400),
    expiry: None,
    log_retention: Duration::from_secs(86_400),
    memory_bytes: 32 << 20,
    timeout: Duration::from_secs(60),
    renewal: Duration::from_secs(30),
    settle: Duration::ZERO,
};

pub(crate) fn lake(dir: &tempfile::TempDir) -> Lake {
    let url = dir.path().display().to_string();
    Lake::new(&LakeSettings { url, ..LakeSettings::default() }).unwrap()
}

pub(crate) fn topic_log() -> TopicLog {
    TopicLog { id: LogId::new("c1", 1), topic: "vitals".to_owned() }
}

/// One row per offset of `partition`: readings of ten patients, and rejected messages at the
/// offsets for which `rejected` returns true.
pub(crate) fn messages(
    partition: i32,
    offsets: Range<i64>,
    rejected: impl Fn(i64) -> bool,
) -> RecordBatch {
    let schema = VITALS.arrow_schema();
    let rows: Vec<Row> =
        offsets.map(|offset| Row { partition, offset, rejected: rejected(offset) }).collect();
    let columns: Vec<ArrayRef> = schema
        .fields()
        .iter()
        .map(|field| {
            column(field.name(), &rows)
                .unwrap_or_else(|| new_null_array(field.data_type(), rows.len()))
        })
        .collect();
    RecordBatch::try_new(Arc::clone(&schema), columns).unwrap()
}

struct Row {
    partition: i32,
    offset: i64,
    rejected: bool,
}

/// A column with values; `None` for one that is null in every row.
fn column(name: &str, rows: &[Row]) -> Option<ArrayRef> {
    let offsets = rows.iter().map(|row| row.offset);
    Some(match name {
        "patient_id" => {
            Arc::new(StringArray::from_iter(rows.iter().map(|row| {
                if row.rejected { None } else { Some(format!("p-{}", row.offset % 10)) }
            })))
        }
        "time" | "kafka_time" => {
            let times = offsets.map(|offset| Some(offset * 1_000_000));
            Arc::new(TimestampMicrosecondArray::from_iter(times).with_timezone("UTC"))
        }
        "heart_rate" => {
            Arc::new(Float64Array::from_iter(
                rows.iter().map(|row| {
                    if row.rejected { None } else { Some(60.0 + (row.offset % 7) as f64) }
                }),
            ))
        }
        "sequence" | "kafka_offset" => Arc::new(Int64Array::from_iter_values(offsets)),
        "kafka_cluster" => Arc::new(StringArray::from(vec!["c1"; rows.len()])),
        "kafka_partition" => {
            Arc::new(Int32Array::from_iter_values(rows.iter().map(|row| row.partition)))
        }
        "reject_reason" => Arc::new(StringArray::from_iter(
            rows.iter().map(|row| if row.rejected { Some("not_json") } else { None }),
        )),
        REJECTED => Arc::new(BooleanArray::from_iter(rows.iter().map(|row| Some(row.rejected)))),
        _ => return None,
    })
}

/// A row that stands for the offsets of `range`.
pub(crate) fn stand_in(partition: i32, range: OffsetRange, reason: &str) -> RecordBatch {
    let row = messages(partition, range.start..range.start + 1, |_| true);
    let schema = row.schema();
    let mut columns = row.columns().to_vec();
    columns[schema.index_of(COVERS_TO).unwrap()] = Arc::new(Int64Array::from(vec![range.end]));
    columns[schema.index_of("reject_reason").unwrap()] = Arc::new(StringArray::from(vec![reason]));
    RecordBatch::try_new(schema, columns).unwrap()
}

pub(crate) async fn open(lake: &Lake) -> DeltaTable {
    lake.open_or_create(&VITALS).await.unwrap()
}

/// Appends `rows` and moves the positions, in one commit. A refused commit is repeated, as the
/// archive does.
pub(crate) async fn append(lake: &Lake, rows: RecordBatch, next: &[(i32, i64)]) {
    loop {
        let moved =
            next.iter().flat_map(|(partition, next)| topic_log().moved(*partition, *next, None));
        let commit = CommitProperties::default().with_application_transactions(moved.collect());
        let write = open(lake).await.write(vec![rows.clone()]);
        let write = write.with_save_mode(SaveMode::Append).with_commit_properties(commit);
        match write.await {
            Ok(_) => return,
            Err(error) => assert!(is_conflict(&error), "{error}"),
        }
    }
}
