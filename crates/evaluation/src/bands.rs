//! The displayed bands of a ward: the number of rises in a quarter of an hour.

use std::sync::Arc;

use anyhow::{Result, anyhow};
use producer::simulate::Cohort;
use vitals_core::domain::{
    bedside::known_score,
    decode::{DecodeOptions, decode},
    news2::Band,
    watch::{PatientWatch, WatchSettings},
};

use crate::patient_day::START_MS;

/// Patients of the ward and seconds of the observation, one reading a second.
const PATIENTS: u32 = 40;
const SECONDS: i64 = 900;

/// Rises to Medium or High.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Rises {
    /// Of the band that is displayed, after the delays.
    pub(crate) shown: u32,
    /// Of the band of the last known values.
    pub(crate) undelayed: u32,
}

/// Counts the rises of a simulated ward.
pub(crate) fn count(seed: u64) -> Result<Rises> {
    let cohort = Cohort::ward(seed);
    let settings = Arc::new(WatchSettings::default());
    let options = DecodeOptions::default();
    let mut rises = Rises::default();
    for index in 0..PATIENTS {
        let mut patient = cohort.patient(index);
        let mut watch = PatientWatch::new(patient.id(), settings.clone());
        watch.apply_context(Some(&patient.context(START_MS)), START_MS, &mut Vec::new());
        let mut before: [Option<Band>; 2] = [None; 2];
        for second in 0..SECONDS {
            let time_ms = START_MS + second * 1_000;
            let payload = serde_json::to_vec(&patient.reading(second * 1_000, time_ms))?;
            let decoded = decode(&payload, Some(time_ms), &options)
                .map_err(|rejection| anyhow!("a reading is rejected: {rejection:?}"))?;
            watch.apply_reading(&decoded, time_ms, &mut Vec::new());
            // Without delays: the band that the values have at this moment.
            let known = known_score(watch.bedside(), time_ms).map(|score| score.lower_band());
            let after = [watch.shown_band(), known];
            rises.shown += u32::from(is_rise(before[0], after[0]));
            rises.undelayed += u32::from(is_rise(before[1], after[1]));
            before = after;
        }
    }
    Ok(rises)
}

fn is_rise(before: Option<Band>, after: Option<Band>) -> bool {
    before.is_some() && after > before && after >= Some(Band::Medium)
}
