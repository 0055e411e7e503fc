//! Obsolete settings: a renamed one is refused with its new name, a removed one with the reason.

use config::Config;

use super::ConfigError;

/// Renamed settings: old path, new path.
const RENAMED: [(&str, &str); 6] = [
    ("consumer.retry.first_ms", "consumer.retry.initial_backoff_ms"),
    ("consumer.retry.most_ms", "consumer.retry.max_backoff_ms"),
    ("consumer.maintenance.every_ms", "consumer.maintenance.interval_ms"),
    ("consumer.maintenance.least_files", "consumer.maintenance.min_files"),
    ("model_server.watch_ms", "model_server.poll_interval_ms"),
    ("model_server.log.max_waiting", "model_server.log.max_queued_rows"),
];

/// Removed settings, with the reason.
const REMOVED: [(&str, &str); 1] =
    [("model_server.busy_poll_us", "the server no longer polls its sockets")];

/// Refuses an obsolete setting, in the file or the environment.
pub(super) fn refuse_obsolete(config: &Config) -> Result<(), ConfigError> {
    for (old, new) in RENAMED {
        // A value of any type: only its presence matters.
        if config.get::<config::Value>(old).is_ok() {
            return Err(ConfigError::Renamed { old, new });
        }
    }
    for (key, reason) in REMOVED {
        if config.get::<config::Value>(key).is_ok() {
            return Err(ConfigError::Removed { key, reason });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::runtime::config::Settings;

    fn load(toml: &str, variables: &[(&str, &str)]) -> Result<Settings, ConfigError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        std::fs::write(&path, toml).unwrap();
        let variables = variables.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        Settings::load_with(&path, Some(variables.collect()))
    }

    #[test]
    fn an_old_name_in_the_file_is_refused_with_the_new_one() {
        for (old, new) in RENAMED {
            let (section, key) = old.rsplit_once('.').unwrap();
            let error = load(&format!("[{section}]\n{key} = 5"), &[]).expect_err(old);
            assert_eq!(error.to_string(), format!("settings: {old} was renamed to {new}"));
        }
    }

    #[test]
    fn an_old_name_in_the_environment_is_refused_with_the_new_one() {
        for (old, new) in RENAMED {
            let variable = format!("VITALS__{}", old.replace('.', "__").to_uppercase());
            let error = load("", &[(&variable, "5")]).expect_err(old);
            assert_eq!(error.to_string(), format!("settings: {old} was renamed to {new}"));
        }
    }

    #[test]
    fn a_removed_setting_is_refused_with_the_reason() {
        for (key, reason) in REMOVED {
            let (section, name) = key.rsplit_once('.').unwrap();
            let expected = format!("settings: {key} was removed: {reason}");
            let error = load(&format!("[{section}]\n{name} = 5"), &[]).expect_err(key);
            assert_eq!(error.to_string(), expected);
            let variable = format!("VITALS__{}", key.replace('.', "__").to_uppercase());
            let error = load("", &[(&variable, "5")]).expect_err(key);
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn every_new_name_is_a_setting() {
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config.toml");
        let text = std::fs::read_to_string(shipped).unwrap();
        let shipped: toml::Value = text.parse::<toml::Table>().unwrap().into();
        for (old, new) in RENAMED {
            let find = |path: &str| path.split('.').try_fold(&shipped, |at, key| at.get(key));
            assert!(find(new).is_some(), "{new}");
            assert!(find(old).is_none(), "{old}");
        }
    }
}
