//! The part of a topic that its table has.

use super::{table_view::TableView, tables::Tables};
use crate::{maintain::Arrivals, position::Positions, rewrite};

/// A table of a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArchivedTable {
    /// Readings.
    Vitals,
    /// Transitions of alarms.
    Alerts,
    /// Activity on the dashboard.
    Activity,
}

impl Tables {
    /// The offsets of `topic` up to which `table` has every message, by partition. A partition of which it
    /// has nothing, or that is stopped, is missing. `None` if the table has not been created yet.
    ///
    /// A query that begins afterwards reads this version of the table or a later one.
    ///
    /// # Errors
    /// When the lake does not respond in time.
    pub async fn positions(
        &self,
        table: ArchivedTable,
        topic: &str,
    ) -> anyhow::Result<Option<Positions>> {
        self.view(table).positions(&self.lake, topic).await
    }

    /// The arrival of the last message in `table`, ms since the epoch, by the statistics of its files. One
    /// that is dated after `now_ms` does not count. `None` if there is none.
    ///
    /// # Errors
    /// When the lake does not respond in time.
    pub async fn last_arrival_ms(
        &self,
        table: ArchivedTable,
        now_ms: i64,
    ) -> anyhow::Result<Option<i64>> {
        let last = async |table| {
            let files = rewrite::files(&table)?;
            let arrivals = files.iter().filter_map(|file| Arrivals::of(file).last);
            Ok(arrivals.filter(|last_ms| *last_ms <= now_ms).max())
        };
        Ok(self.view(table).read(&self.lake, last).await?.flatten())
    }

    const fn view(&self, table: ArchivedTable) -> &TableView {
        match table {
            ArchivedTable::Vitals => &self.vitals,
            ArchivedTable::Alerts => &self.alerts,
            ArchivedTable::Activity => &self.activity,
        }
    }
}
