//! Times at the ends of their type: messages may carry any.

use proptest::{collection::vec, prelude::*};
use serde_json::json;
use vitals_core::domain::patient_context::PatientContext;

use super::*;
use crate::testing::any_time;

const T: i64 = 1_763_812_800_000;

fn time() -> impl Strategy<Value = i64> {
    any_time(T - 60_000..T)
}

/// The state of patient `id` on topic `patient-status`.
fn watched(time_ms: i64) -> Watched {
    let state = json!({"at_ms": time_ms, "last_arrival_ms": time_ms, "score": {"shown_band": "low"},
        "alarms": [{"id": "p/news2/5", "rule": "news2", "priority": "medium", "onset_ms": time_ms,
        "raised_ms": time_ms, "text": "NEWS2 5"}]});
    Watched::parse(state.to_string().as_bytes()).unwrap()
}

proptest! {
    /// The times of one patient neither end the dashboard nor change another patient.
    #[test]
    fn no_time_of_a_patient_reaches_another_one(
        // Measured time and arrival. No reading arrives in the future.
        steps in vec((time(), time()), 1..20),
        status_ms in time(),
        admitted_ms in time(),
    ) {
        let now_ms = T + 1_000;
        let mut ward = ward();
        ward.apply(&reading("q", T, &[(Vital::HeartRate, 80.0)]), T, T);
        let expected = ward.states(now_ms, Some("q"));
        let samples = |ward: &Ward| ward.samples(now_ms, 60_000).count();
        for (measured_ms, arrival_ms) in steps {
            let decoded = reading("p", measured_ms, &[(Vital::HeartRate, 140.0)]);
            let arrival_ms = arrival_ms.min(T);
            ward.apply(&decoded, arrival_ms, T);
            ward.restore(&decoded, arrival_ms);
            prop_assert!((1..=2).contains(&samples(&ward)));
        }
        ward.set_watched("p", Some(watched(status_ms)));
        let admitted = PatientContext { admitted_ms: Some(admitted_ms), ..PatientContext::default() };
        ward.set_context("p", Some(admitted.arrived(T)));
        ward.apply(&reading("p", T, &[(Vital::HeartRate, 141.0)]), T, T);
        prop_assert_eq!(ward.states(now_ms, Some("p")).len(), 1);
        ward.take_changes(now_ms);
        prop_assert_eq!(ward.states(now_ms, Some("q")), expected);
        prop_assert_eq!(ward.last_arrival_ms(), Some(T));
        prop_assert_eq!(ward.len(), 2);
    }
}
