//! Options with a person or a reason.

use crate::registry::Author;

/// The person in an option.
pub(super) fn name(text: &str) -> Result<String, String> {
    Author::text(text, Author::MAX_NAME).map_err(|problem| format!("it {problem}"))
}

/// The reason in an option.
pub(super) fn reason(text: &str) -> Result<String, String> {
    Author::text(text, Author::MAX_REASON).map_err(|problem| format!("it {problem}"))
}

/// The person in an option that defaults to the user, who may have no name.
pub(super) fn person(text: &str) -> String {
    name(text).unwrap_or_else(|_| "unknown".to_owned())
}
