use std::path::Path;

use super::{settings::Variables, *};

fn load(toml: &str) -> Result<Settings, ConfigError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("config.toml");
    std::fs::write(&path, toml).unwrap();
    Settings::load(&path)
}

#[test]
fn the_shipped_file_has_all_defaults() {
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
fn the_variables_of_the_containers_are_settings() {
    let compose = std::fs::read_to_string(shipped("docker-compose.yml")).unwrap();
    let variables: Variables = compose
        .lines()
        .filter_map(|line| line.trim().split_once(": "))
        .filter(|(name, _)| name.starts_with("VITALS__"))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let settings = Settings::load_with(&shipped("config.toml"), Some(variables)).unwrap();
    assert_eq!(settings.kafka.bootstrap_servers, "kafka:19092");
    assert_eq!(settings.lake.url, "hdfs://namenode:8020/lake");
    assert!(settings.consumer.listen.ip().is_unspecified());

    let topics = &settings.kafka.topics;
    for (_, topic) in topics.named() {
        assert!(compose.contains(&format!("create {topic} ")), "{topic}");
    }
    let connector = std::fs::read(shipped("connect/hdfs-sink-config.json")).unwrap();
    let connector: serde_json::Value = serde_json::from_slice(&connector).unwrap();
    assert_eq!(connector["config"]["topics"], *topics.vitals);
}

#[test]
fn an_invalid_setting_is_named() {
    let cases = [
        ("[dashboard]\ntick_mss = 3", "tick_mss"),
        ("[dashbord]\ntick_ms = 3", "dashbord"),
        ("[dashboard]\ntick_ms = \"soon\"", "dashboard.tick_ms"),
        ("[dashboard]\ntick_ms = 0", "dashboard.tick_ms"),
        ("[consumer.rotation]\nmax_rows = 0", "consumer.rotation.max_rows"),
        ("[consumer.watch]\nstatus_interval_ms = 60001", "consumer.watch.status_interval_ms"),
        ("[lake]\nurl = \"ftp://host/lake\"", "lake.url"),
        ("[lake]\nhadoop_conf = \"/nowhere\"", "lake.hadoop_conf"),
        ("[consumer.spool]\nfolder = \"\"", "consumer.spool.folder"),
        ("[kafka]\nbootstrap_servers = \"\"", "kafka.bootstrap_servers"),
        ("[kafka.topics]\nrejected = \"vitals\"", "kafka.topics.rejected"),
        ("[kafka.topics]\nrejected = \"predictions\"", "kafka.topics.rejected"),
        ("[kafka.topics]\npredictions = \"vitals\"", "kafka.topics.predictions"),
        ("[kafka.topics]\nalerts = \"patient-status\"", "kafka.topics.patient_status"),
        ("[kafka.topics]\nward_actions = \"\"", "kafka.topics.ward_actions"),
        ("[kafka.topics]\naudit = \"alerts\"", "kafka.topics.audit"),
        ("[dashboard.activity]\nuser_header = \"\"", "dashboard.activity.user_header"),
        ("[dashboard.activity]\nuser_header = \"a user\"", "dashboard.activity.user_header"),
        (
            "[dashboard.activity]\ntrusted_proxies = \"10.0.0.0/33\"",
            "dashboard.activity.trusted_proxies: 10.0.0.0/33",
        ),
        ("[dashboard.activity]\nmax_queued_events = 0", "dashboard.activity.max_queued_events"),
        ("[kafka.properties]\n\"auto.offset.reset\" = \"earliest\"", "auto.offset.reset"),
        ("[kafka.consumer_properties]\n\"isolation.level\" = \"x\"", "isolation.level"),
        ("[kafka.producer_properties]\nacks = \"1\"", "kafka.producer_properties.acks"),
        // Other names of the same properties, and other ways to the same effect.
        ("[kafka.producer_properties]\n\"request.required.acks\" = \"0\"", "required.acks"),
        ("[kafka.properties]\n\"metadata.broker.list\" = \"a:1\"", "metadata.broker.list"),
        ("[kafka.properties]\n\"auto.commit.enable\" = \"true\"", "auto.commit.enable"),
        ("[kafka.consumer_properties]\n\"group.protocol\" = \"consumer\"", "group.protocol"),
        ("[kafka.security]\nprotocol = \"TLS\"", "\"TLS\" is not one of PLAINTEXT, SSL,"),
        ("[kafka.security]\nmechanism = \"SCRAM-SHA-1\"", "SCRAM-SHA-256"),
        ("[kafka.security]\nusername = \"alice\"", "kafka.security.username"),
        ("[kafka.security]\nprotocol = \"SASL_SSL\"", "kafka.security.username"),
        (
            "[kafka.security]\nprotocol = \"SASL_SSL\"\nusername = \"alice\"",
            "kafka.security.password",
        ),
        (
            "[kafka.security]\nprotocol = \"SSL\"\nca_file = \"/nowhere.pem\"",
            "kafka.security.ca_file: /nowhere.pem",
        ),
        (
            "[kafka.security]\nprotocol = \"SSL\"\nkey_file = \"/dev/null\"",
            "kafka.security.key_file",
        ),
        (
            "[kafka.security]\nprotocol = \"SASL_SSL\"\nmechanism = \"OAUTHBEARER\"",
            "kafka.security.oauth.token_url",
        ),
        ("[producer]\ncompression = \"brotli\"", "producer.compression"),
        ("[lake]\nurl = \"data/lake \"", "lake.url"),
        ("[lake]\nurl = \"data/lake\\r\"", "lake.url"),
        ("[lake]\nurl = \"~/lake\"", "lake.url"),
        ("[lake]\nurl = \"data%20lake\"", "lake.url"),
        ("[lake]\nurl = \"file:/lake\"", "lake.url"),
        ("[lake]\nurl = \"file://localhost/lake\"", "lake.url"),
        ("[lake]\nurl = \"hdfs://host:1/a b\"", "lake.url"),
        ("[lake]\nurl = \"hdfs://host:1/ä\"", "lake.url"),
        ("[lake]\nurl = \"hdfs://host:1/a?b\"", "lake.url"),
        ("[lake]\nurl = \"hdfs://host:1/a#b\"", "lake.url"),
        ("[lake]\nurl = \"hdfs://host:1/{ward}\"", "lake.url"),
        ("[lake]\nurl = \"hdfs://host:1/~ada\"", "lake.url"),
        ("[lake]\nurl = \"HDFS://host:1/lake\"", "lake.url"),
        ("[lake]\nurl = \"\\tlake\"", "lake.url"),
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

fn password_from(path: &Path) -> String {
    format!("[kafka.properties]\n\"sasl.password\" = \"file:{}\"", path.display())
}

#[test]
fn secrets_are_resolved() {
    let dir = tempfile::tempdir().unwrap();
    let secret = dir.path().join("password");
    std::fs::write(&secret, "hunter2\n").unwrap();
    let settings = load(&password_from(&secret)).unwrap();
    assert_eq!(settings.kafka.properties["sasl.password"], "hunter2");
    let error = load(&password_from(&dir.path().join("gone"))).unwrap_err().to_string();
    assert!(error.contains("kafka.properties.sasl.password"), "{error}");
    let error = load("[kafka.properties]\n\"sasl.password\" = \"env:VITALS_NOT_SET\"");
    assert!(error.unwrap_err().to_string().contains("VITALS_NOT_SET"));
    // An empty secret would switch off the check that needs it.
    std::fs::write(&secret, " \n").unwrap();
    for key in ["admin_token", "public_key"] {
        let toml = format!("[model_server]\n{key} = \"file:{}\"", secret.display());
        let error = load(&toml).unwrap_err().to_string();
        assert!(
            error.contains(&format!("model_server.{key}")) && error.contains("is empty"),
            "{error}"
        );
    }
}

#[test]
fn secrets_are_redacted() {
    let mut settings = Settings::default();
    settings.kafka.properties.insert("sasl.password".to_owned(), "hunter2".to_owned());
    settings.kafka.properties.insert("sasl.username".to_owned(), "nurse".to_owned());
    "swordfish-swordfish".clone_into(&mut settings.model_server.admin_token);
    let security = &mut settings.kafka.security;
    "nurse".clone_into(&mut security.username);
    "hunter2".clone_into(&mut security.password);
    "hunter2".clone_into(&mut security.key_password);
    "hunter2".clone_into(&mut security.oauth.client_secret);
    let shown = settings.redacted();
    assert!(!shown.contains("swordfish"), "{shown}");
    assert!(!shown.contains("hunter2") && shown.contains("nurse"), "{shown}");
}

fn load_variables(variables: &[(&str, &str)]) -> Result<Settings, ConfigError> {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Settings::load_with(&shipped("config.toml"), Some(variables.collect()))
}

#[test]
fn kafka_security_comes_from_variables() {
    let dir = tempfile::tempdir().unwrap();
    let secret = dir.path().join("password");
    std::fs::write(&secret, "hunter2\n").unwrap();
    let settings = load_variables(&[
        ("VITALS__KAFKA__SECURITY__PROTOCOL", "SASL_SSL"),
        ("VITALS__KAFKA__SECURITY__MECHANISM", "SCRAM-SHA-256"),
        ("VITALS__KAFKA__SECURITY__CA_FILE", secret.to_str().unwrap()),
        ("VITALS__KAFKA__SECURITY__USERNAME", "007"),
        ("VITALS__KAFKA__SECURITY__PASSWORD", &format!("file:{}", secret.display())),
        ("VITALS__KAFKA__SECURITY__OAUTH__SCOPE", "kafka"),
    ]);
    let security = settings.unwrap().kafka.security;
    assert_eq!(security.protocol, SecurityProtocol::SaslSsl);
    assert_eq!(security.mechanism, SaslMechanism::ScramSha256);
    assert_eq!((security.username.as_str(), security.password.as_str()), ("007", "hunter2"));
    assert_eq!(security.oauth.scope, "kafka");
}

#[test]
fn text_in_a_variable_stays_text() {
    for text in ["007", "1e3", "TRUE", "12345678901234567890123", "0x1F"] {
        let settings = load_variables(&[
            ("VITALS__CONSUMER__INSTANCE_ID", text),
            ("VITALS__KAFKA__TOPICS__VITALS", text),
        ]);
        let settings = settings.unwrap();
        assert_eq!(settings.consumer.instance_id, text);
        assert_eq!(settings.kafka.topics.vitals, text);
    }
}

#[test]
fn a_list_in_a_variable_is_separated_by_commas() {
    for (text, list) in [("ear-*, 007", vec!["ear-*", "007"]), ("", vec![]), ("a", vec!["a"])] {
        let settings = load_variables(&[("VITALS__CONSUMER__UNITS__FAHRENHEIT_DEVICES", text)]);
        assert_eq!(settings.unwrap().consumer.units.fahrenheit_devices, list, "{text:?}");
    }
    let toml = "[consumer.units]\nfahrenheit_devices = [\"ear-1\", \"ear,2\"]";
    assert_eq!(load(toml).unwrap().consumer.units.fahrenheit_devices, ["ear-1", "ear,2"]);
}

#[test]
fn numbers_and_booleans_in_variables_are_parsed() {
    let settings = load_variables(&[
        ("VITALS__CONSUMER__ROTATION__MAX_ROWS", "1000"),
        ("VITALS__CONSUMER__PREDICTIONS", "false"),
    ]);
    let settings = settings.unwrap();
    assert_eq!(settings.consumer.rotation.max_rows, 1000);
    assert!(!settings.consumer.predictions);
    let error = load_variables(&[("VITALS__CONSUMER__ROTATION__MAX_ROWS", "many")]).unwrap_err();
    assert!(error.to_string().contains("max_rows"), "{error}");
}

#[test]
fn librdkafka_properties_come_from_variables() {
    let settings = load_variables(&[
        ("VITALS__KAFKA__PROPERTIES__SECURITY__PROTOCOL", "SASL_SSL"),
        ("VITALS__KAFKA__CONSUMER_PROPERTIES__FETCH__WAIT__MAX__MS", "010"),
        ("VITALS__KAFKA__PRODUCER_PROPERTIES__BATCH__SIZE", "1000"),
    ]);
    let settings = settings.unwrap();
    assert_eq!(settings.kafka.properties["security.protocol"], "SASL_SSL");
    assert_eq!(settings.kafka.consumer_properties["fetch.wait.max.ms"], "010");
    assert_eq!(settings.kafka.producer_properties["batch.size"], "1000");
    let owned = load_variables(&[("VITALS__KAFKA__PROPERTIES__GROUP__ID", "other")]);
    assert!(owned.unwrap_err().to_string().contains("kafka.properties.group.id"));
}
