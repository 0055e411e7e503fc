//! The query plan in DataFusion.

use arrow::{
    array::RecordBatch,
    datatypes::{DataType, TimeUnit},
};
use deltalake::{
    DeltaTable, DeltaTableError,
    datafusion::{
        common::ScalarValue,
        execution::context::SessionConfig,
        functions::{core::expr_fn::coalesce, datetime::expr_fn::date_bin},
        functions_aggregate::expr_fn::{avg, count, max, min},
        logical_expr::{Expr, cast, lit},
        prelude::{SessionContext, ident},
    },
};
use vitals_core::domain::vital::Vital;

use super::HistoryQuery;
use crate::schema::REJECTED;

/// The column with the time of a reading as sent, if it is placed elsewhere.
const DEVICE_TIME: &str = "device_time";

/// The column with the buckets' start times.
pub(super) const BUCKET: &str = "bucket";

/// The column with the number of readings in a bucket.
pub(super) const ROWS: &str = "rows";

/// An aggregate of a vital.
#[derive(Debug, Clone, Copy)]
pub(super) enum Aggregate {
    Min,
    Avg,
    Max,
    Count,
}

impl Aggregate {
    const ALL: [Self; 4] = [Self::Min, Self::Avg, Self::Max, Self::Count];

    /// The result column with this aggregate of `vital`.
    pub(super) fn column(self, vital: Vital) -> String {
        let suffix = match self {
            Self::Min => "min",
            Self::Avg => "avg",
            Self::Max => "max",
            Self::Count => "count",
        };
        format!("{}_{suffix}", vital.name())
    }

    fn expression(self, vital: Vital) -> Expr {
        let value = ident(vital.name());
        let aggregate = match self {
            Self::Min => min(value),
            Self::Avg => avg(value),
            Self::Max => max(value),
            Self::Count => count(value),
        };
        aggregate.alias(self.column(vital))
    }
}

/// A session in which a query occupies one thread.
pub(super) fn session() -> SessionContext {
    let mut config = SessionConfig::new().with_target_partitions(1);
    // Rows of other patients are dropped while the file is decoded.
    config.options_mut().execution.parquet.pushdown_filters = true;
    SessionContext::new_with_config(config)
}

/// Runs the query. Returns one row per bucket, in the order of time.
pub(super) async fn run(
    session: &SessionContext,
    table: &DeltaTable,
    query: &HistoryQuery<'_>,
    bucket_ms: i64,
) -> Result<Vec<RecordBatch>, DeltaTableError> {
    let provider = table.table_provider().await?;
    let stride = lit(ScalarValue::new_interval_mdn(0, 0, bucket_ms * 1_000_000));
    // `date_bin` returns nanoseconds.
    let micros = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let bucket = cast(date_bin(stride, ident("time"), timestamp(0)), micros).alias(BUCKET);
    // One row for each reading, however often it was sent; then one for each bucket.
    let rows = session.read_table(provider)?;
    // A table that no consumer of this release has opened lacks the column.
    let has_device_time = rows.schema().has_column_with_unqualified_name(DEVICE_TIME);
    let rows = rows
        .filter(predicate(query))?
        .aggregate(identity(has_device_time), values(query))?
        .aggregate(vec![bucket], aggregates(query))?
        .sort_by(vec![ident(BUCKET)])?
        .collect()
        .await?;
    Ok(rows)
}

fn predicate(query: &HistoryQuery<'_>) -> Expr {
    // The partition column comes first: it prunes the files of rejected messages.
    ident(REJECTED)
        .eq(lit(false))
        .and(ident("patient_id").eq(lit(query.patient_id)))
        .and(ident("time").gt_eq(timestamp(query.from_ms)))
        .and(ident("time").lt(timestamp(query.to_ms)))
}

/// The identity of a reading. A device or a gateway may send a reading again; each counts once. The
/// time is the one as sent: a reading of a clock that is ahead is placed at its arrival, which differs
/// each time.
fn identity(has_device_time: bool) -> Vec<Expr> {
    let time = ident("time");
    let sent = if has_device_time { coalesce(vec![ident(DEVICE_TIME), time]) } else { time };
    vec![ident("device_id"), ident("sequence"), sent.alias("sent")]
}

/// The first time and the values of a reading, from all rows that carry it.
fn values(query: &HistoryQuery<'_>) -> Vec<Expr> {
    let mut expressions = vec![min(ident("time")).alias("time")];
    for vital in query.vitals {
        expressions.push(max(ident(vital.name())).alias(vital.name()));
    }
    expressions
}

fn aggregates(query: &HistoryQuery<'_>) -> Vec<Expr> {
    let mut expressions = vec![count(lit(1)).alias(ROWS)];
    for vital in query.vitals {
        expressions.extend(Aggregate::ALL.map(|aggregate| aggregate.expression(*vital)));
    }
    expressions
}

/// A literal in the type of column `time`.
pub(super) fn timestamp(ms: i64) -> Expr {
    lit(ScalarValue::TimestampMicrosecond(Some(ms * 1000), Some("UTC".into())))
}
