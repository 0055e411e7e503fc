//! Messages that the network holds back.

use std::{borrow::Cow, collections::BTreeMap};

use vitals_core::domain::reading::Reading;

/// Readings with the simulated time at which they arrive, ms since the start.
#[derive(Debug, Default)]
pub(super) struct Delayed {
    readings: BTreeMap<(i64, u64), Reading<'static>>,
    /// Distinguishes readings that arrive at the same time.
    next: u64,
}

impl Delayed {
    /// Holds `reading` back until `until_ms`.
    pub(super) fn hold(&mut self, reading: &Reading<'_>, until_ms: i64) {
        self.readings.insert((until_ms, self.next), owned(reading));
        self.next += 1;
    }

    /// The first reading that arrives until `now_ms`, with its time.
    pub(super) fn arrived(&mut self, now_ms: i64) -> Option<(i64, Reading<'static>)> {
        let entry = self.readings.first_entry().filter(|entry| entry.key().0 <= now_ms)?;
        let ((at_ms, _), reading) = entry.remove_entry();
        Some((at_ms, reading))
    }
}

fn owned(reading: &Reading<'_>) -> Reading<'static> {
    Reading {
        patient_id: Cow::Owned(reading.patient_id.clone().into_owned()),
        time_ms: reading.time_ms,
        vitals: reading.vitals,
        supplemental_oxygen: reading.supplemental_oxygen,
        consciousness: reading.consciousness,
        device_id: owned_text(reading.device_id.as_ref()),
        sequence: reading.sequence,
        ward: owned_text(reading.ward.as_ref()),
        bed: owned_text(reading.bed.as_ref()),
    }
}

fn owned_text(text: Option<&Cow<'_, str>>) -> Option<Cow<'static, str>> {
    text.map(|text| Cow::Owned(text.clone().into_owned()))
}
