//! The bounded buffer between the requests and the worker. Pushing never blocks.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::ServedRequest;

/// Served requests up to a total number of rows.
#[derive(Debug)]
pub(super) struct Buffer {
    max_rows: usize,
    queue: Mutex<Queue>,
    filled: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    requests: Vec<ServedRequest>,
    rows: usize,
    closed: bool,
}

impl Buffer {
    pub(super) fn new(max_rows: usize) -> Self {
        Self { max_rows, queue: Mutex::default(), filled: Condvar::new() }
    }

    /// Appends a request. Returns false if the buffer is full or closed. An empty buffer accepts a
    /// batch larger than itself, because the batch is in memory already.
    pub(super) fn push(&self, request: ServedRequest, rows: usize) -> bool {
        let mut queue = self.lock();
        let full = queue.rows > 0 && queue.rows + rows > self.max_rows;
        if queue.closed || full {
            return false;
        }
        queue.rows += rows;
        queue.requests.push(request);
        // Only the first request wakes the worker: it takes all of them.
        let first = queue.requests.len() == 1;
        // Unlocked first, so that the worker does not wake up to a held lock.
        drop(queue);
        if first {
            self.filled.notify_one();
        }
        true
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
        std::mem::swap(&mut queue.requests, requests);
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
