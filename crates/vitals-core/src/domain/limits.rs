//! Alert limits of each vital: those of adults, of children by age, and of one patient.
//!
//! The limits of adults suit a general ward. They are a judgement of this project, set near the
//! values at which NEWS2 begins to score 2 or 3. SpO2 alerts below 90 % rather than 92 %: nearly
//! two thirds of a ward's alarms come from that margin.
//!
//! Children have limits by age, at the values that score 2 in the Bedside PEWS (Parshuram et al.,
//! Critical Care 2009, 13:R135). Individual limits of the patient's context replace both.

use super::{
    news2::Spo2Scale,
    patient_context::{PatientContext, VitalLimits},
    vital::Vital,
};

/// SpO2 limit on scale 2: below the target range of 88-92 %, where NEWS2 begins to score 2.
const SCALE_2_LOW: f64 = 86.0;

/// Limits of a child: upper end of the age in months, exclusive, then lowest and highest normal
/// heart rate, systolic pressure and respiratory rate.
type ChildRow = (i32, [(f64, f64); 3]);

#[rustfmt::skip]
const CHILDREN: [ChildRow; 5] = [
    (3,        [(91.0, 179.0), (51.0,  99.0), (20.0, 80.0)]),
    (12,       [(81.0, 169.0), (71.0, 119.0), (20.0, 70.0)]),
    (5 * 12,   [(71.0, 149.0), (76.0, 124.0), (16.0, 60.0)]),
    (13 * 12,  [(61.0, 129.0), (81.0, 139.0), (15.0, 40.0)]),
    (16 * 12,  [(51.0, 119.0), (86.0, 149.0), (11.0, 22.0)]),
];

/// No limits, for a vital whose normal values are unknown.
const NONE: VitalLimits = VitalLimits { low: None, high: None };

/// The limits of `vital` for adults.
#[must_use]
pub const fn adult(vital: Vital) -> VitalLimits {
    let (low, high) = match vital {
        Vital::HeartRate | Vital::Pulse => (Some(50.0), Some(120.0)),
        Vital::Spo2 => (Some(90.0), None),
        Vital::Systolic => (Some(90.0), Some(180.0)),
        Vital::Diastolic => (Some(50.0), Some(110.0)),
        Vital::MeanPressure => (Some(65.0), Some(130.0)),
        Vital::RespiratoryRate => (Some(9.0), Some(24.0)),
        Vital::Temperature => (Some(35.1), Some(39.0)),
    };
    VitalLimits { low, high }
}

/// The limits of `vital` by the patient's age, SpO2 scale or context, where they replace those of
/// every adult; `None` if they do not. The limits of a child of unknown age, and those of a child's
/// diastolic and mean pressure, are unknown.
#[must_use]
pub fn of_patient(context: &PatientContext, vital: Vital, now_ms: i64) -> Option<VitalLimits> {
    // The limits that were set for this patient come before every general rule.
    if let Some(individual) = context.limits.get(&vital) {
        return Some(*individual);
    }
    // Scale 2 is prescribed where 88 to 92 % is the target: the limits of other patients would
    // alarm at the intended saturation.
    if vital == Vital::Spo2 && context.spo2_scale() == Spo2Scale::Two {
        return Some(VitalLimits { low: Some(SCALE_2_LOW), high: None });
    }
    if !context.is_child(now_ms) {
        return None;
    }
    let Some(index) = child_index(vital) else {
        let is_unknown = matches!(vital, Vital::Diastolic | Vital::MeanPressure);
        return is_unknown.then_some(NONE);
    };
    let age_months = context.age_months(now_ms);
    // A child of unknown age has no limits: those of another age would be wrong.
    let row = CHILDREN.iter().find(|(end, _)| age_months.is_some_and(|age| age < *end));
    Some(row.map_or(NONE, |(_, values)| {
        let (low, high) = values[index];
        VitalLimits { low: Some(low), high: Some(high) }
    }))
}

/// The widest limits of children of any age; those of adults where children have none of their own.
/// None for diastolic and mean pressure.
#[must_use]
pub fn of_every_child(vital: Vital) -> VitalLimits {
    let Some(index) = child_index(vital) else {
        let is_unknown = matches!(vital, Vital::Diastolic | Vital::MeanPressure);
        return if is_unknown { NONE } else { adult(vital) };
    };
    let values = CHILDREN.iter().map(|(_, values)| values[index]);
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |widest, own| {
        (widest.0.min(own.0), widest.1.max(own.1))
    });
    VitalLimits { low: Some(low), high: Some(high) }
}

/// The index of a vital's values in a [`ChildRow`].
const fn child_index(vital: Vital) -> Option<usize> {
    match vital {
        Vital::HeartRate | Vital::Pulse => Some(0),
        Vital::Systolic => Some(1),
        Vital::RespiratoryRate => Some(2),
        Vital::Diastolic | Vital::MeanPressure | Vital::Spo2 | Vital::Temperature => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::vital::VITALS;

    #[test]
    fn limits_of_adults_lie_within_the_plausible_range() {
        for vital in VITALS {
            let (limits, plausible) = (adult(vital), vital.plausibility());
            let low = limits.low.unwrap_or(plausible.flag_below);
            let high = limits.high.unwrap_or(plausible.flag_above);
            assert!(plausible.flag_below <= low && low < high, "{limits:?}");
            assert!(high <= plausible.flag_above, "{limits:?}");
        }
    }

    #[test]
    fn the_limits_of_every_child_are_the_widest_of_all_ages() {
        let limits = |low, high| VitalLimits { low: Some(low), high: Some(high) };
        assert_eq!(of_every_child(Vital::HeartRate), limits(51.0, 179.0));
        assert_eq!(of_every_child(Vital::Systolic), limits(51.0, 149.0));
        assert_eq!(of_every_child(Vital::RespiratoryRate), limits(11.0, 80.0));
        assert_eq!(of_every_child(Vital::Spo2), adult(Vital::Spo2));
        assert_eq!(of_every_child(Vital::Diastolic), NONE);
    }
}
