//! Secrets by reference.

use super::ConfigError;

/// Resolves a value of the form `file:PATH` or `env:NAME` to the content of the file or variable.
pub(super) fn read_secret(key: &str, value: &mut String) -> Result<(), ConfigError> {
    let read = if let Some(path) = value.strip_prefix("file:") {
        std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))
    } else if let Some(name) = value.strip_prefix("env:") {
        std::env::var(name).map_err(|error| format!("{name}: {error}"))
    } else {
        return Ok(());
    };
    // Editors and `echo` end a file with a newline, which is not part of the secret.
    read.map_err(|problem| ConfigError::Value { key: key.to_owned(), problem })?
        .trim_end()
        .clone_into(value);
    Ok(())
}
