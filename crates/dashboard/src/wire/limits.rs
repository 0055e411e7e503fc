//! `GET /api/limits`.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use super::vocabulary::VitalName;

/// The limits of a vital for one patient, instead of those of every adult.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct ValueLimits {
    /// Lower alert limit.
    pub low: Option<f64>,
    /// Upper alert limit.
    pub high: Option<f64>,
}

/// The limits of a vital.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Limits {
    /// Name of the vital.
    pub vital: VitalName,
    /// Label on a screen.
    pub label: String,
    /// Unit as displayed.
    pub unit: String,
    /// Lower alert limit; values below are marked.
    pub low: Option<f64>,
    /// Upper alert limit; values above are marked.
    pub high: Option<f64>,
    /// Values below are flagged as implausible.
    pub plausible_min: f64,
    /// Values above are flagged as implausible.
    pub plausible_max: f64,
    /// Number of decimals to display.
    pub decimals: u8,
}
