//! New columns in the table of an earlier release.

use deltalake::{DeltaTable, kernel::StructField};

use super::Lake;
use crate::{append::bounded, schema::Table};

/// Attempts to add columns while other writers change the table.
const MAX_ATTEMPTS: usize = 3;

impl Lake {
    /// Opens `table` and adds the columns that it lacks; `None` if it has not been created yet.
    ///
    /// # Errors
    /// When the storage is unavailable, or the table can't be read or changed.
    pub async fn open_upgraded(&self, table: &Table) -> anyhow::Result<Option<DeltaTable>> {
        match self.open(table.name).await? {
            Some(opened) => self.upgrade(opened, table).await.map(Some),
            None => Ok(None),
        }
    }

    /// Adds the columns of `table` that `opened` lacks, in one commit of the table's metadata. The
    /// rows that exist have null in them.
    async fn upgrade(&self, mut opened: DeltaTable, table: &Table) -> anyhow::Result<DeltaTable> {
        let purpose = format!("add columns to table {}", table.name);
        for attempt in 1.. {
            let missing = missing_columns(&opened, table)?;
            if missing.is_empty() {
                break;
            }
            let names: Vec<&str> = missing.iter().map(|field| field.name().as_str()).collect();
            let names = names.join(", ");
            let add = opened.clone().add_columns().with_fields(missing);
            let add = add.with_commit_properties(bounded());
            match self.within(&purpose, add.into_future()).await {
                Ok(upgraded) => {
                    tracing::info!(
                        lake.table = table.name,
                        lake.columns = names,
                        "added the columns of this release to the table"
                    );
                    return Ok(upgraded);
                }
                // Another process may have added them, or changed the table otherwise.
                Err(error) if attempt >= MAX_ATTEMPTS => return Err(error),
                Err(_) => opened = self.open(table.name).await?.unwrap_or(opened),
            }
        }
        Ok(opened)
    }
}

/// The columns of `table` that `opened` lacks. A required column can't be added to rows that exist,
/// and none is.
fn missing_columns(opened: &DeltaTable, table: &Table) -> anyhow::Result<Vec<StructField>> {
    let schema = opened.snapshot()?.schema();
    let mut missing = table.delta_fields();
    missing.retain(|field| field.is_nullable() && schema.field(field.name()).is_none());
    Ok(missing)
}
