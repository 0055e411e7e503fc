//! What is known of one patient: of everything the latest, each with its own time.

use vitals_core::domain::{
    decode::Decoded,
    reading::{Consciousness, Reading},
    vital::{VITAL_COUNT, Vital},
};

use super::{
    score::{self, valid},
    trend::Trend,
};
use crate::{
    names::{SHOWN, vital_name},
    wire::{Measured, PatientState, TrendPoint},
};

/// A value and when it was true.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Latest<T> {
    pub(super) value: T,
    pub(super) time_ms: i64,
}

/// Replaces what is known unless that is newer.
fn learn<T>(known: &mut Option<Latest<T>>, value: T, time_ms: i64) {
    if known.as_ref().is_none_or(|known| known.time_ms <= time_ms) {
        *known = Some(Latest { value, time_ms });
    }
}

/// A measured number, and whether it is doubted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Number {
    pub(super) value: f64,
    flagged: bool,
}

/// Ward and bed are one fact: a new ward with the old bed would be a place where nobody lies.
#[derive(Debug, Clone, PartialEq)]
struct Place {
    ward: Option<String>,
    bed: Option<String>,
}

/// One patient.
#[derive(Debug, Default)]
pub(super) struct Patient {
    numbers: [Option<Latest<Number>>; VITAL_COUNT],
    oxygen: Option<Latest<bool>>,
    consciousness: Option<Latest<Consciousness>>,
    place: Option<Latest<Place>>,
    trend: Trend,
    last_time_ms: i64,
    seen_ms: i64,
    readings: u64,
    changed: bool,
    /// After this moment something that was scored is too old.
    scored_until_ms: Option<i64>,
}

impl Patient {
    /// Takes in a reading that arrived at `now_ms`.
    pub(super) fn apply(&mut self, decoded: &Decoded<'_>, now_ms: i64) {
        let Decoded { reading, flags, .. } = decoded;
        let time_ms = reading.time_ms;
        for (vital, value) in reading.vitals.measured() {
            let number = Number { value, flagged: flags.implausible(vital) };
            learn(&mut self.numbers[vital as usize], number, time_ms);
        }
        if let Some(given) = reading.supplemental_oxygen {
            learn(&mut self.oxygen, given, time_ms);
        }
        if let Some(level) = reading.consciousness {
            learn(&mut self.consciousness, level, time_ms);
        }
        self.learn_place(reading);
        self.trend.insert(time_ms, &reading.vitals);
        self.last_time_ms = self.last_time_ms.max(time_ms);
        self.seen_ms = self.seen_ms.max(now_ms);
        self.readings += 1;
        self.changed = true;
    }

    fn learn_place(&mut self, reading: &Reading<'_>) {
        if reading.ward.is_none() && reading.bed.is_none() {
            return;
        }
        let (ward, bed) = (reading.ward.as_deref(), reading.bed.as_deref());
        // Most readings come from where the last one came from.
        if let Some(known) = &mut self.place
            && known.time_ms <= reading.time_ms
            && (known.value.ward.as_deref(), known.value.bed.as_deref()) == (ward, bed)
        {
            known.time_ms = reading.time_ms;
            return;
        }
        let place = Place { ward: ward.map(ToOwned::to_owned), bed: bed.map(ToOwned::to_owned) };
        learn(&mut self.place, place, reading.time_ms);
    }

    /// When the last reading arrived.
    pub(super) const fn seen_ms(&self) -> i64 {
        self.seen_ms
    }

    /// Whether the state is another one than at the last call.
    pub(super) fn take_change(&mut self, now_ms: i64) -> bool {
        let expired = self.scored_until_ms.is_some_and(|until| until < now_ms);
        let changed = std::mem::take(&mut self.changed) || expired;
        if changed {
            self.scored_until_ms = score::valid_until(self, now_ms);
        }
        changed
    }

    /// The points of the sparklines, oldest first.
    pub(super) fn trend(&self) -> Vec<TrendPoint> {
        self.trend.points()
    }

    pub(super) const fn number(&self, vital: Vital) -> Option<&Latest<Number>> {
        self.numbers[vital as usize].as_ref()
    }

    pub(super) const fn oxygen(&self) -> Option<&Latest<bool>> {
        self.oxygen.as_ref()
    }

    pub(super) const fn consciousness(&self) -> Option<&Latest<Consciousness>> {
        self.consciousness.as_ref()
    }

    /// What the pages are told at `now_ms`.
    pub(super) fn state(&self, patient_id: &str, now_ms: i64) -> PatientState {
        let place = self.place.as_ref().map(|place| &place.value);
        let vitals = SHOWN.into_iter().filter_map(|vital| {
            let Latest { value, time_ms } = self.number(vital)?.clone();
            let measured = Measured { value: value.value, time_ms, flagged: value.flagged };
            Some((vital_name(vital)?, measured))
        });
        PatientState {
            patient_id: patient_id.to_owned(),
            ward: place.and_then(|place| place.ward.clone()),
            bed: place.and_then(|place| place.bed.clone()),
            vitals: vitals.collect(),
            // Shown without an age, so not shown at all once they are old.
            supplemental_oxygen: valid(self.oxygen(), score::OBSERVED_MS, now_ms),
            consciousness: valid(self.consciousness(), score::OBSERVED_MS, now_ms).map(Into::into),
            news2: score::news2(self, now_ms),
            last_time_ms: self.last_time_ms,
            readings: self.readings,
        }
    }
}
