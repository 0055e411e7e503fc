//! The query plan in DataFusion: one row for each reading of the patient, however often it was sent.

use arrow::{array::RecordBatch, datatypes::DataType};
use deltalake::{
    DeltaTable, DeltaTableError,
    datafusion::{
        common::ScalarValue,
        execution::context::SessionConfig,
        functions::core::expr_fn::coalesce,
        functions_aggregate::expr_fn::{bit_or, max, min},
        logical_expr::{Expr, cast, lit},
        prelude::{DataFrame, SessionContext, ident},
    },
};

use super::{HistoryQuery, doubts};
use crate::schema::REJECTED;

/// The column with the time of a reading as sent, if it is placed elsewhere.
const DEVICE_TIME: &str = "device_time";

/// The column with the codes of doubts.
const FLAGS: &str = "flags";

/// The result column with the time of the measurement on the device's clock.
pub(super) const TIME: &str = "time";

/// The result column with the arrival of the reading.
pub(super) const ARRIVAL: &str = "arrival";

/// The result column with the device.
pub(super) const DEVICE_ID: &str = "device_id";

/// The result column with the doubted vitals, see [`doubts`].
pub(super) const DOUBTS: &str = "doubts";

/// A session in which a query occupies one thread.
pub(super) fn session() -> SessionContext {
    let mut config = SessionConfig::new().with_target_partitions(1);
    // Rows of other patients are dropped while the file is decoded.
    config.options_mut().execution.parquet.pushdown_filters = true;
    SessionContext::new_with_config(config)
}

/// Runs the query. Returns one row per reading, in any order.
pub(super) async fn run(
    session: &SessionContext,
    table: &DeltaTable,
    query: &HistoryQuery<'_>,
) -> Result<Vec<RecordBatch>, DeltaTableError> {
    let rows = session.read_table(table.table_provider().await?)?.filter(predicate(query))?;
    let (identity, values) = (identity(&rows), values(&rows, query));
    Ok(rows.aggregate(identity, values)?.collect().await?)
}

fn predicate(query: &HistoryQuery<'_>) -> Expr {
    let within = |time: &str| {
        let time = ident(time);
        time.clone().gt_eq(timestamp(query.from_ms)).and(time.lt(timestamp(query.to_ms)))
    };
    // The partition column comes first: it prunes the files of rejected messages.
    ident(REJECTED)
        .eq(lit(false))
        .and(ident("patient_id").eq(lit(query.patient_id)))
        // A wrong clock may be off by any time, so its readings are found by their arrival.
        .and(within("time").or(within("kafka_time")))
}

/// The identity of a reading. A device or a gateway may send a reading again; each counts once. The
/// time is the one as sent: a reading of a clock that is ahead is placed at its arrival, which differs
/// each time.
fn identity(rows: &DataFrame) -> Vec<Expr> {
    let time = ident("time");
    let sent = if has(rows, DEVICE_TIME) { coalesce(vec![ident(DEVICE_TIME), time]) } else { time };
    vec![ident(DEVICE_ID), ident("sequence"), sent.alias("sent")]
}

/// The first time and arrival, the values and the doubts of a reading, from all rows that carry it.
fn values(rows: &DataFrame, query: &HistoryQuery<'_>) -> Vec<Expr> {
    let mut expressions =
        vec![min(ident("time")).alias(TIME), min(ident("kafka_time")).alias(ARRIVAL)];
    if has(rows, FLAGS) {
        let codes = cast(ident(FLAGS), DataType::Utf8);
        expressions.push(bit_or(doubts::function().call(vec![codes])).alias(DOUBTS));
    }
    for vital in query.vitals {
        expressions.push(max(ident(vital.name())).alias(vital.name()));
    }
    expressions
}

/// Returns true if the table has the column. One that no consumer of this release has opened lacks
/// those that came later.
fn has(rows: &DataFrame, column: &str) -> bool {
    rows.schema().has_column_with_unqualified_name(column)
}

/// A literal in the type of column `time`.
pub(super) fn timestamp(ms: i64) -> Expr {
    lit(ScalarValue::TimestampMicrosecond(Some(ms * 1000), Some("UTC".into())))
}
