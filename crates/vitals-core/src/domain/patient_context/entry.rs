//! Checks of a context that a person enters.
//!
//! A context on the topic is accepted without them: a prescription must not be lost because a text
//! beside it is too long. What is entered now can be corrected at once.

use super::{AgeGroup, PatientContext, context::ADULT_MONTHS};
use crate::domain::{decode::MAX_TEXT_BYTES, vital::Vital};

/// Maximum length of a name or a reason, bytes.
pub const MAX_CONTEXT_TEXT_BYTES: usize = 512;

/// The longest life on record is 122 years.
const MAX_AGE_MONTHS: i32 = 130 * 12;

/// Checks a context that is entered at `now_ms`.
///
/// # Errors
/// Names the first value that can't be right: a date of birth in the future or more than 130 years
/// ago, an age group that contradicts it, limits that no value can meet, or a text that is too long.
pub fn check_entry(context: &PatientContext, now_ms: i64) -> Result<(), String> {
    context.validate()?;
    check_age(context, now_ms)?;
    for (vital, limits) in &context.limits {
        check_limits(*vital, limits.low, limits.high)?;
    }
    let prescription = context.spo2.as_ref();
    let texts = [
        ("patient_id", Some(&context.patient_id), MAX_TEXT_BYTES),
        ("spo2.by", prescription.map(|spo2| &spo2.by), MAX_CONTEXT_TEXT_BYTES),
        ("spo2.reason", prescription.map(|spo2| &spo2.reason), MAX_CONTEXT_TEXT_BYTES),
        ("ward", context.ward.as_ref(), MAX_TEXT_BYTES),
        ("bed", context.bed.as_ref(), MAX_TEXT_BYTES),
        ("merged_into", context.merged_into.as_ref(), MAX_TEXT_BYTES),
    ];
    for (field, text, max) in texts {
        let Some(text) = text else { continue };
        if text.len() > max {
            return Err(format!("{field} has {} bytes, the maximum is {max}", text.len()));
        }
        // These texts appear in terminals and logs, too.
        if text.chars().any(char::is_control) {
            return Err(format!("{field} has a control character"));
        }
    }
    Ok(())
}

fn check_age(context: &PatientContext, now_ms: i64) -> Result<(), String> {
    let Some(months) = context.age_months(now_ms) else { return Ok(()) };
    if months < 0 {
        return Err("birth_date is in the future".to_owned());
    }
    if months > MAX_AGE_MONTHS {
        return Err("birth_date is more than 130 years ago".to_owned());
    }
    let by_date = if months < ADULT_MONTHS { AgeGroup::Child } else { AgeGroup::Adult };
    if context.age_group.is_some_and(|group| group != by_date) {
        let name = by_date.name();
        return Err(format!("age_group contradicts birth_date, by which the patient is {name}"));
    }
    Ok(())
}

fn check_limits(vital: Vital, low: Option<f64>, high: Option<f64>) -> Result<(), String> {
    let name = vital.name();
    if [low, high].into_iter().flatten().any(|limit| !limit.is_finite()) {
        return Err(format!("limits.{name} is not a number"));
    }
    match (low, high) {
        (Some(low), Some(high)) if low >= high => {
            Err(format!("limits.{name}: low is not below high"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::patient_context::{Spo2Prescription, VitalLimits};

    /// 2025-11-22 12:00 UTC.
    const NOW: i64 = 1_763_812_800_000;

    fn context() -> PatientContext {
        PatientContext { patient_id: "p".to_owned(), ..PatientContext::default() }
    }

    fn born(date: &str, age_group: Option<AgeGroup>) -> PatientContext {
        PatientContext { birth_date: Some(date.to_owned()), age_group, ..context() }
    }

    #[test]
    fn values_that_can_not_be_right_are_refused_by_name() {
        let long = "x".repeat(MAX_CONTEXT_TEXT_BYTES + 1);
        let prescribed = |by: &str, reason: &str| PatientContext {
            spo2: Some(Spo2Prescription {
                scale: 2,
                by: by.to_owned(),
                at_ms: 1,
                reason: reason.to_owned(),
            }),
            ..context()
        };
        let limited = |low, high| {
            let limits = [(Vital::HeartRate, VitalLimits { low, high })].into();
            PatientContext { limits, ..context() }
        };
        let cases = [
            (born("2025-11-23", None), "birth_date is in the future"),
            (born("1890-01-01", None), "birth_date is more than"),
            (born("1950-01-01", Some(AgeGroup::Child)), "age_group contradicts"),
            (born("2020-01-01", Some(AgeGroup::Adult)), "age_group contradicts"),
            (PatientContext { patient_id: long.clone(), ..context() }, "patient_id has 513 bytes"),
            (prescribed(&long, ""), "spo2.by"),
            (prescribed("Novak", &long), "spo2.reason"),
            (PatientContext { ward: Some(long.clone()), ..context() }, "ward"),
            (PatientContext { bed: Some("4\n5".to_owned()), ..context() }, "bed has a control"),
            (PatientContext { merged_into: Some(long), ..context() }, "merged_into"),
            (limited(Some(120.0), Some(60.0)), "limits.heart_rate: low is not below high"),
            (limited(Some(f64::NAN), None), "limits.heart_rate is not a number"),
        ];
        for (context, expected) in cases {
            let error = check_entry(&context, NOW).unwrap_err();
            assert!(error.starts_with(expected), "{error}, expected {expected}");
        }
    }

    #[test]
    fn possible_values_are_accepted() {
        let cases = [
            context(),
            born("2025-11-22", None),
            born("1950-01-01", Some(AgeGroup::Adult)),
            born("2020-01-01", Some(AgeGroup::Child)),
            PatientContext { ward: Some("Säuglinge".to_owned()), ..context() },
        ];
        for context in cases {
            assert_eq!(check_entry(&context, NOW), Ok(()), "{context:?}");
        }
    }
}
