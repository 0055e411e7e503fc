//! The activity on the dashboard in a period.

use anyhow::Context as _;
use deltalake::{
    DeltaTable,
    datafusion::{
        logical_expr::{Expr, lit, not},
        prelude::ident,
    },
};
use vitals_core::domain::activity::{ACTIVITY_VERSION, Action, ActivityEvent, View};

use super::{named_columns::NamedColumns, plan::timestamp, tables::Tables};
use crate::{rewrite, schema::REJECTED, table::Lake};

/// The name of the user of accesses without one.
pub const UNKNOWN_USER: &str = "unknown";

/// The memory limit of a query, bytes.
const MEMORY_BYTES: usize = 64 << 20;

/// The text columns of an event.
const TEXTS: [&str; 9] = [
    "event_id",
    "user",
    "address",
    "user_agent",
    "action",
    "view",
    "patient_id",
    "ward",
    "request_id",
];

/// The time columns of an event.
const TIMES: [&str; 3] = ["time", "range_from", "range_to"];

/// A query for the activity in a period. A selection that is `None` selects all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActivityQuery<'a> {
    /// Start, inclusive, ms since the epoch.
    pub from_ms: i64,
    /// End, exclusive, ms since the epoch.
    pub to_ms: i64,
    /// The patient.
    pub patient_id: Option<&'a str>,
    /// The user; [`UNKNOWN_USER`] selects accesses without one, too.
    pub user: Option<&'a str>,
    /// The action.
    pub action: Option<Action>,
    /// Maximum number of events.
    pub limit: usize,
}

/// The events that `query` selects, newest first; none if the table has not been created.
///
/// # Errors
/// When the lake can't be read.
pub async fn activity(
    tables: &Tables,
    query: &ActivityQuery<'_>,
) -> anyhow::Result<Vec<ActivityEvent>> {
    let Tables { lake, activity, .. } = tables;
    let found = activity.read(lake, async |table| events(lake, &table, query).await).await?;
    Ok(found.unwrap_or_default())
}

async fn events(
    lake: &Lake,
    table: &DeltaTable,
    query: &ActivityQuery<'_>,
) -> anyhow::Result<Vec<ActivityEvent>> {
    let order = ["time", "kafka_partition", "kafka_offset"];
    let columns = TEXTS.into_iter().chain(TIMES);
    let rows = rewrite::session(MEMORY_BYTES)?
        .read_table(table.table_provider().await?)?
        .filter(predicate(query))?
        .sort(order.map(|column| ident(column).sort(false, false)).to_vec())?
        .limit(0, Some(query.limit))?
        .select(columns.map(ident).collect::<Vec<_>>())?;
    let mut events = Vec::new();
    for batch in lake.within("read the activity", rows.collect()).await? {
        let columns = NamedColumns::new(&batch, &TEXTS, &TIMES)?;
        for row in 0..batch.num_rows() {
            events.push(event(&columns, row)?);
        }
    }
    Ok(events)
}

fn predicate(query: &ActivityQuery<'_>) -> Expr {
    // The partition column comes first: it prunes the files of rejected messages.
    let mut predicate = not(ident(REJECTED))
        .and(ident("time").gt_eq(timestamp(query.from_ms)))
        .and(ident("time").lt(timestamp(query.to_ms)));
    if let Some(patient_id) = query.patient_id {
        predicate = predicate.and(ident("patient_id").eq(lit(patient_id)));
    }
    if let Some(user) = query.user {
        let named = ident("user").eq(lit(user));
        let selected = if user == UNKNOWN_USER { named.or(ident("user").is_null()) } else { named };
        predicate = predicate.and(selected);
    }
    if let Some(action) = query.action {
        predicate = predicate.and(ident("action").eq(lit(action.name())));
    }
    predicate
}

fn event(columns: &NamedColumns, row: usize) -> anyhow::Result<ActivityEvent> {
    let text = |name: &str| columns.text(name, row).map(ToOwned::to_owned);
    let (action, view) = (columns.required("action", row)?, columns.required("view", row)?);
    Ok(ActivityEvent {
        version: ACTIVITY_VERSION,
        event_id: columns.required("event_id", row)?.to_owned(),
        time: columns.required_time("time", row)?,
        user: text("user"),
        address: columns.required("address", row)?.parse().context("column address")?,
        user_agent: text("user_agent"),
        action: Action::named(action).with_context(|| format!("action {action}"))?,
        view: View::named(view).with_context(|| format!("view {view}"))?,
        patient_id: text("patient_id"),
        ward: text("ward"),
        from: columns.time("range_from", row),
        to: columns.time("range_to", row),
        request_id: text("request_id"),
    })
}
