//! The buffer between the requests and the thread: bounded, and never waited for.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::ServedRequest;

/// Answers that wait, up to a number of rows.
#[derive(Debug)]
pub(super) struct Buffer {
    max_rows: usize,
    waiting: Mutex<Waiting>,
    filled: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    requests: Vec<ServedRequest>,
    rows: usize,
    closed: bool,
}

impl Buffer {
    pub(super) fn new(max_rows: usize) -> Self {
        Self { max_rows, waiting: Mutex::default(), filled: Condvar::new() }
    }

    /// Whether there was room. A batch that is larger than the buffer finds room when nothing
    /// else waits: it is in memory already.
    pub(super) fn push(&self, request: ServedRequest, rows: usize) -> bool {
        let mut waiting = self.lock();
        let full = waiting.rows > 0 && waiting.rows + rows > self.max_rows;
        if waiting.closed || full {
            return false;
        }
        waiting.rows += rows;
        waiting.requests.push(request);
        let first = waiting.requests.len() == 1;
        drop(waiting);
        if first {
            self.filled.notify_one();
        }
        true
    }

    /// Waits until something is there, but no longer than `most`. `false` when the buffer is
    /// closed and empty.
    pub(super) fn wait(&self, most: Duration) -> bool {
        let waiting = self.lock();
        let nothing = |waiting: &mut Waiting| waiting.requests.is_empty() && !waiting.closed;
        let (waiting, _) = self
            .filled
            .wait_timeout_while(waiting, most, nothing)
            .unwrap_or_else(PoisonError::into_inner);
        !(waiting.closed && waiting.requests.is_empty())
    }

    /// Takes all into `requests`, which must be empty and gives its room in exchange.
    pub(super) fn take(&self, requests: &mut Vec<ServedRequest>) {
        let mut waiting = self.lock();
        waiting.rows = 0;
        std::mem::swap(&mut waiting.requests, requests);
    }

    pub(super) fn rows(&self) -> usize {
        self.lock().rows
    }

    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
