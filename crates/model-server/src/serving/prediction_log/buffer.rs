//! The buffer between the requests and the thread: bounded, and never waited for.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::Answered;

/// Answers that wait, up to a number of rows.
#[derive(Debug)]
pub(super) struct Buffer {
    max_rows: usize,
    waiting: Mutex<Waiting>,
    filled: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    answers: Vec<Answered>,
    rows: usize,
    closed: bool,
}

impl Buffer {
    pub(super) fn new(max_rows: usize) -> Self {
        Self { max_rows, waiting: Mutex::default(), filled: Condvar::new() }
    }

    /// Whether there was room. A batch that is larger than the buffer finds room when nothing
    /// else waits: it is in memory already.
    pub(super) fn push(&self, answered: Answered, rows: usize) -> bool {
        let mut waiting = self.lock();
        let full = waiting.rows > 0 && waiting.rows + rows > self.max_rows;
        if waiting.closed || full {
            return false;
        }
        waiting.rows += rows;
        waiting.answers.push(answered);
        let first = waiting.answers.len() == 1;
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
        let nothing = |waiting: &mut Waiting| waiting.answers.is_empty() && !waiting.closed;
        let (waiting, _) = self
            .filled
            .wait_timeout_while(waiting, most, nothing)
            .unwrap_or_else(PoisonError::into_inner);
        !(waiting.closed && waiting.answers.is_empty())
    }

    /// Takes all into `answers`, which must be empty and gives its room in exchange.
    pub(super) fn take(&self, answers: &mut Vec<Answered>) {
        let mut waiting = self.lock();
        waiting.rows = 0;
        std::mem::swap(&mut waiting.answers, answers);
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
