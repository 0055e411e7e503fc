//! The files beside `docker-compose.yml` that only other programs read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;

use crate::paths;

/// Keys of the HDFS 3 sink's configuration reference that the file may use.
/// <https://docs.confluent.io/kafka-connectors/hdfs3-sink/current/configuration_options.html>
const SINK_KEYS: [&str; 20] = [
    "confluent.topic.bootstrap.servers",
    "confluent.topic.replication.factor",
    "flush.size",
    "format.class",
    "hadoop.conf.dir",
    "hadoop.home",
    "locale",
    "logs.dir",
    "partition.duration.ms",
    "partition.field.name",
    "partitioner.class",
    "path.format",
    "retry.backoff.ms",
    "rotate.interval.ms",
    "rotate.schedule.interval.ms",
    "schema.compatibility",
    "store.url",
    "timestamp.extractor",
    "timezone",
    "topics.dir",
];

/// Keys of every sink connector.
/// <https://kafka.apache.org/documentation/#sinkconnectconfigs>
const CONNECT_KEYS: [&str; 10] = [
    "connector.class",
    "errors.deadletterqueue.context.headers.enable",
    "errors.deadletterqueue.topic.name",
    "errors.deadletterqueue.topic.replication.factor",
    "errors.tolerance",
    "key.converter",
    "tasks.max",
    "topics",
    "value.converter",
    "value.converter.schemas.enable",
];

fn read(path: &str) -> String {
    fs::read_to_string(paths::root().join(path)).unwrap()
}

#[test]
fn the_connector_has_only_documented_keys_and_addresses_of_the_containers() {
    let file: Value = serde_json::from_str(&read("connect/hdfs-sink-config.json")).unwrap();
    let config = file["config"].as_object().unwrap();
    for (key, value) in config {
        let known = SINK_KEYS.contains(&key.as_str()) || CONNECT_KEYS.contains(&key.as_str());
        assert!(known, "{key} is not documented");
        assert!(value.is_string(), "{key}: Connect takes texts");
    }
    assert_eq!(config["connector.class"], "io.confluent.connect.hdfs3.Hdfs3SinkConnector");
    for number in ["tasks.max", "flush.size", "rotate.schedule.interval.ms"] {
        assert!(config[number].as_str().unwrap().parse::<u64>().is_ok(), "{number}");
    }
    // A rotation by schedule needs a time zone.
    assert!(config.contains_key("timezone"));
    let compose = read("docker-compose.yml");
    for address in ["store.url", "confluent.topic.bootstrap.servers"] {
        let address = config[address].as_str().unwrap();
        assert!(compose.contains(address), "{address}");
    }
}

#[test]
fn the_panels_show_metrics_that_exist() {
    let board: Value = serde_json::from_str(&read("monitoring/dashboards/vitals.json")).unwrap();
    let documented = read("docs/metrics.md");
    let mut shown = BTreeSet::new();
    for panel in board["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            let words =
                target["expr"].as_str().unwrap().split(|c: char| !c.is_alphanumeric() && c != '_');
            shown.extend(words.filter(|word| word.starts_with("vitals_")).map(ToOwned::to_owned));
        }
    }
    assert!(shown.len() > 10, "{shown:?}");
    for name in shown {
        // A histogram's sum and count.
        let base = name.trim_end_matches("_sum").trim_end_matches("_count");
        assert!(documented.contains(&format!("| `{base}` |")), "{name} does not exist");
    }
}

#[test]
fn prometheus_scrapes_the_ports_on_which_the_services_listen() {
    let compose = read("docker-compose.yml");
    let prometheus = read("monitoring/prometheus.yml");
    for (service, setting) in [
        ("producer", "PRODUCER"),
        ("consumer", "CONSUMER"),
        ("model-server", "MODEL_SERVER"),
        ("dashboard", "DASHBOARD"),
    ] {
        let (_, port) =
            compose.split_once(&format!("VITALS__{setting}__LISTEN: 0.0.0.0:")).unwrap();
        let port = port.split_whitespace().next().unwrap();
        let target = format!("names: [{service}], type: A, port: {port},");
        assert!(prometheus.contains(&target), "{target}");
    }
}

/// The lines of a block, from the line after `start` to the next one that begins with `end`.
fn block<'a>(text: &'a str, start: &str, end: &str) -> Vec<&'a str> {
    let (_, block) = text.split_once(start).unwrap();
    block.lines().skip(1).take_while(|line| !line.starts_with(end)).collect()
}

#[test]
fn every_topic_of_the_settings_is_created_with_its_policy() {
    let settings = read("config.toml");
    let compose = read("docker-compose.yml");
    let mut created = BTreeMap::new();
    for line in compose.lines().filter_map(|line| line.trim().strip_prefix("create ")) {
        let (topic, rest) = line.split_once(' ').unwrap();
        assert_eq!(created.insert(topic, rest), None, "{topic} is created twice");
    }
    let mut comment = "";
    for line in block(&settings, "[kafka.topics]", "[") {
        match line.split_once(" = ") {
            None => comment = line,
            Some((_, name)) => {
                let topic = name.trim_matches('"');
                let options = created.remove(topic).unwrap_or_else(|| panic!("{topic} is missing"));
                let compacted = options.contains("cleanup.policy=compact");
                assert_eq!(compacted, comment.contains("; compacted"), "{topic}: {options}");
                let kept = options.contains("retention.ms=-1");
                assert_eq!(kept, comment.contains("for ever"), "{topic}: {options}");
            }
        }
    }
    assert!(created.is_empty(), "no setting names {:?}", created.keys());
}

#[test]
fn every_setting_of_the_services_is_given_once() {
    let compose = read("docker-compose.yml");
    let mut given = BTreeSet::new();
    for line in compose.lines().map(str::trim).filter(|line| line.starts_with("VITALS__")) {
        let (name, _) = line.split_once(": ").unwrap();
        assert!(given.insert(name.to_owned()), "{name} is given twice");
    }
    assert!(given.len() > 10, "{given:?}");
}
