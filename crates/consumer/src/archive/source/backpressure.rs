//! The channel to the encoder thread, and the backpressure that it exerts.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use tokio::{
    runtime::Handle,
    sync::mpsc::{Sender, error::TrySendError},
};

use crate::{archive::batch::EncoderInput, metrics::ArchiveMetrics};

/// Time without room in the channel after which consumption is reported as paused.
const PAUSED_AFTER: Duration = Duration::from_secs(1);

/// The sending side of the encoder's channel, with the inputs that found no room in it.
pub(crate) struct EncoderChannel {
    sender: Sender<EncoderInput>,
    runtime: Handle,
    metrics: ArchiveMetrics,
    queued: VecDeque<EncoderInput>,
    /// Start of the current backpressure.
    blocked_since: Option<Instant>,
    paused: bool,
}

impl EncoderChannel {
    pub(crate) fn new(
        sender: Sender<EncoderInput>,
        runtime: Handle,
        metrics: ArchiveMetrics,
    ) -> Self {
        let queued = VecDeque::new();
        Self { sender, runtime, metrics, queued, blocked_since: None, paused: false }
    }

    /// Returns true while inputs wait for room. The poller then fetches no messages.
    pub(crate) fn is_blocked(&self) -> bool {
        !self.queued.is_empty()
    }

    /// Queues inputs behind those that already wait.
    pub(crate) fn queue(&mut self, inputs: impl IntoIterator<Item = EncoderInput>) {
        self.queued.extend(inputs);
    }

    /// Sends the queued inputs until `deadline`. The rest stays queued.
    pub(crate) fn send_parts(&mut self, deadline: Instant) -> anyhow::Result<()> {
        while let Some(input) = self.queued.pop_front() {
            let input = match self.sender.try_send(input) {
                Ok(()) => continue,
                Err(TrySendError::Full(input)) => input,
                Err(TrySendError::Closed(_)) => bail!("the encoder thread ended"),
            };
            // The encoder needs the inputs in order, so this one stays the first.
            self.queued.push_front(input);
            let timeout = deadline.saturating_duration_since(Instant::now());
            if timeout.is_zero() || !self.wait_for_room(timeout) {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Waits until the channel has room. Returns false after `timeout`.
    fn wait_for_room(&self, timeout: Duration) -> bool {
        let reserved = async { tokio::time::timeout(timeout, self.sender.reserve()).await.is_ok() };
        self.runtime.block_on(reserved)
    }

    /// Sends all queued inputs, however long that takes.
    pub(crate) fn send_all(&mut self) -> anyhow::Result<()> {
        for input in self.queued.drain(..) {
            let sent = self.runtime.block_on(self.sender.send(input));
            sent.ok().context("the encoder thread ended")?;
        }
        Ok(())
    }

    /// Reports when backpressure, or an exhausted memory budget, pauses consumption and when it is
    /// over.
    pub(crate) fn report_backpressure(&mut self, memory_exhausted: bool) {
        let cause = if memory_exhausted {
            Some("the rejected messages in flight exhaust the memory budget")
        } else if self.is_blocked() {
            Some("the encoder queue is full")
        } else {
            None
        };
        // A short wait for room is normal; only a long one is reported.
        if cause.is_none() {
            self.blocked_since = None;
        } else {
            self.blocked_since.get_or_insert_with(Instant::now);
        }
        let paused = self.blocked_since.is_some_and(|since| since.elapsed() > PAUSED_AFTER);
        if paused == self.paused {
            return;
        }
        self.paused = paused;
        self.metrics.set_paused(paused);
        match cause {
            Some(cause) => tracing::warn!(cause, "consumption paused for more than 1 s"),
            None => tracing::info!("consumption resumed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_exhausted_memory_budget_is_reported_as_a_pause() {
        let (sender, _inputs) = tokio::sync::mpsc::channel(1);
        let metrics = ArchiveMetrics::new("backpressure-test".into());
        let mut channel = EncoderChannel::new(sender, Handle::current(), metrics);
        channel.report_backpressure(true);
        assert!(!channel.paused, "a short wait is normal");
        channel.blocked_since = Instant::now().checked_sub(PAUSED_AFTER * 2);
        channel.report_backpressure(true);
        assert!(channel.paused);
        channel.report_backpressure(false);
        assert!(!channel.paused);
    }
}
