//! Plain limits, as the reference: every crossing is an alarm, without delay or hysteresis.

use vitals_core::domain::{
    decode::{Decoded, Verdict},
    limits,
    patient_context::{PatientContext, VitalLimits},
    vital::Vital,
};

/// The vitals that a monitor alarms on, with a normal value that limits are scaled around.
pub(crate) const NORMAL: [(Vital, f64); 5] = [
    (Vital::HeartRate, 80.0),
    (Vital::Spo2, 97.0),
    (Vital::RespiratoryRate, 16.0),
    (Vital::Systolic, 125.0),
    (Vital::Temperature, 37.0),
];

/// The distance of `limit` from the `normal` value, times `factor`.
pub(crate) fn scaled(limit: Option<f64>, normal: f64, factor: f64) -> Option<f64> {
    limit.map(|limit| normal + factor * (limit - normal))
}

/// Plain limits of one patient.
#[derive(Debug)]
pub(crate) struct PlainLimits {
    limits: [VitalLimits; NORMAL.len()],
    beyond: [bool; NORMAL.len()],
}

impl PlainLimits {
    /// The patient's limits with their distances from normal values times `factor`.
    pub(crate) fn new(context: &PatientContext, now_ms: i64, factor: f64) -> Self {
        let limits = NORMAL.map(|(vital, normal)| {
            let own = limits::of_patient(context, vital, now_ms);
            let VitalLimits { low, high } = own.unwrap_or_else(|| limits::adult(vital));
            // The values of a child are scaled around the middle of its own range.
            let normal = own.and_then(|own| Some((own.low? + own.high?) / 2.0)).unwrap_or(normal);
            VitalLimits { low: scaled(low, normal, factor), high: scaled(high, normal, factor) }
        });
        Self { limits, beyond: [false; NORMAL.len()] }
    }

    /// The number of limits that the reading's values have newly crossed.
    pub(crate) fn crossed(&mut self, decoded: &Decoded<'_>) -> u32 {
        let mut crossed = 0;
        for (index, (vital, _)) in NORMAL.into_iter().enumerate() {
            let Verdict::Measured(value) = decoded.verdict(vital) else { continue };
            let value = vital.round(value);
            let VitalLimits { low, high } = self.limits[index];
            let beyond =
                low.is_some_and(|low| value < low) || high.is_some_and(|high| value > high);
            crossed += u32::from(beyond && !self.beyond[index]);
            self.beyond[index] = beyond;
        }
        crossed
    }
}
