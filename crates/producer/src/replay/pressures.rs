//! Pressures of an arterial line and of a cuff, of which a reading has one.

use vitals_core::domain::{reading::Vitals, vital::Vital};

use super::mapping::PressureSource;

const PRESSURES: [Vital; 3] = [Vital::Systolic, Vital::Diastolic, Vital::MeanPressure];

/// Pressures of one line by source: systolic, diastolic, mean.
#[derive(Debug, Default)]
pub(super) struct Pressures {
    arterial: [Option<f64>; 3],
    cuff: [Option<f64>; 3],
}

impl Pressures {
    /// Adds the pressures of another line of the same time, which prevail.
    pub(super) fn merge(&mut self, later: &Self) {
        for (into, from) in [(&mut self.arterial, later.arterial), (&mut self.cuff, later.cuff)] {
            for (into, from) in into.iter_mut().zip(from) {
                *into = from.or(*into);
            }
        }
    }

    /// Adds a pressure. Zero is none.
    pub(super) fn set(&mut self, source: PressureSource, vital: Vital, value: f64) {
        let values = match source {
            PressureSource::Arterial => &mut self.arterial,
            PressureSource::Cuff => &mut self.cuff,
        };
        for (slot, known) in values.iter_mut().zip(PRESSURES) {
            if known == vital && value != 0.0 {
                *slot = Some(value);
            }
        }
    }

    /// Sets the pressures of one source: those of the arterial line if they are complete or the
    /// cuff has none.
    pub(super) fn apply(&self, vitals: &mut Vitals) {
        // Never mixed: a systolic pressure of one source and a diastolic one of another are no
        // pair.
        let is_complete = matches!(self.arterial, [Some(_), Some(_), _]);
        let has_cuff = self.cuff.iter().any(Option::is_some);
        let chosen = if is_complete || !has_cuff { &self.arterial } else { &self.cuff };
        for (vital, value) in PRESSURES.into_iter().zip(chosen) {
            if value.is_some() {
                vitals.set(vital, *value);
            }
        }
    }
}
