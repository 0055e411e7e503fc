//! The tables that queries read, each kept open between them.

use std::sync::Arc;

use super::table_view::TableView;
use crate::{
    schema::{ACTIVITY, ALERTS, PATIENT_CONTEXT, VITALS},
    table::Lake,
};

/// The tables of a lake, opened by the first query and kept up to date by later ones. To open a table
/// is to read its checkpoint; to update it takes only the commits since.
pub struct Tables {
    pub(super) lake: Lake,
    pub(super) vitals: TableView,
    pub(super) alerts: TableView,
    pub(super) contexts: TableView,
    pub(super) activity: TableView,
}

impl Tables {
    /// The tables of `lake`, for any number of readers. Reads nothing yet.
    #[must_use]
    pub fn new(lake: Lake) -> Arc<Self> {
        Arc::new(Self {
            lake,
            vitals: TableView::new(&VITALS),
            alerts: TableView::new(&ALERTS),
            contexts: TableView::new(&PATIENT_CONTEXT),
            activity: TableView::new(&ACTIVITY),
        })
    }
}

impl std::fmt::Debug for Tables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tables").field("lake", &self.lake).finish_non_exhaustive()
    }
}
