//! The period of a query of the lake.

use std::collections::HashMap;

use vitals_core::runtime::problem::{FieldError, Problem};
use vitals_lake::query::MAX_TIME_MS;

use super::patient_history::{invalid_fields, number};

/// The period from `from_ms` up to, not including, `to_ms`, ms since the epoch. The response to an
/// invalid one also names `errors`, those of the query's other fields.
pub(super) fn period(
    query: &HashMap<String, String>,
    mut errors: Vec<FieldError>,
) -> Result<(i64, i64), Problem> {
    let from_ms = number(query, "from_ms", None, &mut errors);
    let to_ms = number(query, "to_ms", None, &mut errors);
    for (field, time_ms) in [("from_ms", from_ms), ("to_ms", to_ms)] {
        if time_ms.is_some_and(|time_ms| !(0..=MAX_TIME_MS).contains(&time_ms)) {
            let message = "is not a time between the years 1970 and 9999";
            errors.push(FieldError::new(field, message));
        }
    }
    let (Some(from_ms), Some(to_ms), true) = (from_ms, to_ms, errors.is_empty()) else {
        return Err(invalid_fields(errors));
    };
    if to_ms <= from_ms {
        return Err(invalid_fields(vec![FieldError::new("to_ms", "is not after from_ms")]));
    }
    Ok((from_ms, to_ms))
}
