//! How long Kafka keeps messages, for the estimate of how long an outage may last.

use std::time::Duration;

use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, ResourceSpecifier},
    client::DefaultClientContext,
};
use tokio_util::sync::CancellationToken;

use crate::archive::status::recorder::StatusRecorder;

/// Somebody may change it while the service runs.
const EVERY: Duration = Duration::from_secs(600);

/// Asks the broker now and then for the topic's `retention.ms`, until the stop. A broker that
/// does not say it leaves the estimate out.
pub(crate) async fn watch(
    config: ClientConfig,
    topic: String,
    timeout: Duration,
    recorder: StatusRecorder,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let admin: AdminClient<DefaultClientContext> = config.create()?;
    let options = AdminOptions::new().request_timeout(Some(timeout));
    loop {
        let resource = [ResourceSpecifier::Topic(&topic)];
        let answer = tokio::select! {
            () = shutdown.cancelled() => return Ok(()),
            answer = admin.describe_configs(&resource, &options) => answer,
        };
        let found = answer.ok().and_then(|topics| topics.into_iter().next()?.ok());
        let value = found.and_then(|config| config.get("retention.ms")?.value.clone());
        // Negative: without end.
        recorder.set_retention_ms(value.and_then(|ms| ms.parse().ok()).filter(|ms| *ms >= 0));
        tokio::select! {
            () = shutdown.cancelled() => return Ok(()),
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}
