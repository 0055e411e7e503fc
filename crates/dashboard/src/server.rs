//! The HTTP server: low latency for small events, a bounded drain at shutdown.

use std::time::Duration;

use anyhow::Context as _;
use axum::{Router, serve::ListenerExt as _};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Upper bound on the drain of in-flight requests at shutdown. A browser that does not read would
/// hold its connection forever.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// Serves `router` until `shutdown`, then drains. Unlike in the other services, connections that
/// are still open after [`DRAIN_TIMEOUT`] are closed.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    // Without Nagle's algorithm: a small event must not wait for the acknowledgement of the
    // previous one.
    let listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "cannot set TCP_NODELAY");
        }
    });
    let server =
        axum::serve(listener, router).with_graceful_shutdown(shutdown.clone().cancelled_owned());
    let drain_deadline = async {
        shutdown.cancelled().await;
        tokio::time::sleep(DRAIN_TIMEOUT).await;
    };
    tokio::select! {
        ended = server => ended.context("HTTP server"),
        () = drain_deadline => {
            tracing::warn!(
                http.drain_timeout_s = DRAIN_TIMEOUT.as_secs(),
                "closed connections that were still open after the drain timeout"
            );
            Ok(())
        }
    }
}
