//! The alert limits against which the pages mark values.
//!
//! The limits suit adults on a general ward and are the same for every patient. They are a
//! judgement of this project, set near the values at which NEWS2 begins to score 2 or 3. SpO2
//! alerts below 90 % rather than 92 %: nearly two thirds of a ward's alarms come from that margin.

use vitals_core::domain::vital::Vital;

use crate::wire::{Limits, SHOWN, vital_name};

/// The limits of every shown vital.
#[must_use]
pub fn alert_limits() -> Vec<Limits> {
    SHOWN.into_iter().filter_map(limits_of).collect()
}

fn limits_of(vital: Vital) -> Option<Limits> {
    let plausible = vital.plausibility();
    let (low, high) = low_and_high(vital);
    Some(Limits {
        vital: vital_name(vital)?,
        label: vital.label().to_owned(),
        unit: vital.unit().to_owned(),
        low,
        high,
        plausible_min: plausible.flag_below,
        plausible_max: plausible.flag_above,
        decimals: if vital == Vital::Temperature { 1 } else { 0 },
    })
}

const fn low_and_high(vital: Vital) -> (Option<f64>, Option<f64>) {
    match vital {
        Vital::HeartRate | Vital::Pulse => (Some(50.0), Some(120.0)),
        Vital::Spo2 => (Some(90.0), None),
        Vital::Systolic => (Some(90.0), Some(180.0)),
        Vital::Diastolic => (Some(50.0), Some(110.0)),
        Vital::MeanPressure => (Some(65.0), Some(130.0)),
        Vital::RespiratoryRate => (Some(9.0), Some(24.0)),
        Vital::Temperature => (Some(35.1), Some(39.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_lie_within_the_plausible_range() {
        for limits in alert_limits() {
            let low = limits.low.unwrap_or(limits.plausible_min);
            let high = limits.high.unwrap_or(limits.plausible_max);
            assert!(limits.plausible_min <= low && low < high, "{limits:?}");
            assert!(high <= limits.plausible_max, "{limits:?}");
        }
    }
}
