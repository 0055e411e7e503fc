//! A request after its prediction, with everything that the log needs of it.

use std::sync::Arc;

use uuid::Uuid;
use vitals_core::domain::features::Features;

use crate::{pipeline::Prediction, serving::LoadedModel};

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

/// The rows of a request.
#[expect(clippy::large_enum_variant, reason = "most requests have a single row")]
#[derive(Debug)]
pub(crate) enum ServedRows {
    /// A single row with its prediction, without an allocation.
    One(Features, Prediction),
    /// The rows of a batch, without their predictions, which take three times the memory.
    Many(Vec<Features>),
}

impl ServedRows {
    pub(super) fn as_slice(&self) -> &[Features] {
        match self {
            Self::One(features, _) => std::slice::from_ref(features),
            Self::Many(rows) => rows,
        }
    }

    /// The prediction of a single row.
    pub(super) fn prediction(&self) -> Option<&Prediction> {
        match self {
            Self::One(_, prediction) => Some(prediction),
            Self::Many(_) => None,
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
