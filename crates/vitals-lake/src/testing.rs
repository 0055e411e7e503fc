//! Tables for tests.

use std::{ops::Range, sync::Arc};

use deltalake::{
    DeltaTable,
    arrow::array::{
        ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
        TimestampMicrosecondArray, new_null_array,
    },
    kernel::transaction::CommitProperties,
    protocol::SaveMode,
};
use vitals_core::runtime::config::LakeSettings;

use crate::{
    position::{Positions, Source},
    schema::{self, VITALS},
    table::Lake,
};

pub(crate) fn lake(dir: &tempfile::TempDir) -> Lake {
    let url = dir.path().display().to_string();
    Lake::new(&LakeSettings { url, ..LakeSettings::default() }).unwrap()
}

pub(crate) fn source() -> Source {
    Source { cluster: "c1".to_owned(), topic: "vitals".to_owned() }
}

/// One message at each offset of `partition`: readings of ten patients, or, where `rejected`
/// says so, messages that were none.
pub(crate) fn messages(
    partition: i32,
    offsets: Range<i64>,
    rejected: impl Fn(i64) -> bool,
) -> RecordBatch {
    let schema = VITALS.arrow_schema();
    let all: Vec<i64> = offsets.collect();
    let readings = |offset: &i64| !rejected(*offset);
    let column = |name: &str| -> ArrayRef {
        let patients =
            all.iter().map(|offset| readings(offset).then(|| format!("p-{}", offset % 10)));
        let times = all.iter().map(|offset| Some(offset * 1_000_000));
        let rates = all.iter().map(|offset| readings(offset).then_some(60.0 + (offset % 7) as f64));
        let flags = all.iter().map(|offset| Some(!readings(offset)));
        let reasons = all.iter().map(|offset| (!readings(offset)).then_some("not_json"));
        match name {
            "patient_id" => Arc::new(StringArray::from_iter(patients)),
            "time" | "kafka_time" => {
                Arc::new(TimestampMicrosecondArray::from_iter(times).with_timezone("UTC"))
            }
            "heart_rate" => Arc::new(Float64Array::from_iter(rates)),
            "sequence" | "kafka_offset" => Arc::new(Int64Array::from(all.clone())),
            "kafka_cluster" => Arc::new(StringArray::from(vec!["c1"; all.len()])),
            "kafka_partition" => Arc::new(Int32Array::from(vec![partition; all.len()])),
            "reject_reason" => Arc::new(StringArray::from_iter(reasons)),
            schema::REJECTED => Arc::new(BooleanArray::from_iter(flags)),
            other => {
                let field = schema.field_with_name(other).unwrap();
                new_null_array(field.data_type(), all.len())
            }
        }
    };
    let columns = schema.fields().iter().map(|field| column(field.name())).collect();
    RecordBatch::try_new(Arc::clone(&schema), columns).unwrap()
}

pub(crate) async fn open(lake: &Lake) -> DeltaTable {
    lake.open_or_create(&VITALS).await.unwrap()
}

/// Appends `rows` and moves the positions, in one commit.
pub(crate) async fn append(lake: &Lake, rows: RecordBatch, next: &[(i32, i64)]) {
    let next = Positions::from_iter(next.iter().copied());
    let commit =
        CommitProperties::default().with_application_transactions(source().transactions(&next));
    open(lake)
        .await
        .write(vec![rows])
        .with_save_mode(SaveMode::Append)
        .with_commit_properties(commit)
        .await
        .unwrap();
}
