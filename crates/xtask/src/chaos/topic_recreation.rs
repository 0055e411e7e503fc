//! Deletes a topic and creates it again.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::types::RDKafkaErrorCode;

use crate::services::kafka::create_topics;

/// Timeout of a request while Kafka is running.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
const CREATION_TIMEOUT: Duration = Duration::from_secs(20);
const RETRY_INTERVAL: Duration = Duration::from_millis(100);

/// Deletes `topic`, and creates it again with one partition.
///
/// # Errors
/// Returns an error if Kafka doesn't respond or rejects a request.
pub(super) async fn recreate(
    admin: &AdminClient<DefaultClientContext>,
    bootstrap: &str,
    topic: &str,
) -> Result<()> {
    let options = AdminOptions::new().operation_timeout(Some(REQUEST_TIMEOUT));
    let deleted = admin.delete_topics(&[topic], &options).await.context("deleting the topic")?;
    for result in deleted {
        match result {
            // An earlier request without a response may have had its effect.
            Ok(_) | Err((_, RDKafkaErrorCode::UnknownTopicOrPartition)) => {}
            Err((_, code)) => bail!("deleting the topic: {code}"),
        }
    }
    // The broker deletes it after its response; until then, the topic exists.
    let start = Instant::now();
    while create_topics(bootstrap, &[(topic, 1)]).await?.is_empty() {
        ensure!(start.elapsed() < CREATION_TIMEOUT, "Kafka does not delete the topic");
        tokio::time::sleep(RETRY_INTERVAL).await;
    }
    Ok(())
}
