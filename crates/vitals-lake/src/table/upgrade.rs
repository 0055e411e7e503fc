//! New columns and statistics in the table of an earlier release.

use std::collections::HashMap;

use deltalake::{DeltaTable, DeltaTableError, TableProperty, kernel::StructField};

use super::Lake;
use crate::{append::bounded, schema::Table};

/// Attempts to change the table while other writers change it.
const MAX_ATTEMPTS: usize = 3;

/// The column that tables of earlier releases have no statistics on.
const NEW_STATISTICS: &str = ",kafka_time";

/// A change that a table of an earlier release needs.
enum Change {
    /// Columns that it lacks. The rows that exist have null in them.
    Columns(Vec<StructField>),
    /// The columns that new files get statistics on.
    Statistics(&'static str),
}

impl Lake {
    /// Opens `table` and upgrades it to this release; `None` if it has not been created yet.
    ///
    /// # Errors
    /// When the storage is unavailable, or the table can't be read or changed.
    pub async fn open_upgraded(&self, table: &Table) -> anyhow::Result<Option<DeltaTable>> {
        match self.open(table.name).await? {
            Some(opened) => self.upgrade(opened, table).await.map(Some),
            None => Ok(None),
        }
    }

    /// Makes the changes that `opened` needs, one commit of the table's metadata for each.
    async fn upgrade(&self, mut opened: DeltaTable, table: &Table) -> anyhow::Result<DeltaTable> {
        let purpose = format!("upgrade table {}", table.name);
        let mut failures = 0;
        while let Some(change) = next_change(&opened, table)? {
            let description = change.to_string();
            match self.within(&purpose, change.make(opened.clone())).await {
                Ok(upgraded) => {
                    opened = upgraded;
                    tracing::info!(lake.table = table.name, "upgraded the table: {description}");
                }
                // Another process may have made the change, or changed the table otherwise.
                Err(error) => {
                    failures += 1;
                    if failures >= MAX_ATTEMPTS {
                        return Err(error);
                    }
                    opened = self.open(table.name).await?.unwrap_or(opened);
                }
            }
        }
        Ok(opened)
    }
}

impl Change {
    async fn make(self, table: DeltaTable) -> Result<DeltaTable, DeltaTableError> {
        match self {
            Self::Columns(missing) => {
                let add = table.add_columns().with_fields(missing);
                add.with_commit_properties(bounded()).await
            }
            Self::Statistics(columns) => {
                let property = TableProperty::DataSkippingStatsColumns.as_ref().to_owned();
                let properties = HashMap::from([(property, columns.to_owned())]);
                let set = table.set_tbl_properties().with_properties(properties);
                set.with_commit_properties(bounded()).await
            }
        }
    }
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Columns(missing) => {
                let names: Vec<&str> = missing.iter().map(|field| field.name().as_str()).collect();
                write!(f, "new columns {}", names.join(", "))
            }
            Self::Statistics(columns) => write!(f, "statistics on {columns}"),
        }
    }
}

/// The next change that `opened` needs. A required column can't be added to rows that exist, and none
/// is. An operator's own choice of statistics stays.
fn next_change(opened: &DeltaTable, table: &Table) -> anyhow::Result<Option<Change>> {
    let snapshot = opened.snapshot()?;
    let schema = snapshot.schema();
    let mut missing = table.delta_fields();
    missing.retain(|field| field.is_nullable() && schema.field(field.name()).is_none());
    if !missing.is_empty() {
        return Ok(Some(Change::Columns(missing)));
    }
    let property = TableProperty::DataSkippingStatsColumns;
    let current = snapshot.metadata().configuration().get(property.as_ref());
    let earlier = table.indexed.strip_suffix(NEW_STATISTICS);
    let is_earlier = current.is_some_and(|current| Some(current.as_str()) == earlier);
    Ok(is_earlier.then_some(Change::Statistics(table.indexed)))
}
