//! librdkafka properties in the settings: names that are refused, and names in the environment.

use std::collections::BTreeMap;

use super::error::ConfigError;

/// Properties that exactly-once delivery rests on, with the reason why a setting can't change them.
const OWNED: [(&str, &str); 20] = [
    ("acks", "deliveries are idempotent"),
    ("allow.auto.create.topics", "a topic created by accident has the wrong partitions"),
    ("auto.commit.enable", "the lake holds the positions"),
    ("auto.offset.reset", "an offset out of range must not be skipped"),
    ("bootstrap.servers", "set kafka.bootstrap_servers"),
    ("enable.auto.commit", "the lake holds the positions"),
    ("enable.auto.offset.store", "the lake holds the positions"),
    ("enable.idempotence", "deliveries are idempotent"),
    ("enable.partition.eof", "the end of a partition is no message"),
    ("group.id", "set consumer.group_id"),
    ("group.instance.id", "set consumer.instance_id"),
    ("group.protocol", "the archive answers cooperative rebalances"),
    ("group.remote.assignor", "the archive answers cooperative rebalances"),
    ("isolation.level", "only committed messages are archived"),
    ("metadata.broker.list", "set kafka.bootstrap_servers"),
    ("offset.store.method", "the lake holds the positions"),
    ("offset.store.path", "the lake holds the positions"),
    ("partition.assignment.strategy", "the archive answers cooperative rebalances"),
    ("request.required.acks", "deliveries are idempotent"),
    ("transactional.id", "deliveries are idempotent, not transactional"),
];

/// Refuses properties of the setting `section` that the services own.
pub(super) fn refuse_owned(
    section: &str,
    properties: &BTreeMap<String, String>,
) -> Result<(), ConfigError> {
    for (name, reason) in OWNED {
        if properties.contains_key(name) {
            return Err(ConfigError::Value {
                key: format!("{section}.{name}"),
                problem: format!("can't be set: {reason}"),
            });
        }
    }
    Ok(())
}

/// A property named by the end of an environment variable: `SASL__USERNAME` is `sasl.username`.
pub(super) fn name_from_variable(suffix: &str) -> String {
    suffix.to_ascii_lowercase().replace("__", ".")
}
