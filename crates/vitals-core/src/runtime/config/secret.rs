//! Secrets by reference.

use super::ConfigError;

/// Resolves a value of the form `file:PATH` or `env:NAME` to the content of the file or variable.
///
/// # Errors
/// It can't be read, or it is blank: an empty secret would switch off what the secret protects.
pub(super) fn read_secret(key: &str, value: &mut String) -> Result<(), ConfigError> {
    let read = if let Some(path) = value.strip_prefix("file:") {
        std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))
    } else if let Some(name) = value.strip_prefix("env:") {
        std::env::var(name).map_err(|error| format!("{name}: {error}"))
    } else {
        return Ok(());
    };
    // Editors and `echo` end a file with a newline, which is not part of the secret.
    let read = read.and_then(|secret| match secret.trim_end() {
        "" => Err(format!("{value} is empty")),
        secret => Ok(secret.to_owned()),
    });
    *value = read.map_err(|problem| ConfigError::Value { key: key.to_owned(), problem })?;
    Ok(())
}
