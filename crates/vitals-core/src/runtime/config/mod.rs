//! The settings: one TOML file, a section per concern, overridden by `VITALS__SECTION__KEY`.

mod kafka;
mod lake;
mod maintenance;
mod model_server;
mod renamed;
mod services;
mod telemetry;

use std::path::Path;

use serde::{Deserialize, Serialize};

pub use self::{
    kafka::{KafkaSettings, TopicSettings},
    lake::LakeSettings,
    maintenance::MaintenanceSettings,
    model_server::{ModelServerSettings, PredictionLogSettings},
    services::{
        ConsumerSettings, DashboardSettings, ProducerSettings, Retry, RotationSettings,
        SpoolSettings,
    },
    telemetry::{LogFormat, TelemetrySettings},
};

/// Every setting of every service. Each service reads the same file and takes its part.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The broker and the topics.
    pub kafka: KafkaSettings,
    /// Where the tables are.
    pub lake: LakeSettings,
    /// The producer.
    pub producer: ProducerSettings,
    /// The consumer.
    pub consumer: ConsumerSettings,
    /// The model server.
    pub model_server: ModelServerSettings,
    /// The dashboard.
    pub dashboard: DashboardSettings,
    /// Logs.
    pub telemetry: TelemetrySettings,
}

/// Why the settings can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file or a variable can't be read, is unknown or has the wrong type.
    #[error("settings: {0}")]
    Read(#[from] config::ConfigError),
    /// A setting is given by the name that it had in an earlier version.
    #[error("settings: {old} was renamed to {new}")]
    Renamed {
        /// The path that was given.
        old: &'static str,
        /// The path that replaces it.
        new: &'static str,
    },
    /// A setting that an earlier version had.
    #[error("settings: {key} was removed: {reason}")]
    Removed {
        /// The path that was given.
        key: &'static str,
        /// Why it has no replacement.
        reason: &'static str,
    },
    /// A value makes no sense.
    #[error("settings: {key}: {problem}")]
    Value {
        /// The setting, for example `dashboard.tick_ms`.
        key: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// Fails with `problem` for `key` unless `holds`.
fn check(holds: bool, key: &'static str, problem: &str) -> Result<(), ConfigError> {
    if holds {
        Ok(())
    } else {
        Err(ConfigError::Value { key: key.to_owned(), problem: problem.to_owned() })
    }
}

/// Replaces a value `file:PATH` by the file's text and `env:NAME` by the variable's.
fn read_secret(key: &str, value: &mut String) -> Result<(), ConfigError> {
    let read = if let Some(path) = value.strip_prefix("file:") {
        std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))
    } else if let Some(name) = value.strip_prefix("env:") {
        std::env::var(name).map_err(|error| format!("{name}: {error}"))
    } else {
        return Ok(());
    };
    read.map_err(|problem| ConfigError::Value { key: key.to_owned(), problem })?
        .trim_end()
        .clone_into(value);
    Ok(())
}

type Variables = config::Map<String, String>;

