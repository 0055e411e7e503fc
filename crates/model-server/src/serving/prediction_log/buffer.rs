//! The bounded buffer between the requests and the worker, shared fairly by the callers.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::{Notify, futures::Notified};

use super::ServedRequest;

/// Maximum number of rows that enter the buffer at once. A larger batch enters in parts.
const MAX_PART_ROWS: usize = 512;

/// Served requests up to a total number of rows.
///
/// A caller may hold at most as many rows as are free: however much one caller sends, the half of
/// the buffer is left for others.
#[derive(Debug)]
pub(super) struct Buffer {
    max_rows: usize,
    queue: Mutex<Queue>,
    filled: Condvar,
    emptied: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    requests: Vec<ServedRequest>,
    rows: usize,
    rows_of_callers: HashMap<Option<IpAddr>, usize>,
    closed: bool,
}

impl Buffer {
    pub(super) fn new(max_rows: usize) -> Self {
        Self { max_rows, queue: Mutex::default(), filled: Condvar::new(), emptied: Notify::new() }
    }

    /// Maximum number of rows of one [`push`](Self::push); any caller has room for them in an empty
    /// buffer.
    pub(super) fn part_rows(&self) -> usize {
        (self.max_rows / 4).clamp(1, MAX_PART_ROWS)
    }

    /// Appends a request. Returns it if the caller's share is used up, or the buffer is closed.
    pub(super) fn push(&self, request: ServedRequest) -> Option<ServedRequest> {
        let rows = request.rows.as_slice().len();
        let mut queue = self.lock();
        let free = self.max_rows.saturating_sub(queue.rows);
        let caller = request.origin.network();
        let held = queue.rows_of_callers.get(&caller).copied().unwrap_or_default();
        if queue.closed || held + rows > free {
            return Some(request);
        }
        queue.rows_of_callers.insert(caller, held + rows);
        queue.rows += rows;
        queue.requests.push(request);
        // Only the first request wakes the worker: it takes all of them.
        let first = queue.requests.len() == 1;
        // Unlocked first, so that the worker does not wake up to a held lock.
        drop(queue);
        if first {
            self.filled.notify_one();
        }
        None
    }

    /// Completes when the worker next empties the buffer.
    pub(super) fn emptied(&self) -> Notified<'_> {
        self.emptied.notified()
    }

    /// Blocks until a request arrives, the buffer is closed or `timeout` passes. Returns false if
    /// the buffer is closed and empty.
    pub(super) fn wait(&self, timeout: Duration) -> bool {
        let (queue, _) = self
            .filled
            .wait_timeout_while(self.lock(), timeout, |queue| {
                queue.requests.is_empty() && !queue.closed
            })
            .unwrap_or_else(PoisonError::into_inner);
        !(queue.closed && queue.requests.is_empty())
    }

    /// Moves every request into `requests`, which must be empty; its allocation is reused.
    pub(super) fn take(&self, requests: &mut Vec<ServedRequest>) {
        let mut queue = self.lock();
        queue.rows = 0;
        queue.rows_of_callers.clear();
        std::mem::swap(&mut queue.requests, requests);
        drop(queue);
        self.emptied.notify_waiters();
    }

    pub(super) fn rows(&self) -> usize {
        self.lock().rows
    }

    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use uuid::Uuid;
    use vitals_core::domain::features::Features;

    use super::*;
    use crate::{
        registry::Registry,
        serving::{LoadedModel, Origin, ServedRows},
    };

    fn request(model: &Arc<LoadedModel>, caller: &str, rows: usize) -> ServedRequest {
        let features = Features::from_raw([1.0, 85.0, 66.0, 29.0, 0.0, 26.6, 0.351, 31.0]).unwrap();
        ServedRequest {
            request_id: Uuid::nil(),
            timestamp_ms: 0,
            latency_us: 0,
            model: Arc::clone(model),
            shadow: None,
            origin: Origin { caller: caller.parse().ok(), ..Origin::default() },
            first_row: 0,
            rows: ServedRows::Many(vec![features; rows]),
        }
    }

    fn model() -> Arc<LoadedModel> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models");
        let registry = Registry::new(folder);
        Arc::new(LoadedModel::new(registry.active().unwrap(), registry.load_active().unwrap()))
    }

    #[test]
    fn a_caller_leaves_room_for_others() {
        let model = model();
        let buffer = Buffer::new(100);
        let fill = |caller| {
            let accepted = |_: &usize| buffer.push(request(&model, caller, 1)).is_none();
            (0..).take_while(accepted).count()
        };
        // Each takes half of what the others left, rounded up.
        assert_eq!(fill("10.0.0.1"), 50);
        assert_eq!(fill("10.0.0.2"), 25);
        assert_eq!(fill("2001:db8::1"), 13);
        assert!(buffer.push(request(&model, "2001:db8::2", 1)).is_some(), "the same network");
        assert!(buffer.push(request(&model, "2001:db8:1::1", 2)).is_none());
        let mut taken = Vec::new();
        buffer.take(&mut taken);
        assert_eq!(taken.len(), 89);
        assert!(buffer.push(request(&model, "10.0.0.1", buffer.part_rows())).is_none());
    }

    #[test]
    fn a_batch_enters_in_parts_that_number_its_rows() {
        let model = model();
        let parts = request(&model, "10.0.0.1", 10).into_parts(4);
        let rows: Vec<_> =
            parts.iter().map(|part| (part.first_row, part.rows.as_slice().len())).collect();
        assert_eq!(rows, [(0, 4), (4, 4), (8, 2)]);
    }
}
