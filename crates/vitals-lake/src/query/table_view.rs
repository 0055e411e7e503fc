//! A table that is kept open between queries.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use deltalake::DeltaTable;
use tokio::sync::Mutex;

use crate::{
    position::{Positions, Transactions, current_positions},
    schema::Table,
    table::Lake,
};

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
    /// The Kafka positions, as last read.
    transactions: Transactions,
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
        self.update(&mut view, lake).await?;
        Ok(view.table.clone())
    }

    /// The positions of `topic` up to which a version of at most [`MAX_VIEW_AGE`] has its messages;
    /// `None` if the table has not been created yet.
    ///
    /// # Errors
    /// When the lake does not respond in time.
    pub(super) async fn positions(
        &self,
        lake: &Lake,
        topic: &str,
    ) -> anyhow::Result<Option<Positions>> {
        let mut view = self.view.lock().await;
        self.update(&mut view, lake).await?;
        let View { table: Some(table), transactions, .. } = &mut *view else { return Ok(None) };
        let version = table.version().context("the table is not loaded")?;
        // Reads only the commits since the last call.
        transactions.update(lake, table, version).await?;
        Ok(Some(current_positions(transactions, topic)))
    }

    /// Brings `view` up to date if it is older than [`MAX_VIEW_AGE`].
    async fn update(&self, view: &mut View, lake: &Lake) -> anyhow::Result<()> {
        if view.loaded.is_some_and(|at| at.elapsed() < MAX_VIEW_AGE) {
            return Ok(());
        }
        // Taken out first: a view that fails to update is dropped, and with it a hanging client.
        let View { table, transactions, .. } = std::mem::take(view);
        let table = match table {
            None => lake.open(self.name).await?,
            Some(mut table) => {
                // Reads only the commits since the loaded version.
                let update = table.update_incremental(None);
                lake.within("look for new rows", update).await?;
                Some(table)
            }
        };
        *view = View { table, loaded: Some(Instant::now()), transactions };
        Ok(())
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
