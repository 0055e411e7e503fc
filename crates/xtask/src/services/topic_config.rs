//! Settings of topics that exist.

use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use rdkafka::admin::{AdminClient, AdminOptions, AlterConfig, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;

/// Lets the broker stamp the messages of `topics`, as on those that the product creates: a message's
/// time is its arrival then.
///
/// # Errors
/// Returns an error if the broker rejects the request.
pub async fn stamp_arrivals(bootstrap: &str, topics: &[&str]) -> Result<()> {
    let mut config = ClientConfig::new();
    let admin: AdminClient<DefaultClientContext> =
        config.set("bootstrap.servers", bootstrap).create()?;
    let changes: Vec<_> = topics
        .iter()
        .map(|topic| {
            AlterConfig::new(ResourceSpecifier::Topic(topic))
                .set("message.timestamp.type", "LogAppendTime")
        })
        .collect();
    let options = AdminOptions::new().request_timeout(Some(Duration::from_secs(20)));
    let changed = admin.alter_configs(&changes, &options).await;
    for changed in changed.with_context(|| format!("altering topics on {bootstrap}"))? {
        changed.map_err(|(topic, code)| anyhow!("altering {topic:?}: {code}"))?;
    }
    Ok(())
}
