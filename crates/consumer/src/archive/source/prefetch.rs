//! The bound of prefetched keys and headers.
//!
//! librdkafka limits its prefetch by the bytes of payloads; keys and headers don't count. While the
//! poller waits for the encoder or for memory, messages with large ones would fill the memory without
//! a limit. Those in the queue are estimated from those that were read last. Beyond the limit, the
//! partitions are unassigned and the queue is emptied; once the wait is over, fetching starts again
//! where reading stopped.

use super::state::PollerState;

/// The prefetched bytes of keys and headers, and their limit.
#[derive(Debug)]
pub(crate) struct PrefetchLimit {
    /// The limit, bytes.
    limit: usize,
    /// The partitions that are unassigned because the limit was exceeded.
    suspended: Vec<i32>,
}

impl PrefetchLimit {
    pub(crate) const fn new(limit: usize) -> Self {
        Self { limit, suspended: Vec::new() }
    }

    /// Returns true if `queued` messages with keys and headers of `mean_extra_bytes` exceed the limit.
    const fn is_exceeded_by(&self, queued: usize, mean_extra_bytes: usize) -> bool {
        queued.saturating_mul(mean_extra_bytes) > self.limit
    }
}

impl PollerState {
    /// Stops fetching, and frees the queued messages, if their keys and headers exceed the limit.
    pub(crate) fn limit_prefetch(&mut self) -> anyhow::Result<()> {
        let queued = self.queue.queued_messages();
        let mean_extra_bytes = self.builder.recent_extra_bytes();
        if !self.prefetch.is_exceeded_by(queued, mean_extra_bytes) {
            return Ok(());
        }
        tracing::debug!(
            queue.messages = queued,
            "fetching suspended: the queued keys or headers are large"
        );
        let fetched = self.fetching.partitions();
        for partition in &fetched {
            self.fetching.stop(*partition)?;
        }
        // The discarded messages are fetched again: every partition resumes at its cursor.
        self.queue.discard();
        self.prefetch.suspended.extend(fetched);
        Ok(())
    }

    /// Starts fetching again where reading stopped.
    pub(crate) fn resume_prefetch(&mut self) -> anyhow::Result<()> {
        for partition in std::mem::take(&mut self.prefetch.suspended) {
            // A partition that waits for its start position is started with it.
            if self.pending_starts.contains_key(&partition) {
                continue;
            }
            // A partition that was revoked meanwhile has no cursor.
            if let Some(cursor) = self.cursors.get(&partition) {
                self.fetching.start(partition, cursor.next)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queued_keys_count_towards_the_limit() {
        let prefetch = PrefetchLimit::new(32 << 20);
        assert!(!prefetch.is_exceeded_by(100_000, 8), "patient ids");
        assert!(!prefetch.is_exceeded_by(37, 900_000));
        assert!(prefetch.is_exceeded_by(38, 900_000));
        assert!(prefetch.is_exceeded_by(usize::MAX, 2));
    }
}
