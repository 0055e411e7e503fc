//! The ground truth of the simulation, on topic `simulation-truth`.

use serde::Serialize;

use super::{course::Episode, scenario::Scenario};

/// A message of topic `simulation-truth`: one episode of one patient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Truth {
    /// The patient; also the key of the message.
    pub patient_id: String,
    /// The scenario.
    pub scenario: Scenario,
    /// Begin of the deterioration, ms since the Unix epoch.
    pub onset: i64,
    /// Return of every vital to the baseline, ms since the Unix epoch.
    pub end: i64,
}

impl Truth {
    /// The ground truth of an `episode` in a simulation that started at `start_ms`.
    pub(super) fn new(patient_id: &str, episode: &Episode, start_ms: i64) -> Self {
        Self {
            patient_id: patient_id.to_owned(),
            scenario: episode.scenario,
            onset: start_ms.saturating_add(episode.onset_ms),
            end: start_ms.saturating_add(episode.end_ms),
        }
    }
}