impl Settings {
    /// Reads `path`, applies the environment, and checks every value.
    ///
    /// # Errors
    /// When the file is missing or malformed, or a value makes no sense; the message names
    /// the key.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        Self::load_with(path, None)
    }

    /// With these variables instead of the process's own, if there are any.
    fn load_with(path: &Path, variables: Option<Variables>) -> Result<Self, ConfigError> {
        let environment = config::Environment::with_prefix("VITALS")
            .prefix_separator("__")
            .separator("__")
            .try_parsing(true)
            .source(variables);
        let config = config::Config::builder()
            .add_source(config::File::from(path))
            .add_source(environment)
            .build()?;
        renamed::refuse_old_names(&config)?;
        let mut settings: Self = config.try_deserialize()?;
        settings.kafka.read_secrets()?;
        read_secret("model_server.admin_token", &mut settings.model_server.admin_token)?;
        settings.validate()?;
        Ok(settings)
    }

    /// Checks every value.
    ///
    /// # Errors
    /// For the first value that makes no sense.
    pub fn validate(&self) -> Result<(), ConfigError> {
        self.kafka.validate()?;
        self.lake.validate()?;
        self.producer.validate()?;
        self.consumer.validate()?;
        self.model_server.validate()?;
        self.dashboard.validate()
    }

    /// The settings as JSON for the log, secrets replaced.
    #[must_use]
    pub fn redacted(&self) -> String {
        let mut shown = self.clone();
        for (key, value) in &mut shown.kafka.properties {
            if ["password", "secret", "key", "pem", "jaas"].iter().any(|word| key.contains(word)) {
                "***".clone_into(value);
            }
        }
        if !shown.model_server.admin_token.is_empty() {
            "***".clone_into(&mut shown.model_server.admin_token);
        }
        serde_json::to_string(&shown).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(toml: &str) -> Result<Settings, ConfigError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        std::fs::write(&path, toml).unwrap();
        Settings::load(&path)
    }

    #[test]
    fn the_shipped_file_says_every_default() {
        let text = std::fs::read_to_string(shipped("config.toml")).unwrap();
        let table: toml::Table = text.parse().unwrap();
        let defaults = toml::Table::try_from(Settings::default()).unwrap();
        assert_eq!(table, defaults);
        assert_eq!(load(&text).unwrap(), Settings::default());
    }

    fn shipped(path: &str) -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
    }

    #[test]
    fn the_containers_settings_are_known() {
        let compose = std::fs::read_to_string(shipped("docker-compose.yml")).unwrap();
        let setting = |line: &str| {
            let (name, value) = line.trim().split_once(": ")?;
            name.starts_with("VITALS__").then(|| (name.to_owned(), value.to_owned()))
        };
        let variables: Variables = compose.lines().filter_map(setting).collect();
        let settings = Settings::load_with(&shipped("config.toml"), Some(variables)).unwrap();
        assert_eq!(settings.kafka.bootstrap_servers, "kafka:19092");
        assert_eq!(settings.lake.url, "hdfs://namenode:8020/lake");
        assert!(settings.consumer.listen.ip().is_unspecified());

        let topics = &settings.kafka.topics;
        for topic in [&topics.vitals, &topics.rejected, &topics.predictions] {
            assert!(compose.contains(&format!("create {topic} ")), "{topic}");
        }
        let connector = std::fs::read(shipped("connect/hdfs-sink-config.json")).unwrap();
        let connector: serde_json::Value = serde_json::from_slice(&connector).unwrap();
        assert_eq!(connector["config"]["topics"], *topics.vitals);
    }

    #[test]
    fn a_wrong_setting_is_named() {
        let cases = [
            ("[dashboard]\ntick_mss = 3", "tick_mss"),
            ("[dashbord]\ntick_ms = 3", "dashbord"),
            ("[dashboard]\ntick_ms = \"soon\"", "dashboard.tick_ms"),
            ("[dashboard]\ntick_ms = 0", "dashboard.tick_ms"),
            ("[consumer.rotation]\nmax_rows = 0", "consumer.rotation.max_rows"),
            ("[lake]\nurl = \"ftp://host/lake\"", "lake.url"),
            ("[lake]\nhadoop_conf = \"/nowhere\"", "lake.hadoop_conf"),
            ("[consumer.spool]\nfolder = \"\"", "consumer.spool.folder"),
            ("[kafka]\nbootstrap_servers = \"\"", "kafka.bootstrap_servers"),
            ("[model_server]\nlisten = \"8000\"", "model_server.listen"),
            ("[model_server]\nshadow = \"spline\"", "model_server.shadow"),
            ("[model_server]\nadmin_token = \"short\"", "model_server.admin_token"),
            ("[model_server.log]\nmax_queued_rows = 0", "model_server.log.max_queued_rows"),
        ];
        for (toml, name) in cases {
            let error = load(toml).expect_err(toml).to_string();
            assert!(error.contains(name), "{toml}: {error}");
        }
    }

    #[test]
    fn a_secret_comes_from_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let secret = dir.path().join("password");
        std::fs::write(&secret, "hunter2\n").unwrap();
        let toml = |path: &std::path::Path| {
            format!("[kafka.properties]\n\"sasl.password\" = \"file:{}\"", path.display())
        };
        let settings = load(&toml(&secret)).unwrap();
        assert_eq!(settings.kafka.properties["sasl.password"], "hunter2");
        let error = load(&toml(&dir.path().join("gone"))).unwrap_err().to_string();
        assert!(error.contains("kafka.properties.sasl.password"), "{error}");
        let error = load("[kafka.properties]\n\"sasl.password\" = \"env:VITALS_NOT_SET\"");
        assert!(error.unwrap_err().to_string().contains("VITALS_NOT_SET"));
    }

    #[test]
    fn secrets_are_not_logged() {
        let mut settings = Settings::default();
        settings.kafka.properties.insert("sasl.password".to_owned(), "hunter2".to_owned());
        settings.kafka.properties.insert("sasl.username".to_owned(), "nurse".to_owned());
        "swordfish-swordfish".clone_into(&mut settings.model_server.admin_token);
        let shown = settings.redacted();
        assert!(!shown.contains("swordfish"), "{shown}");
        assert!(!shown.contains("hunter2") && shown.contains("nurse"), "{shown}");
    }
}
