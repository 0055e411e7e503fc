//! The tally of readings from the lake.

use std::collections::{BTreeSet, HashMap};

use vitals_core::domain::{bedside::Patient, decode::Decoded, patient_context::PatientContext};

use super::{
    sample::{GAP_LIMIT_MS, Sample},
    tally::Tally,
};
use crate::wire::SHOWN;

/// Resolution of durations: the state at the end of a step holds for the whole step.
const STEP_MS: i64 = 10_000;

/// The latest readings of clocks ahead that a patient's replay remembers.
const MAX_AHEAD: usize = 16_384;

/// Replays readings that come ordered by patient and time.
#[derive(Debug)]
pub struct Replay<'a> {
    tally: Tally,
    contexts: &'a HashMap<String, PatientContext>,
    ward: Option<&'a str>,
    /// End of the period, exclusive.
    to_ms: i64,
    current: Option<Current>,
}

/// The patient whose readings are being replayed.
#[derive(Debug)]
struct Current {
    id: String,
    bedside: Patient,
    /// End of the step that has not been counted yet.
    step_end_ms: i64,
    last_ms: i64,
    identity: Identity,
    /// Readings of clocks ahead, which are placed at their arrival: those sent again do not follow
    /// the first one.
    ahead: BTreeSet<Identity>,
    /// The vitals of the reading with this identity that are counted.
    counted: [bool; SHOWN.len()],
}

/// Time as sent, device and sequence: equal ones are the same reading, sent again.
type Identity = (i64, Option<String>, Option<i64>);

impl Current {
    /// Remembers a reading of a clock ahead.
    fn remember(&mut self, identity: Identity) {
        self.ahead.insert(identity);
        if self.ahead.len() > MAX_AHEAD {
            self.ahead.pop_first();
        }
    }
}

impl<'a> Replay<'a> {
    /// A replay up to `to_ms` under the present contexts. A reading counts for `ward` if it names it,
    /// or names none and the patient's context does.
    #[must_use]
    pub fn new(
        contexts: &'a HashMap<String, PatientContext>,
        ward: Option<&'a str>,
        to_ms: i64,
    ) -> Self {
        Self { tally: Tally::default(), contexts, ward, to_ms, current: None }
    }

    /// Adds the next reading.
    pub fn add(&mut self, decoded: &Decoded<'_>) {
        if !self.is_of_ward(decoded) {
            return;
        }
        let reading = &decoded.reading;
        let time_ms = reading.time_ms;
        let mut current = match self.current.take() {
            Some(current) if current.id == *reading.patient_id => current,
            other => {
                self.finish_patient(other);
                self.start_patient(&reading.patient_id, time_ms)
            }
        };
        let sent_ms = decoded.device_time_ms.unwrap_or(time_ms);
        let identity = (sent_ms, reading.device_id.as_deref().map(Into::into), reading.sequence);
        if identity != current.identity && current.ahead.contains(&identity) {
            self.current = Some(current);
            return;
        }
        // The time up to this reading counts with the values from before it.
        self.advance(&mut current, time_ms);

        // A reading that was sent again counts once, and adds only values that the first one
        // lacked.
        if identity != current.identity {
            if decoded.device_time_ms.is_some() {
                current.remember(identity.clone());
            }
            current.identity = identity;
            current.counted = [false; SHOWN.len()];
            self.tally.add_row(&reading.patient_id, time_ms);
            self.tally.add_refused(decoded);
        }
        self.tally.add_values(decoded, &mut current.counted);
        current.bedside.apply(decoded, time_ms);
        current.last_ms = time_ms;
        self.current = Some(current);
    }

    /// The tally of all readings.
    #[must_use]
    pub fn finish(mut self) -> Tally {
        let current = self.current.take();
        self.finish_patient(current);
        self.tally
    }

    fn is_of_ward(&self, decoded: &Decoded<'_>) -> bool {
        let Some(wanted) = self.ward else { return true };
        let reading = &decoded.reading;
        let assigned = || self.contexts.get(&*reading.patient_id)?.ward.as_deref();
        reading.ward.as_deref().or_else(assigned) == Some(wanted)
    }

    fn start_patient(&self, id: &str, time_ms: i64) -> Current {
        let mut bedside = Patient::default();
        bedside.set_context(self.contexts.get(id).cloned());
        Current {
            id: id.to_owned(),
            bedside,
            step_end_ms: step_end_ms(time_ms),
            last_ms: time_ms,
            // Of no reading: times are not negative.
            identity: (i64::MIN, None, None),
            ahead: BTreeSet::new(),
            counted: [false; SHOWN.len()],
        }
    }

    fn finish_patient(&mut self, current: Option<Current>) {
        if let Some(mut current) = current {
            self.advance(&mut current, self.to_ms);
        }
    }

    /// Counts the steps that end by `time_ms`, except those without a reading in the gap limit.
    fn advance(&mut self, current: &mut Current, time_ms: i64) {
        // After a longer gap the patient is not monitored, and the steps are skipped.
        let monitored_ms = time_ms.min(current.last_ms.saturating_add(GAP_LIMIT_MS));
        while current.step_end_ms <= monitored_ms {
            let sample = Sample::of(&current.bedside, current.step_end_ms);
            self.tally.hold(&sample, STEP_MS);
            current.step_end_ms += STEP_MS;
        }
        if current.step_end_ms <= time_ms {
            current.step_end_ms = step_end_ms(time_ms);
        }
    }
}

const fn step_end_ms(time_ms: i64) -> i64 {
    (time_ms.div_euclid(STEP_MS) + 1) * STEP_MS
}
