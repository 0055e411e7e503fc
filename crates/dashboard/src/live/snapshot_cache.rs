//! The last serialized snapshot of the ward.

use std::time::{Duration, Instant};

use axum::body::Bytes;

/// A snapshot shared by browsers that connect at the same time, after a restart for example.
#[derive(Debug)]
pub(super) struct SnapshotCache {
    max_age: Duration,
    cached: Option<Cached>,
}

#[derive(Debug)]
struct Cached {
    frame: u64,
    serialized: Instant,
    json: Bytes,
}

impl SnapshotCache {
    pub(super) const fn new(max_age: Duration) -> Self {
        Self { max_age, cached: None }
    }

    /// The snapshot as of `frame`, unless it is too old.
    pub(super) fn get(&self, frame: u64) -> Option<Bytes> {
        let cached = self.cached.as_ref()?;
        // Values expire without a frame, so a snapshot of the same frame may be too old as well.
        if cached.frame != frame || cached.serialized.elapsed() >= self.max_age {
            return None;
        }
        Some(cached.json.clone())
    }

    /// Replaces the cached snapshot.
    pub(super) fn put(&mut self, frame: u64, json: Bytes) {
        self.cached = Some(Cached { frame, serialized: Instant::now(), json });
    }
}
