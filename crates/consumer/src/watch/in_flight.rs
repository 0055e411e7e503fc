//! Messages that were sent and are not delivered yet.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Numbers messages in the order in which they are sent, and keeps those in flight. Deliveries may
/// have another order: each partition has its own.
#[derive(Debug, Default)]
pub(super) struct InFlight(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    sent: u64,
    /// By number, the arrival of the reading behind the message, if its latency counts, ms since the
    /// epoch.
    messages: BTreeMap<u64, Option<i64>>,
}

impl InFlight {
    /// Numbers a message that is about to be sent; the first one has 1. `arrival_ms` is the arrival
    /// of the reading behind it, if its latency counts, ms since the epoch.
    pub(super) fn add(&self, arrival_ms: Option<i64>) -> u64 {
        let mut state = self.state();
        state.sent += 1;
        let number = state.sent;
        state.messages.insert(number, arrival_ms);
        number
    }

    /// Notes a delivery. Returns the arrival of the reading behind the message, if its latency counts.
    pub(super) fn remove(&self, number: u64) -> Option<i64> {
        self.state().messages.remove(&number).flatten()
    }

    /// Number of messages sent, which is the number of the last one.
    pub(super) fn sent(&self) -> u64 {
        self.state().sent
    }

    /// The number of the oldest message in flight.
    pub(super) fn oldest(&self) -> Option<u64> {
        self.state().messages.keys().next().copied()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_message_stays_until_it_is_delivered() {
        let in_flight = InFlight::default();
        assert_eq!((in_flight.sent(), in_flight.oldest()), (0, None));
        assert_eq!(
            [Some(10), Some(20), None].map(|arrival_ms| in_flight.add(arrival_ms)),
            [1, 2, 3]
        );
        assert_eq!(in_flight.remove(2), Some(20));
        assert_eq!((in_flight.sent(), in_flight.oldest()), (3, Some(1)));
        assert_eq!(in_flight.remove(1), Some(10));
        assert_eq!(in_flight.oldest(), Some(3));
        assert_eq!(in_flight.remove(1), None, "reported twice");
        assert_eq!(in_flight.remove(3), None, "without an arrival");
        assert_eq!((in_flight.sent(), in_flight.oldest()), (3, None));
    }
}
