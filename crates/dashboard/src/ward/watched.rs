//! A patient as the watch knows it: the alarms, and the band that is displayed.

use serde::Deserialize;
use vitals_core::domain::{bedside::Rank, news2::Band, watch::Alarm};

use crate::wire::{AlarmState, BandName, News2Rank, News2State, RankBasis};

/// The part of a message on topic `patient-status` that the ward shows.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Watched {
    at_ms: i64,
    alarms: Vec<Alarm>,
    score: ShownScore,
    last_arrival_ms: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct ShownScore {
    /// The rank of the values, without delay.
    rank: Option<Rank>,
    shown_band: Option<Band>,
}

impl Watched {
    /// Parses a message's value.
    ///
    /// # Errors
    /// If a field is missing or of another type.
    pub fn parse(value: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(value)
    }

    /// The alarms, most urgent first.
    pub(super) fn alarms(&self) -> Vec<AlarmState> {
        let listed = |alarm: &Alarm| AlarmState::listed(alarm.clone(), self.at_ms);
        self.alarms.iter().map(listed).collect()
    }

    /// Time up to which the watch has judged the patient.
    pub(super) const fn judged_ms(&self) -> i64 {
        self.at_ms
    }

    /// Arrival of the last reading that the watch has judged.
    pub(super) const fn last_arrival_ms(&self) -> Option<i64> {
        self.last_arrival_ms
    }

    /// Returns true if values that the watch has judged reach `band`.
    pub(super) fn has_seen(&self, band: Band) -> bool {
        self.score.rank.is_some_and(|rank| rank.band >= band)
    }

    /// Holds the rank by the delays of the watch, so that a short excursion does not change it. It
    /// is lowered only if `may_lower`.
    pub(super) fn hold_rank(&self, news2: &mut News2State, may_lower: bool) {
        let (Some(rank), Some(band)) = (&mut news2.rank, self.score.shown_band) else { return };
        let band = BandName::from(band);
        if band > rank.band || (band < rank.band && may_lower) {
            *rank = News2Rank { band, basis: RankBasis::Held, as_of_ms: None };
        }
    }
}
