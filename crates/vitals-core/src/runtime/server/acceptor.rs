//! Accepts connections and runs each in a task of its own.

use std::{io, sync::Arc, time::Duration};

use axum::{Router, response::IntoResponse as _};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use super::{
    connections::{Connection, Connections},
    requests::{ErrorResponse, PeerAddress, Requests},
};
use crate::runtime::config::HttpSettings;

/// Pause after a failed accept, so that a persistent failure such as a lack of file descriptors
/// does not spin.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(100);

/// Serves `router` on `listener` until `shutdown`, then lets requests in flight finish.
///
/// # Errors
/// None today; a failed accept is retried.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    settings: HttpSettings,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let problems: ErrorResponse = |_, problem| problem.into_response();
    serve_with(listener, router, settings, shutdown, problems).await
}

/// Serves like [`serve`]; `errors` encodes the responses to requests that never reach the router.
///
/// # Errors
/// See [`serve`].
pub async fn serve_with(
    listener: TcpListener,
    router: Router,
    settings: HttpSettings,
    shutdown: CancellationToken,
    errors: ErrorResponse,
) -> anyhow::Result<()> {
    let requests = Arc::new(Requests::new(router, &settings, errors));
    let connections = Connections::new(settings.max_connections);
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let connection = connections.open();
                configure(&stream, settings.write_timeout());
                let requests = Arc::clone(&requests);
                let timeout = settings.idle_timeout();
                let shutdown = shutdown.clone();
                let peer = PeerAddress(peer);
                connections.spawn(run(stream, peer, connection, requests, timeout, shutdown));
            }
            // The client was gone before it was accepted.
            Err(error) if is_of_the_client(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "accept failed; closing the longest-idle connection");
                connections.close_longest_idle();
                tokio::time::sleep(ACCEPT_BACKOFF).await;
            }
        }
    }
    // From here on new connections are refused, while the open ones complete their requests.
    drop(listener);
    connections.drain(settings.shutdown_timeout()).await;
    Ok(())
}

fn is_of_the_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// Small responses leave at once, and the kernel closes a connection whose client stops reading.
fn configure(stream: &TcpStream, write_timeout: Duration) {
    let socket = socket2::SockRef::from(stream);
    let outcome =
        stream.set_nodelay(true).and_then(|()| socket.set_tcp_user_timeout(Some(write_timeout)));
    if let Err(error) = outcome {
        tracing::debug!(%error, "setting socket options failed");
    }
}

/// Runs one connection until the client, a timeout, the eviction or the shutdown ends it.
async fn run(
    stream: TcpStream,
    peer: PeerAddress,
    connection: Connection,
    requests: Arc<Requests>,
    idle_timeout: Duration,
    shutdown: CancellationToken,
) {
    // Phase 1: the connection. A request registers with it, so that only idle ones are evicted.
    let connection = Arc::new(connection);
    let service = {
        let connection = Arc::clone(&connection);
        hyper::service::service_fn(move |request| {
            Arc::clone(&requests).handle(request, peer, connection.begin_request())
        })
    };
    let http = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(idle_timeout)
        .serve_connection(TokioIo::new(stream), service);
    let mut http = std::pin::pin!(http);

    // Phase 2: serve it until it ends.
    let outcome = tokio::select! {
        outcome = http.as_mut() => outcome,
        () = connection.closed() => return,
        () = shutdown.cancelled() => {
            // A request in flight is still answered.
            http.as_mut().graceful_shutdown();
            tokio::select! {
                outcome = http => outcome,
                () = connection.closed() => return,
            }
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, "connection ended with an error");
    }
}
