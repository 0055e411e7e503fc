//! Errors of the settings.

/// An error of the settings.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read, or a setting is unknown or has the wrong type.
    #[error("settings: {0}")]
    Read(#[from] config::ConfigError),
    /// A setting has the name of an earlier version.
    #[error("settings: {old} was renamed to {new}")]
    Renamed {
        /// The path as given.
        old: &'static str,
        /// The path that replaces it.
        new: &'static str,
    },
    /// A setting of an earlier version has no successor.
    #[error("settings: {key} was removed: {reason}")]
    Removed {
        /// The path as given.
        key: &'static str,
        /// The reason for the removal.
        reason: &'static str,
    },
    /// A value is invalid.
    #[error("settings: {key}: {problem}")]
    Value {
        /// The setting, for example `dashboard.tick_ms`.
        key: String,
        /// The error, in words.
        problem: String,
    },
}

/// Fails with `problem` for `key` unless `holds`.
pub(super) fn check(holds: bool, key: &'static str, problem: &str) -> Result<(), ConfigError> {
    if holds {
        Ok(())
    } else {
        Err(ConfigError::Value { key: key.to_owned(), problem: problem.to_owned() })
    }
}
