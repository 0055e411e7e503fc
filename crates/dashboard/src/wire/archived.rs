//! The part of every response from the lake that says how far the lake reaches.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// The extent of the table behind a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct ArchivedUpTo {
    /// The table has everything that arrived before this time; `null` if nothing is archived, or while it
    /// is not known.
    pub time_ms: Option<i64>,
    /// False if the period ends later, by more than an archive that runs is behind: then some of it may be
    /// missing from the response.
    pub complete: bool,
}
