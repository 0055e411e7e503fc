//! The alert limits against which the pages mark values: those of [`vitals_core::domain::limits`].

use std::collections::BTreeMap;

use vitals_core::domain::{
    limits,
    patient_context::{PatientContext, VitalLimits},
    vital::Vital,
};

use crate::wire::{Limits, SHOWN, ValueLimits, VitalName, vital_name};

/// The limits of one patient where they differ from those of every adult; `None` if none does.
#[must_use]
pub fn limits_of_patient(
    context: &PatientContext,
    now_ms: i64,
) -> Option<BTreeMap<VitalName, ValueLimits>> {
    let limits: BTreeMap<_, _> = SHOWN
        .into_iter()
        .filter_map(|vital| {
            let VitalLimits { low, high } = limits::of_patient(context, vital, now_ms)?;
            Some((vital_name(vital)?, ValueLimits { low, high }))
        })
        .collect();
    if limits.is_empty() { None } else { Some(limits) }
}

/// The limits of every shown vital.
#[must_use]
pub fn alert_limits() -> Vec<Limits> {
    SHOWN.into_iter().filter_map(limits_of).collect()
}

fn limits_of(vital: Vital) -> Option<Limits> {
    let plausible = vital.plausibility();
    let VitalLimits { low, high } = limits::adult(vital);
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
