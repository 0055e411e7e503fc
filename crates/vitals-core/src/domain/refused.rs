//! A field of a valid reading that was refused.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::rejection::Reason;

/// Maximum length of [`Refused::value`], in bytes.
pub const MAX_REFUSED_BYTES: usize = 128;

/// A refused field with its reason and its value. The other fields of the reading are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The field's name, as in the message.
    pub field: Cow<'static, str>,
    /// The reason.
    pub reason: Reason,
    /// The value as text, cut to [`MAX_REFUSED_BYTES`].
    pub value: String,
}

impl Refused {
    /// The refusal of `field` with its `value` as text.
    pub fn new(
        field: impl Into<Cow<'static, str>>,
        reason: Reason,
        value: impl Into<String>,
    ) -> Self {
        let mut field = field.into();
        if field.len() > MAX_REFUSED_BYTES {
            let end = field.floor_char_boundary(MAX_REFUSED_BYTES);
            field.to_mut().truncate(end);
        }
        let mut value = value.into();
        value.truncate(value.floor_char_boundary(MAX_REFUSED_BYTES));
        Self { field, reason, value }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_value_is_cut_between_characters() {
        let refused = Refused::new("bed", Reason::OutOfRange, "é".repeat(300));
        assert_eq!(refused.value, "é".repeat(MAX_REFUSED_BYTES / 2));
        let refused = Refused::new("é".repeat(300), Reason::MisspeltField, "1");
        assert_eq!(refused.field.len(), MAX_REFUSED_BYTES);
    }
}
