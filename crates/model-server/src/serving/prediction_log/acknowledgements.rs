//! Requests that wait until Kafka has acknowledged their records.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::oneshot;
use uuid::Uuid;

/// The requests that wait, by their id: the key of their messages.
#[derive(Debug, Default)]
pub(super) struct Acknowledgements(Mutex<HashMap<Uuid, Pending>>);

#[derive(Debug)]
struct Pending {
    /// Messages without a delivery report.
    left: usize,
    outcome: oneshot::Sender<bool>,
}

impl Acknowledgements {
    /// Registers a request with this number of messages.
    pub(super) fn expect(self: &Arc<Self>, request_id: Uuid, messages: usize) -> Acknowledgement {
        let (sender, outcome) = oneshot::channel();
        self.lock().insert(request_id, Pending { left: messages, outcome: sender });
        Acknowledgement { request_id, outcome, all: Arc::clone(self) }
    }

    /// Records the delivery report of a message with this key.
    pub(super) fn report(&self, key: &[u8], delivered: bool) {
        let Ok(request_id) = Uuid::try_parse_ascii(key) else { return };
        let mut pending = self.lock();
        let Some(request) = pending.get_mut(&request_id) else { return };
        request.left = request.left.saturating_sub(1);
        // One lost message decides; the others need no reports.
        if delivered && request.left > 0 {
            return;
        }
        if let Some(request) = pending.remove(&request_id) {
            // The request may have timed out meanwhile.
            let _ = request.outcome.send(delivered);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, Pending>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The acknowledgement that a request waits for.
#[derive(Debug)]
pub(super) struct Acknowledgement {
    request_id: Uuid,
    outcome: oneshot::Receiver<bool>,
    all: Arc<Acknowledgements>,
}

impl Acknowledgement {
    /// Returns true if Kafka acknowledges every message within `timeout`.
    pub(super) async fn within(mut self, timeout: Duration) -> bool {
        matches!(tokio::time::timeout(timeout, &mut self.outcome).await, Ok(Ok(true)))
    }
}

impl Drop for Acknowledgement {
    fn drop(&mut self) {
        self.all.lock().remove(&self.request_id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(30);

    #[tokio::test]
    async fn every_message_has_to_be_delivered() {
        let all = Arc::new(Acknowledgements::default());
        for (reports, expected) in [(vec![true, true], true), (vec![true, false], false)] {
            let id = Uuid::from_u128(7);
            let pending = all.expect(id, 2);
            // The key of another request changes nothing.
            all.report(Uuid::from_u128(8).to_string().as_bytes(), false);
            for delivered in reports {
                all.report(id.to_string().as_bytes(), delivered);
            }
            assert_eq!(pending.within(TIMEOUT).await, expected);
            assert!(all.lock().is_empty());
        }
    }

    #[tokio::test]
    async fn a_request_that_timed_out_is_forgotten() {
        let all = Arc::new(Acknowledgements::default());
        assert!(!all.expect(Uuid::from_u128(7), 1).within(Duration::ZERO).await);
        assert!(all.lock().is_empty());
    }
}
