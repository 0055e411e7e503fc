//! The alarms of a patient that lasted in a period.

use anyhow::Context as _;
use deltalake::{
    DeltaTable,
    datafusion::{
        logical_expr::{Expr, lit, not},
        prelude::{DataFrame, JoinType, ident},
    },
};
use vitals_core::domain::watch::{AlertKind, Priority};

use super::{
    alarm_record::{AlarmRecord, Transition},
    named_columns::NamedColumns,
    plan::timestamp,
};
use crate::{rewrite, schema::REJECTED, table::Lake};

/// The memory limit of a query, bytes.
const MEMORY_BYTES: usize = 64 << 20;

/// The text columns of a transition.
const TEXTS: [&str; 6] = ["occurrence_id", "kind", "rule", "priority", "text", "acted_by"];

/// The time columns of a transition.
const TIMES: [&str; 2] = ["time", "onset"];

/// A query for the alarms of one patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlarmQuery<'a> {
    /// The patient.
    pub patient_id: &'a str,
    /// Start of the period, ms since the epoch. Alarms with an earlier end are left out.
    pub from_ms: i64,
    /// End of the period, exclusive, ms since the epoch. Alarms with a later onset are left out.
    pub to_ms: i64,
    /// Maximum number of transitions that are read.
    pub limit: usize,
}

/// The response to a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlarmHistory {
    /// The alarms, newest first.
    pub alarms: Vec<AlarmRecord>,
    /// False if older alarms are left out, because of the limit.
    pub complete: bool,
}

impl AlarmHistory {
    pub(super) const fn empty() -> Self {
        Self { alarms: Vec::new(), complete: true }
    }
}

/// The alarms in `table` that `query` selects.
///
/// # Errors
/// When the lake can't be read.
pub(super) async fn alarms(
    lake: &Lake,
    table: &DeltaTable,
    query: &AlarmQuery<'_>,
) -> anyhow::Result<AlarmHistory> {
    // The newest alarm comes first, the transitions of each in the order in which they happened.
    let order = [("onset", false), ("occurrence_id", true), ("time", true), ("kafka_offset", true)];
    let all = rewrite::session(MEMORY_BYTES)?.read_table(table.table_provider().await?)?;
    let rows = lasting(all, query)?
        .sort(order.map(|(column, ascending)| ident(column).sort(ascending, false)).to_vec())?
        .limit(0, Some(query.limit + 1))?
        .select(TEXTS.into_iter().chain(TIMES).map(ident).collect::<Vec<_>>())?;
    let mut transitions = Vec::new();
    for batch in lake.within("read the alarms", rows.collect()).await? {
        let columns = NamedColumns::new(&batch, &TEXTS, &TIMES)?;
        for row in 0..batch.num_rows() {
            transitions.push(transition(&columns, row)?);
        }
    }
    let complete = transitions.len() <= query.limit;
    let mut alarms = AlarmRecord::collect(&transitions);
    if !complete {
        // Its later transitions are beyond the limit.
        alarms.pop();
    }
    Ok(AlarmHistory { alarms, complete })
}

/// The transitions of the alarms that began before the end of the period and had no end before its
/// start. An alarm without an archived end may still last.
fn lasting(all: DataFrame, query: &AlarmQuery<'_>) -> anyhow::Result<DataFrame> {
    let begun = of_patient(query).and(ident("onset").lt(timestamp(query.to_ms)));
    let ended = of_patient(query)
        .and(ident("kind").eq(lit(AlertKind::Cleared.name())))
        .and(ident("time").lt(timestamp(query.from_ms)));
    let ended =
        all.clone().filter(ended)?.select([ident("occurrence_id").alias("ended")].to_vec())?;
    let joined =
        all.filter(begun)?.join(ended, JoinType::LeftAnti, &["occurrence_id"], &["ended"], None)?;
    Ok(joined)
}

/// The partition column comes first: it prunes the files of rejected messages.
fn of_patient(query: &AlarmQuery<'_>) -> Expr {
    not(ident(REJECTED)).and(ident("patient_id").eq(lit(query.patient_id)))
}

fn transition(columns: &NamedColumns, row: usize) -> anyhow::Result<Transition> {
    let (kind, priority) = (columns.required("kind", row)?, columns.required("priority", row)?);
    Ok(Transition {
        occurrence_id: columns.required("occurrence_id", row)?.to_owned(),
        kind: AlertKind::named(kind).with_context(|| format!("kind {kind}"))?,
        rule: columns.required("rule", row)?.to_owned(),
        priority: Priority::named(priority).with_context(|| format!("priority {priority}"))?,
        text: columns.required("text", row)?.to_owned(),
        by: columns.text("acted_by", row).map(ToOwned::to_owned),
        at_ms: columns.required_time("time", row)?,
        onset_ms: columns.required_time("onset", row)?,
    })
}
