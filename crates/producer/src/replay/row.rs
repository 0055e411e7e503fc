//! The values of one patient at one time.

use std::sync::Arc;

use vitals_core::domain::reading::{Consciousness, Reading, Vitals};

/// One reading of the recording.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    /// The first line of its values.
    pub(super) line: u64,
    pub(super) patient_id: Arc<str>,
    /// Time in ms, since the Unix epoch or, if the recording has no dates, since its start.
    pub(super) time_ms: i64,
    pub(super) vitals: Vitals,
    pub(super) supplemental_oxygen: Option<bool>,
    pub(super) consciousness: Option<Consciousness>,
    pub(super) device_id: Option<Arc<str>>,
    pub(super) sequence: Option<i64>,
    pub(super) ward: Option<Arc<str>>,
    pub(super) bed: Option<Arc<str>>,
}

impl Row {
    /// A row without values.
    pub(super) fn new(line: u64, patient_id: Arc<str>, time_ms: i64) -> Self {
        Self {
            line,
            patient_id,
            time_ms,
            vitals: Vitals::default(),
            supplemental_oxygen: None,
            consciousness: None,
            device_id: None,
            sequence: None,
            ward: None,
            bed: None,
        }
    }

    /// The reading at `time_ms`, ms since the Unix epoch. Fields without a recorded value are left
    /// out of the message.
    pub(super) fn reading(&self, time_ms: i64) -> Reading<'_> {
        let mut reading = Reading::new(&self.patient_id, time_ms);
        reading.vitals = self.vitals;
        reading.supplemental_oxygen = self.supplemental_oxygen;
        reading.consciousness = self.consciousness;
        reading.sequence = self.sequence;
        reading.device_id = self.device_id.as_deref().map(Into::into);
        reading.ward = self.ward.as_deref().map(Into::into);
        reading.bed = self.bed.as_deref().map(Into::into);
        reading
    }

    /// Adds the values of another line of the same patient and time, which prevail.
    pub(super) fn merge(&mut self, later: &Self) {
        for (vital, value) in later.vitals.measured() {
            self.vitals.set(vital, Some(value));
        }
        self.supplemental_oxygen = later.supplemental_oxygen.or(self.supplemental_oxygen);
        self.consciousness = later.consciousness.or(self.consciousness);
    }

    /// Returns true if the row has a measurement or an observation.
    pub(super) fn has_value(&self) -> bool {
        self.vitals.measured().next().is_some()
            || self.consciousness.is_some()
            || self.supplemental_oxygen.is_some()
    }
}
