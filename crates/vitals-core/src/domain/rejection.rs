//! Why a message is not archived as what its topic is for.

use serde::{Deserialize, Serialize};

/// The kind of defect; its [`code`](Reason::code) is stored in the lake, counted in
/// `/metrics` and sent in the header of the copy on the topic of rejected messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The message has no value (a tombstone) or an empty one.
    Empty,
    /// Larger than such a message can be.
    TooLarge,
    /// Not UTF-8 or not JSON.
    NotJson,
    /// JSON, but not an object.
    NotAnObject,
    /// A field has another type than the contract says.
    WrongType,
    /// A field is there twice.
    DuplicateField,
    /// A field that must be there is missing or empty, of a reading `patient_id` or `timestamp`.
    MissingField,
    /// No vital at all.
    NoVital,
    /// `timestamp` can't be read.
    InvalidTimestamp,
    /// `timestamp` lies far in the future.
    FutureTimestamp,
    /// A vital is one of the numbers that devices send for "no value".
    Sentinel,
    /// A vital lies outside what can be measured, or a number outside what it can be.
    OutOfRange,
    /// Diastolic pressure at or above systolic pressure.
    PressureInverted,
    /// A field that a prediction does not have. (Readings may have more than is known.)
    UnknownField,
    /// Fields of a prediction that contradict each other.
    Inconsistent,
}

/// Every reason.
pub const REASONS: [Reason; 15] = [
    Reason::Empty,
    Reason::TooLarge,
    Reason::NotJson,
    Reason::NotAnObject,
    Reason::WrongType,
    Reason::DuplicateField,
    Reason::MissingField,
    Reason::NoVital,
    Reason::InvalidTimestamp,
    Reason::FutureTimestamp,
    Reason::Sentinel,
    Reason::OutOfRange,
    Reason::PressureInverted,
    Reason::UnknownField,
    Reason::Inconsistent,
];

impl Reason {
    /// The stable code, for example `out_of_range`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLarge => "too_large",
            Self::NotJson => "not_json",
            Self::NotAnObject => "not_an_object",
            Self::WrongType => "wrong_type",
            Self::DuplicateField => "duplicate_field",
            Self::MissingField => "missing_field",
            Self::NoVital => "no_vital",
            Self::InvalidTimestamp => "invalid_timestamp",
            Self::FutureTimestamp => "future_timestamp",
            Self::Sentinel => "sentinel",
            Self::OutOfRange => "out_of_range",
            Self::PressureInverted => "pressure_inverted",
            Self::UnknownField => "unknown_field",
            Self::Inconsistent => "inconsistent",
        }
    }
}

/// A message that was rejected: the reason, and in words which field and what was wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}", reason.code())]
pub struct Rejection {
    /// The kind of defect.
    pub reason: Reason,
    /// The field and what was wrong with it.
    pub detail: String,
}

impl Rejection {
    /// A rejection for `reason`, explained by `detail`.
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_the_serialised_names() {
        for reason in REASONS {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.code());
        }
    }
}
