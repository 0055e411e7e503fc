//! A table that is kept open between queries.

use std::time::{Duration, Instant};

use deltalake::DeltaTable;
use tokio::sync::Mutex;

use crate::{schema::Table, table::Lake};

/// The maximum age of the view of a table. The archive commits every few seconds.
pub(super) const MAX_VIEW_AGE: Duration = Duration::from_secs(1);

/// A view of a table that is kept up to date.
pub(super) struct TableView {
    name: &'static str,
    pub(super) view: Mutex<View>,
}

/// The table as last loaded; `None` if it had not been created by then.
#[derive(Default)]
pub(super) struct View {
    table: Option<DeltaTable>,
    pub(super) loaded: Option<Instant>,
}

impl TableView {
    /// A view of `table`. Reads nothing yet.
    pub(super) fn new(table: &Table) -> Self {
        Self { name: table.name, view: Mutex::default() }
    }

    /// The table in a version of at most [`MAX_VIEW_AGE`]; `None` if it has not been created yet.
    ///
    /// # Errors
    /// When the lake does not respond in time.
    pub(super) async fn table(&self, lake: &Lake) -> anyhow::Result<Option<DeltaTable>> {
        let mut view = self.view.lock().await;
        if view.loaded.is_some_and(|at| at.elapsed() < MAX_VIEW_AGE) {
            return Ok(view.table.clone());
        }
        // Taken out first: a view that fails to update is dropped, and with it a hanging client.
        let table = match std::mem::take(&mut *view).table {
            None => lake.open(self.name).await?,
            Some(mut table) => {
                // Reads only the commits since the loaded version.
                let update = table.update_incremental(None);
                lake.within("look for new rows", update).await?;
                Some(table)
            }
        };
        *view = View { table: table.clone(), loaded: Some(Instant::now()) };
        Ok(table)
    }

    /// Runs `query` on the table; `None` if it has not been created yet. After a query that fails, the
    /// next one opens the table anew: it may have been replaced.
    ///
    /// # Errors
    /// Those of the query, or when the lake does not respond in time.
    pub(super) async fn read<T>(
        &self,
        lake: &Lake,
        query: impl AsyncFnOnce(DeltaTable) -> anyhow::Result<T>,
    ) -> anyhow::Result<Option<T>> {
        let Some(table) = self.table(lake).await? else { return Ok(None) };
        let found = query(table).await;
        if found.is_err() {
            *self.view.lock().await = View::default();
        }
        found.map(Some)
    }
}
