//! Rejection of an invalid message, with a reason. A refused field of a valid reading has a reason
//! of the same list, see [`Refused`](super::refused::Refused).

use serde::{Deserialize, Serialize};

/// The kind of defect. Its [`code`](Reason::code) is stored in the lake, counted in `/metrics` and
/// sent in a header of the dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The message has no value (a tombstone) or an empty one.
    Empty,
    /// Larger than a valid message can be.
    TooLarge,
    /// Not UTF-8 or not JSON.
    NotJson,
    /// JSON, but not an object.
    NotAnObject,
    /// A field has a type other than the contract demands.
    WrongType,
    /// A field is repeated.
    DuplicateField,
    /// A required field is missing or empty; a reading requires `patient_id` and `timestamp`.
    MissingField,
    /// The reading has no vital. Earlier releases only.
    NoVital,
    /// `timestamp` does not parse to an instant between 1970 and 2262.
    InvalidTimestamp,
    /// `timestamp` lies far in the future. Earlier releases only.
    FutureTimestamp,
    /// A vital is one of the sentinels that devices send for "no value".
    Sentinel,
    /// A vital is outside its plausible range, or another value outside its valid range.
    OutOfRange,
    /// A temperature that is plausible in degrees Fahrenheit only.
    Fahrenheit,
    /// Diastolic pressure at or above systolic pressure.
    PressureInverted,
    /// An unknown field with a name close to that of a vital or an observation.
    MisspeltField,
    /// A prediction has an unknown field. (Readings may have unknown fields.)
    UnknownField,
    /// Fields contradict each other, or the key of the message.
    Inconsistent,
}

/// All reasons.
pub const REASONS: [Reason; 17] = [
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
    Reason::Fahrenheit,
    Reason::PressureInverted,
    Reason::MisspeltField,
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
            Self::Fahrenheit => "fahrenheit",
            Self::PressureInverted => "pressure_inverted",
            Self::MisspeltField => "misspelt_field",
            Self::UnknownField => "unknown_field",
            Self::Inconsistent => "inconsistent",
        }
    }
}

/// The rejection of a message: a reason, and a text that names the field and its defect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}", reason.code())]
pub struct Rejection {
    /// The kind of defect.
    pub reason: Reason,
    /// The field and its defect, in words.
    pub detail: String,
}

impl Rejection {
    /// A rejection for `reason` with an explanation.
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_match_the_serialised_names() {
        for reason in REASONS {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.code());
        }
    }
}
