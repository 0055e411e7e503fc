//! Plain limits, as the reference: every crossing is an alarm, without delay or hysteresis.

use std::collections::{BTreeMap, BTreeSet};

use vitals_core::domain::{
    decode::{Decoded, Verdict},
    limits,
    patient_context::{PatientContext, VitalLimits},
    vital::Vital,
};

/// The vitals that a monitor alarms on, with a normal value that limits are scaled around.
const NORMAL: [(Vital, f64); 5] = [
    (Vital::HeartRate, 80.0),
    (Vital::Spo2, 97.0),
    (Vital::RespiratoryRate, 16.0),
    (Vital::Systolic, 125.0),
    (Vital::Temperature, 37.0),
];

/// The patient's limits with their distances from normal values times `factor`, as a ward would
/// set them for this patient. The watch gets the same ones.
pub(crate) fn scaled_limits(
    context: &PatientContext,
    now_ms: i64,
    factor: f64,
) -> BTreeMap<Vital, VitalLimits> {
    let mut scaled = BTreeMap::new();
    for (vital, normal) in NORMAL {
        let adult = limits::adult(vital);
        let own = limits::of_patient(context, vital, now_ms).unwrap_or(adult);
        let normal = normal_for(own, adult, normal);
        let scale = |limit: f64| normal + factor * (limit - normal);
        scaled.insert(vital, VitalLimits { low: own.low.map(scale), high: own.high.map(scale) });
    }
    scaled
}

/// The value that a patient's `own` limits are scaled around. It moves with the limits from that of
/// an `adult`.
fn normal_for(own: VitalLimits, adult: VitalLimits, normal: f64) -> f64 {
    match (own.low.zip(own.high), own.low.zip(adult.low)) {
        _ if own == adult => normal,
        (Some((low, high)), _) => f64::midpoint(low, high),
        (None, Some((low, adult))) => normal + low - adult,
        (None, None) => normal,
    }
}

/// Plain limits of one patient.
#[derive(Debug)]
pub(crate) struct PlainLimits {
    limits: BTreeMap<Vital, VitalLimits>,
    /// The vitals beyond a limit.
    beyond: BTreeSet<Vital>,
}

impl PlainLimits {
    pub(crate) fn new(limits: BTreeMap<Vital, VitalLimits>) -> Self {
        Self { limits, beyond: BTreeSet::new() }
    }

    /// The number of limits that the reading's values have newly crossed.
    pub(crate) fn crossed(&mut self, decoded: &Decoded<'_>) -> u32 {
        let mut crossed = 0;
        for (vital, VitalLimits { low, high }) in &self.limits {
            let Verdict::Measured(value) = decoded.verdict(*vital) else { continue };
            let value = vital.round(value);
            // One alarm until the value is back: as a monitor without delays does.
            if low.is_some_and(|low| value < low) || high.is_some_and(|high| value > high) {
                crossed += u32::from(self.beyond.insert(*vital));
            } else {
                self.beyond.remove(vital);
            }
        }
        crossed
    }
}

#[cfg(test)]
mod tests {
    use vitals_core::domain::{decode::decode, patient_context::Spo2Prescription};

    use super::*;

    fn limits(context: &PatientContext, vital: Vital, factor: f64) -> (Option<f64>, Option<f64>) {
        let limits = scaled_limits(context, 0, factor)[&vital];
        (limits.low, limits.high)
    }

    #[test]
    fn limits_are_scaled_around_the_values_that_are_normal_for_the_patient() {
        let adult = PatientContext::default();
        assert_eq!(limits(&adult, Vital::HeartRate, 1.0), (Some(50.0), Some(120.0)));
        assert_eq!(limits(&adult, Vital::HeartRate, 1.5), (Some(35.0), Some(140.0)));
        assert_eq!(limits(&adult, Vital::Spo2, 2.0), (Some(83.0), None));
        let spo2 = Spo2Prescription { scale: 2, by: "b".into(), at_ms: 0, reason: "r".into() };
        let copd = PatientContext { spo2: Some(spo2), ..PatientContext::default() };
        assert_eq!(limits(&copd, Vital::Spo2, 1.0), (Some(86.0), None));
        assert_eq!(limits(&copd, Vital::Spo2, 2.0), (Some(79.0), None));
        let child =
            PatientContext { birth_date: Some("1969-06-01".into()), ..PatientContext::default() };
        assert_eq!(limits(&child, Vital::HeartRate, 1.0), (Some(81.0), Some(169.0)));
        assert_eq!(limits(&child, Vital::HeartRate, 2.0), (Some(37.0), Some(213.0)));
    }

    #[test]
    fn every_crossing_counts_once_until_the_value_is_back() {
        let mut plain = PlainLimits::new(scaled_limits(&PatientContext::default(), 0, 1.0));
        let crossings = [119, 121, 130, 120, 121, 49].map(|rate| {
            let json = format!(r#"{{"patient_id":"p","timestamp":0,"heart_rate":{rate}}}"#);
            let decoded = decode(json.as_bytes(), Some(0), &Default::default()).unwrap();
            plain.crossed(&decoded)
        });
        assert_eq!(crossings, [0, 1, 0, 0, 1, 0]);
    }
}
