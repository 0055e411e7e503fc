//! The open connections: their limit, the eviction of idle ones, the end of all of them.

use std::{
    collections::HashMap,
    future::Future,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// State of one connection, shared by its task and the acceptor.
#[derive(Debug)]
struct State {
    close: CancellationToken,
    /// Requests whose response is not fully sent.
    requests: AtomicUsize,
    /// End of the last request, or the start of the connection, ms since `Connections::start`.
    idle_since_ms: AtomicU64,
}

type Open = Arc<Mutex<HashMap<u64, Arc<State>>>>;

/// All open connections.
#[derive(Debug)]
pub(super) struct Connections {
    start: Instant,
    limit: usize,
    last_id: AtomicU64,
    open: Open,
    tasks: TaskTracker,
}

impl Connections {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            start: Instant::now(),
            limit,
            last_id: AtomicU64::default(),
            open: Open::default(),
            tasks: TaskTracker::new(),
        }
    }

    /// Registers a new connection; above the limit, closes the longest-idle one for it.
    pub(super) fn open(&self) -> Connection {
        if lock(&self.open).len() >= self.limit {
            self.close_longest_idle();
        }
        let id = self.last_id.fetch_add(1, Ordering::Relaxed);
        let state = Arc::new(State {
            close: CancellationToken::new(),
            requests: AtomicUsize::default(),
            idle_since_ms: AtomicU64::new(elapsed_ms(self.start)),
        });
        lock(&self.open).insert(id, Arc::clone(&state));
        Connection { id, start: self.start, state, open: Arc::clone(&self.open) }
    }

    pub(super) fn spawn(&self, connection: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(connection);
    }

    /// Closes the connection that has been without a request for the longest time. A connection
    /// with a request in flight is never closed here.
    pub(super) fn close_longest_idle(&self) {
        let mut open = lock(&self.open);
        let idle = open
            .iter()
            .filter(|(_, state)| state.requests.load(Ordering::Acquire) == 0)
            .min_by_key(|(_, state)| state.idle_since_ms.load(Ordering::Acquire))
            .map(|(id, _)| *id);
        if let Some(state) = idle.and_then(|id| open.remove(&id)) {
            state.close.cancel();
        }
    }

    /// Waits until every connection has ended; after `timeout` closes those that are left.
    pub(super) async fn drain(&self, timeout: Duration) {
        self.tasks.close();
        if tokio::time::timeout(timeout, self.tasks.wait()).await.is_ok() {
            return;
        }
        // Copied: a connection that ends removes itself, which takes the lock.
        let left: Vec<_> = lock(&self.open).values().cloned().collect();
        tracing::warn!(http.connections = left.len(), "closing connections that did not end");
        for state in left {
            state.close.cancel();
        }
        self.tasks.wait().await;
    }
}

/// One connection; its drop gives the place back.
#[derive(Debug)]
pub(super) struct Connection {
    id: u64,
    start: Instant,
    state: Arc<State>,
    open: Open,
}

impl Connection {
    /// Completes when the connection is to be closed at once.
    pub(super) async fn closed(&self) {
        self.state.close.cancelled().await;
    }

    /// Marks a request as in flight until the guard is dropped.
    pub(super) fn begin_request(&self) -> RequestInFlight {
        self.state.requests.fetch_add(1, Ordering::AcqRel);
        RequestInFlight { start: self.start, state: Arc::clone(&self.state) }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        lock(&self.open).remove(&self.id);
    }
}

/// A request whose response is not fully sent.
#[derive(Debug)]
pub(super) struct RequestInFlight {
    start: Instant,
    state: Arc<State>,
}

impl Drop for RequestInFlight {
    fn drop(&mut self) {
        self.state.idle_since_ms.store(elapsed_ms(self.start), Ordering::Release);
        self.state.requests.fetch_sub(1, Ordering::AcqRel);
    }
}

fn elapsed_ms(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
}

fn lock(open: &Open) -> MutexGuard<'_, HashMap<u64, Arc<State>>> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}
