//! A request after its prediction, with everything needed to predict it again.

use std::sync::Arc;

use uuid::Uuid;
use vitals_core::domain::features::Features;

use crate::serving::LoadedModel;

use super::Origin;

/// A request that was predicted, or a part of its rows.
#[derive(Debug)]
pub(crate) struct ServedRequest {
    pub(crate) request_id: Uuid,
    pub(crate) timestamp_ms: i64,
    pub(crate) latency_us: u32,
    pub(crate) model: Arc<LoadedModel>,
    pub(crate) shadow: Option<Arc<LoadedModel>>,
    pub(crate) origin: Origin,
    /// Number of the first row within the request.
    pub(crate) first_row: u32,
    pub(crate) rows: ServedRows,
}

/// The features of a request. A single row is stored without an allocation.
#[derive(Debug)]
pub(crate) enum ServedRows {
    One(Features),
    Many(Vec<Features>),
}

impl ServedRows {
    pub(super) fn as_slice(&self) -> &[Features] {
        match self {
            Self::One(features) => std::slice::from_ref(features),
            Self::Many(rows) => rows,
        }
    }
}

impl ServedRequest {
    /// The messages of the request: each row as served, and as the shadow scored it.
    pub(super) fn messages(&self) -> usize {
        let roles = if self.shadow.is_some() { 2 } else { 1 };
        self.rows.as_slice().len() * roles
    }

    /// Splits the request into parts of at most `rows` rows.
    pub(super) fn into_parts(self, rows: usize) -> Vec<Self> {
        match &self.rows {
            ServedRows::Many(all) if all.len() > rows => {
                let firsts = (0..).step_by(rows);
                firsts.zip(all.chunks(rows)).map(|(first, rows)| self.part(first, rows)).collect()
            }
            _ => vec![self],
        }
    }

    fn part(&self, first_row: u32, rows: &[Features]) -> Self {
        Self {
            model: Arc::clone(&self.model),
            shadow: self.shadow.clone(),
            origin: self.origin.clone(),
            first_row,
            rows: ServedRows::Many(rows.to_vec()),
            ..*self
        }
    }
}
