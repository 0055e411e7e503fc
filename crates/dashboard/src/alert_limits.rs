//! The alert limits against which the pages mark values.
//!
//! The limits suit adults on a general ward. They are a judgement of this project, set near the
//! values at which NEWS2 begins to score 2 or 3. SpO2 alerts below 90 % rather than 92 %: nearly
//! two thirds of a ward's alarms come from that margin.
//!
//! Children have limits by age, at the values that score 2 in the Bedside PEWS (Parshuram et al.,
//! Critical Care 2009, 13:R135). Individual limits of the patient's context replace both.

use std::collections::BTreeMap;

use vitals_core::domain::{patient_context::PatientContext, vital::Vital};

use crate::wire::{Limits, SHOWN, ValueLimits, VitalName, vital_name};

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

/// The limits of one patient where they differ from those of every adult; `None` if none does.
#[must_use]
pub fn limits_of_patient(
    context: &PatientContext,
    now_ms: i64,
) -> Option<BTreeMap<VitalName, ValueLimits>> {
    let mut limits = BTreeMap::new();
    if context.is_child(now_ms) {
        let age_months = context.age_months(now_ms);
        let row = CHILDREN.iter().find(|(end, _)| age_months.is_some_and(|age| age < *end));
        let unknown = ValueLimits { low: None, high: None };
        let of = |index: usize| {
            row.map_or(unknown, |(_, values)| {
                let (low, high) = values[index];
                ValueLimits { low: Some(low), high: Some(high) }
            })
        };
        limits.insert(VitalName::HeartRate, of(0));
        limits.insert(VitalName::Pulse, of(0));
        limits.insert(VitalName::Systolic, of(1));
        limits.insert(VitalName::Diastolic, unknown);
        limits.insert(VitalName::RespiratoryRate, of(2));
    }
    for (vital, individual) in &context.limits {
        if let Some(name) = vital_name(*vital) {
            limits.insert(name, ValueLimits { low: individual.low, high: individual.high });
        }
    }
    if limits.is_empty() { None } else { Some(limits) }
}

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

    /// 2025-11-22 12:00 UTC.
    const NOW: i64 = 1_763_812_800_000;

    fn context(fields: &str) -> PatientContext {
        PatientContext::parse(format!("{{\"patient_id\":\"p\",{fields}}}").as_bytes()).unwrap()
    }

    #[test]
    fn children_have_limits_by_age() {
        let heart_rate = |fields: &str| {
            let limits = limits_of_patient(&context(fields), NOW)?;
            Some((limits[&VitalName::HeartRate].low, limits[&VitalName::HeartRate].high))
        };
        let cases = [
            (r#""birth_date":"2025-11-01""#, Some((Some(91.0), Some(179.0)))),
            (r#""birth_date":"2025-08-22""#, Some((Some(81.0), Some(169.0)))),
            (r#""birth_date":"2021-11-22""#, Some((Some(71.0), Some(149.0)))),
            (r#""birth_date":"2013-01-01""#, Some((Some(61.0), Some(129.0)))),
            (r#""birth_date":"2009-11-23""#, Some((Some(51.0), Some(119.0)))),
            (r#""birth_date":"2009-11-22""#, None),
            (r#""age_group":"child""#, Some((None, None))),
            (r#""age_group":"child","limits":{"heart_rate":{"low":90}}"#, Some((Some(90.0), None))),
            (r#""pregnant":true"#, None),
        ];
        for (fields, expected) in cases {
            assert_eq!(heart_rate(fields), expected, "{fields}");
        }
    }

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
