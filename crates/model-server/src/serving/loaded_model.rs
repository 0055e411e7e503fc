//! A model in memory.

use crate::{
    explain::Similarity,
    metrics::ModelMetrics,
    registry::{ModelId, SavedModel},
};

use super::ResponseTemplate;

/// A loaded version of a model, with its metric handles and the constant parts of its responses.
#[derive(Debug)]
pub(crate) struct LoadedModel {
    pub(crate) id: ModelId,
    pub(crate) saved: SavedModel,
    pub(crate) metrics: ModelMetrics,
    pub(crate) template: ResponseTemplate,
    /// The training rows, to compare people with.
    pub(crate) similarity: Similarity,
}

impl LoadedModel {
    pub(crate) fn new(id: ModelId, saved: SavedModel) -> Self {
        let metrics = ModelMetrics::new(&id);
        let template = ResponseTemplate::of(&saved);
        let similarity = Similarity::of(&saved.overview);
        Self { id, saved, metrics, template, similarity }
    }
}
