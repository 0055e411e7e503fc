//! What the lake says about its own completeness: `consumer audit --json`.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use serde_json::Value;

use crate::command;

/// How long Kafka may take to answer a question.
const WAIT: Duration = Duration::from_secs(10);

/// Runs `consumer`, the program with its settings and without arguments, as an audit with `args`.
///
/// # Errors
/// When the audit has findings or the lake can't be read; the message has its output.
pub fn run(consumer: &mut Command, args: &[&str]) -> Result<Value> {
    // It asks a lake that is there; on a busy machine that may take longer than a test's deadline.
    consumer.args(["audit", "--json"]).args(args);
    let consumer = consumer.env("VITALS__LAKE__TIMEOUT_MS", "60000");
    let text = command::output(consumer)?;
    serde_json::from_str(&text).context("the audit is not JSON")
}

/// Whether the table of the audit stands at the end of every partition of `topic`. Offsets that the
/// group has committed don't tell: whoever commits them may have died, or lost its partitions, after
/// it has stored the last readings.
///
/// # Errors
/// When Kafka doesn't answer.
pub fn reaches_end(audit: &Value, bootstrap: &str, topic: &str) -> Result<bool> {
    let mut config = ClientConfig::new();
    let kafka: BaseConsumer = config.set("bootstrap.servers", bootstrap).create()?;
    let metadata = kafka.fetch_metadata(Some(topic), WAIT).context("asking for the topic")?;
    let partitions = metadata.topics().first().context("no such topic")?.partitions();
    for partition in partitions.iter().map(rdkafka::metadata::MetadataPartition::id) {
        let (_, high) = kafka.fetch_watermarks(topic, partition, WAIT)?;
        if position(audit, partition).unwrap_or(0) < high {
            return Ok(false);
        }
    }
    Ok(true)
}

fn position(audit: &Value, partition: i32) -> Option<i64> {
    let mut partitions = audit["partitions"].as_array()?.iter();
    partitions.find(|it| it["partition"] == partition)?["position"].as_i64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_position_is_found_by_its_partition() {
        let audit = json!({"partitions": [{"partition": 1, "position": 7}, {"partition": 2}]});
        assert_eq!(position(&audit, 1), Some(7));
        assert_eq!(position(&audit, 2), None);
        assert_eq!(position(&audit, 3), None);
    }
}
