//! A request after its response, with everything needed to predict it again.

use std::sync::Arc;

use uuid::Uuid;
use vitals_core::domain::features::Features;

use crate::serving::LoadedModel;

/// A request that was responded to.
#[derive(Debug)]
pub(crate) struct ServedRequest {
    pub(crate) request_id: Uuid,
    pub(crate) timestamp_ms: i64,
    pub(crate) latency_us: u32,
    pub(crate) model: Arc<LoadedModel>,
    pub(crate) shadow: Option<Arc<LoadedModel>>,
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
