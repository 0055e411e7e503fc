//! A history query and its validation.

use vitals_core::domain::vital::Vital;

/// The minimum of [`HistoryQuery::points`]: any range can touch two buckets.
pub const MIN_POINTS: usize = 2;

/// The maximum of [`HistoryQuery::points`].
pub const MAX_POINTS: usize = 2000;

/// The latest time of a query: the end of the year 9999, ms since the epoch.
pub const MAX_TIME_MS: i64 = 253_402_300_800_000;

/// A query for the vitals of one patient from `from_ms` to `to_ms`, exclusive, on the server's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryQuery<'a> {
    /// The patient.
    pub patient_id: &'a str,
    /// The start of the range, ms since the epoch.
    pub from_ms: i64,
    /// The end of the range, exclusive, ms since the epoch.
    pub to_ms: i64,
    /// The maximum number of buckets in the response, from [`MIN_POINTS`] to [`MAX_POINTS`].
    pub points: usize,
    /// The vitals in the response.
    pub vitals: &'a [Vital],
    /// The device whose readings count; `None` for all, whose values are averaged together.
    pub device: Option<&'a str>,
}

/// A field of a query with an invalid value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct InvalidQuery {
    /// `from_ms`, `to_ms` or `points`.
    pub field: &'static str,
    /// The violated condition, as a message that follows the field's name.
    pub problem: String,
}

impl InvalidQuery {
    fn new(field: &'static str, problem: impl Into<String>) -> Self {
        Self { field, problem: problem.into() }
    }
}

impl HistoryQuery<'_> {
    /// Validates the range and the number of points.
    ///
    /// # Errors
    /// The first invalid field.
    pub fn validate(&self) -> Result<(), InvalidQuery> {
        let Self { from_ms, to_ms, points, .. } = *self;
        for (field, time_ms) in [("from_ms", from_ms), ("to_ms", to_ms)] {
            if !(0..=MAX_TIME_MS).contains(&time_ms) {
                return Err(InvalidQuery::new(
                    field,
                    "is not a time between the years 1970 and 9999",
                ));
            }
        }
        if to_ms <= from_ms {
            return Err(InvalidQuery::new("to_ms", "is not after from_ms"));
        }
        if !(MIN_POINTS..=MAX_POINTS).contains(&points) {
            let problem = format!("is not between {MIN_POINTS} and {MAX_POINTS}");
            return Err(InvalidQuery::new("points", problem));
        }
        Ok(())
    }
}
