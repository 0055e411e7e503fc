//! Texts about people and reasons.

/// Text of one to `MAX` characters.
pub(super) fn words<const MAX: usize>(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("it is blank".to_owned()),
        text if text.chars().count() > MAX => Err(format!("it has more than {MAX} characters")),
        text => Ok(text.to_owned()),
    }
}

/// The person in an option that defaults to the user, who may have no name.
pub(super) fn person(name: &str) -> String {
    words::<200>(name).unwrap_or_else(|_| "unknown".to_owned())
}
