//! The topic's retention: the limit of how long an outage of the lake may last.

use std::time::Duration;

use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, ResourceSpecifier},
    client::DefaultClientContext,
};
use tokio_util::sync::CancellationToken;

use super::StatusRecorder;

/// Interval of the polls: an operator may change the retention while the service runs.
const POLL_INTERVAL: Duration = Duration::from_secs(600);

/// Polls the topic's `retention.ms` until shutdown. While the broker does not return it, the
/// status has no estimate of the remaining time.
pub(crate) async fn poll_retention(
    config: ClientConfig,
    topic: String,
    request_timeout: Duration,
    recorder: StatusRecorder,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let admin: AdminClient<DefaultClientContext> = config.create()?;
    let options = AdminOptions::new().request_timeout(Some(request_timeout));
    loop {
        let poll = retention_ms(&admin, &topic, &options);
        let Some(retention_ms) = shutdown.run_until_cancelled(poll).await else { return Ok(()) };
        recorder.set_retention_ms(retention_ms);
        let sleep = tokio::time::sleep(POLL_INTERVAL);
        if shutdown.run_until_cancelled(sleep).await.is_none() {
            return Ok(());
        }
    }
}

/// The topic's `retention.ms`. `None` if it is unlimited or the broker does not return it.
async fn retention_ms(
    admin: &AdminClient<DefaultClientContext>,
    topic: &str,
    options: &AdminOptions,
) -> Option<i64> {
    let resource = [ResourceSpecifier::Topic(topic)];
    let configs = admin.describe_configs(&resource, options).await.ok()?;
    let config = configs.into_iter().next()?.ok()?;
    let retention_ms: i64 = config.get("retention.ms")?.value.as_ref()?.parse().ok()?;
    // A negative value means unlimited retention.
    (retention_ms >= 0).then_some(retention_ms)
}
