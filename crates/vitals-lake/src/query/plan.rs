//! The question as DataFusion has it.

use deltalake::{
    DeltaTable, DeltaTableError,
    arrow::{
        array::RecordBatch,
        datatypes::{DataType, TimeUnit},
    },
    datafusion::{
        common::ScalarValue,
        execution::context::SessionConfig,
        functions::datetime::expr_fn::date_bin,
        functions_aggregate::expr_fn::{avg, count, max, min},
        logical_expr::{Expr, cast, lit},
        prelude::{SessionContext, ident},
    },
};

use super::Question;
use crate::schema::REJECTED;

/// The column of the buckets' first moments.
pub(super) const BUCKET: &str = "bucket";

/// The column with the number of readings in a bucket.
pub(super) const ROWS: &str = "rows";

/// Column `aggregate` of `vital`.
pub(super) fn column(vital: &str, aggregate: &str) -> String {
    format!("{vital}_{aggregate}")
}

/// A session in which one question occupies one thread.
pub(super) fn session() -> SessionContext {
    let mut config = SessionConfig::new().with_target_partitions(1);
    // Rows of other patients are left out while the file is read.
    config.options_mut().execution.parquet.pushdown_filters = true;
    SessionContext::new_with_config(config)
}

/// One row per bucket, in the order of time.
pub(super) async fn run(
    session: &SessionContext,
    table: &DeltaTable,
    question: &Question<'_>,
    bucket_ms: i64,
) -> Result<Vec<RecordBatch>, DeltaTableError> {
    let provider = table.table_provider().await?;
    let stride = lit(ScalarValue::new_interval_mdn(0, 0, bucket_ms * 1_000_000));
    // It answers in nanoseconds.
    let micros = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let bucket = cast(date_bin(stride, ident("time"), time(0)), micros).alias(BUCKET);
    let rows = session
        .read_table(provider)?
        .filter(wanted(question))?
        .aggregate(vec![bucket], aggregates(question))?
        .sort_by(vec![ident(BUCKET)])?
        .collect()
        .await?;
    Ok(rows)
}

fn wanted(question: &Question<'_>) -> Expr {
    // The partition first: files of rejected messages are not even opened.
    ident(REJECTED)
        .eq(lit(false))
        .and(ident("patient_id").eq(lit(question.patient_id)))
        .and(ident("time").gt_eq(time(question.from_ms)))
        .and(ident("time").lt(time(question.to_ms)))
}

fn aggregates(question: &Question<'_>) -> Vec<Expr> {
    let mut found = vec![count(lit(1)).alias(ROWS)];
    for vital in question.vitals {
        let name = vital.name();
        let value = || ident(name);
        found.extend([
            min(value()).alias(column(name, "min")),
            avg(value()).alias(column(name, "avg")),
            max(value()).alias(column(name, "max")),
            count(value()).alias(column(name, "count")),
        ]);
    }
    found
}

/// A moment as the table has it.
fn time(ms: i64) -> Expr {
    lit(ScalarValue::TimestampMicrosecond(Some(ms * 1000), Some("UTC".into())))
}
