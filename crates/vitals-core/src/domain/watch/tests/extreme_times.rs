//! Times at the ends of their type: messages may carry any.

use proptest::{collection::vec, prelude::*};

use super::*;
use crate::domain::bedside::{Patient, assess, conditions, expires_ms};

const DEVICES: [&str; 3] = ["mon-1", "mon-2", "mon-3"];
const VALUES: [(Vital, f64); 5] = [
    (Vital::HeartRate, 140.0),
    (Vital::Pulse, 60.0),
    (Vital::Spo2, 84.0),
    (Vital::Systolic, 0.0),
    (Vital::RespiratoryRate, 30.0),
];

fn time() -> impl Strategy<Value = i64> {
    prop_oneof![
        2 => Just(i64::MIN), 2 => Just(i64::MAX), 1 => any::<i64>(), 3 => T - MINUTE..T + MINUTE,
    ]
}

/// Measured time, arrival, device, and the values that are sent.
type Step = (i64, i64, usize, Vec<bool>);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    vec((time(), time(), 0..DEVICES.len(), vec(any::<bool>(), VALUES.len())), 1..20)
}

fn decoded((measured_ms, _, device, kept): &Step) -> Decoded<'static> {
    let values: Vec<_> =
        VALUES.into_iter().zip(kept).filter(|(_, kept)| **kept).map(|(value, _)| value).collect();
    let mut decoded = reading(*measured_ms, &values);
    decoded.reading.device_id = Some(DEVICES[*device].into());
    decoded
}

proptest! {
    #[test]
    fn no_time_overflows_at_the_bedside(steps in steps(), now_ms in time()) {
        let mut patient = Patient::default();
        for step in &steps {
            patient.apply(&decoded(step), step.1);
        }
        let _results =
            (assess(&patient, now_ms), expires_ms(&patient, now_ms), conditions(&patient));
    }

    /// The consumer replaces an arrival that is far ahead of its clock.
    #[test]
    fn no_time_overflows_in_the_watch(steps in steps(), now_ms in time()) {
        let mut bed = Bed::new();
        for step in &steps {
            bed.watch.apply_reading(&decoded(step), step.1.min(T + MINUTE), &mut bed.events);
        }
        let context = PatientContext { admitted_ms: Some(now_ms), ..PatientContext::default() };
        bed.watch.apply_context(Some(&context), now_ms, &mut bed.events);
        bed.advance(T + 60 * MINUTE);
    }
}
