//! State shared by the handlers.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use vitals_core::runtime::readiness::Readiness;

use super::base_path::BasePath;
use crate::{
    activity::{ActivityLog, Recent},
    activity_client::ActivityClient,
    archive::ArchiveClient,
    history_client::HistoryClient,
    live::Hub,
    model_client::ModelClient,
    pipeline::Monitor,
    statistics_client::StatisticsClient,
};

/// Name of the service in health responses and logs.
pub(super) const SERVICE: &str = "dashboard";

/// Version of the service.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// State shared by the handlers.
#[derive(Debug)]
pub struct App {
    /// The live ward.
    pub hub: Arc<Hub>,
    /// Client of the lake.
    pub history: HistoryClient,
    /// Statistics from the lake.
    pub statistics: StatisticsClient,
    /// The record of accesses.
    pub activity: Arc<ActivityLog>,
    /// The newest accesses.
    pub recent_activity: Arc<Recent>,
    /// The extent of the lake.
    pub archive: Arc<ArchiveClient>,
    /// Accesses from the lake.
    pub activity_lake: ActivityClient,
    /// The services of the pipeline.
    pub monitor: Arc<Monitor>,
    /// Client of the model server.
    pub model: ModelClient,
    /// Path under which a proxy publishes the pages.
    pub base_path: BasePath,
    /// Maximum size of a request body.
    pub max_body_bytes: usize,
    /// Readiness of the service.
    pub readiness: Readiness,
    /// Ends the event streams.
    pub shutdown: CancellationToken,
}
