//! Detection of brokers that hold their connections and do not respond.
//!
//! A process that is stopped, or a network that drops packets, closes no connection: librdkafka waits
//! for a minute. Its statistics show the silence earlier.

use rdkafka::{Statistics, statistics::Broker};

/// Time without a response to a request after which the brokers are silent, us. Longer than the
/// interval between metadata requests, whose responses prove that a broker lives while another request,
/// such as joining a group, waits for long.
const LIMIT_US: i64 = 8_000_000;

/// Maximum age of the latest bytes of a response that is being received, us.
const RECEIVING_US: i64 = 1_000_000;

/// Statistics without a response after which the brokers may be silent. The first ones of a process
/// that was stopped itself precede the responses that have arrived meanwhile.
const MIN_UNANSWERED: u32 = 3;

/// The responses of the brokers to one client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Responses {
    /// A broker has responded since the last statistics.
    Arriving,
    /// No response is due.
    None,
    /// A request has had no response for too long: the time since the latest response, ms, if there
    /// was one.
    Overdue(Option<i64>),
}

/// The time for which the brokers have been silent, from one client's statistics.
#[derive(Debug)]
pub(super) struct Silence {
    /// Responses received so far.
    responses: u64,
    /// Statistics with the latest response, by their clock, us.
    responded_us: Option<i64>,
    /// The first statistics with a request in flight since the last response, by their clock, us.
    waiting_since_us: Option<i64>,
    /// Statistics with a request in flight since the last response.
    unanswered: u32,
}

impl Silence {
    /// The silence before the first statistics.
    pub(super) const fn new() -> Self {
        Self { responses: 0, responded_us: None, waiting_since_us: None, unanswered: 0 }
    }

    /// Applies statistics. Their clock counts, since the client may be polled late.
    pub(super) fn observe(&mut self, statistics: &Statistics) -> Responses {
        let brokers = || statistics.brokers.values();
        let responses: u64 = brokers().map(|broker| broker.rx).sum();
        if responses != self.responses || brokers().any(is_receiving) {
            let responded_us = (responses > 0).then_some(statistics.ts);
            *self = Self { responses, responded_us, ..Self::new() };
            return Responses::Arriving;
        }
        if !brokers().any(|broker| broker.waitresp_cnt > 0) {
            self.waiting_since_us = None;
            self.unanswered = 0;
            return Responses::None;
        }
        self.unanswered += 1;
        let waited_us = statistics.ts - *self.waiting_since_us.get_or_insert(statistics.ts);
        if waited_us < LIMIT_US || self.unanswered < MIN_UNANSWERED {
            return Responses::None;
        }
        Responses::Overdue(self.responded_us.map(|us| (statistics.ts - us) / 1_000))
    }
}

/// Returns true if bytes of a response, which may be large, have just arrived.
fn is_receiving(broker: &Broker) -> bool {
    (0..RECEIVING_US).contains(&broker.rxidle)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// Statistics at a second of their clock, with the responses and the requests in flight of each
    /// broker.
    fn statistics(second: i64, brokers: &[(u64, i64)]) -> Statistics {
        let broker = |&(rx, waitresp_cnt): &(u64, i64)| Broker {
            rx,
            waitresp_cnt,
            rxidle: -1,
            ..Broker::default()
        };
        let brokers = brokers.iter().map(broker).enumerate();
        let brokers = HashMap::from_iter(brokers.map(|(id, it)| (id.to_string(), it)));
        Statistics { ts: second * 1_000_000, brokers, ..Statistics::default() }
    }

    #[test]
    fn a_request_without_a_response_is_overdue_after_the_limit() {
        let mut silence = Silence::new();
        for (second, brokers, expected) in [
            (1, (5, 1), Responses::Arriving),
            (2, (5, 1), Responses::None),
            (9, (5, 1), Responses::None),
            (10, (5, 2), Responses::Overdue(Some(9_000))),
            (30, (5, 2), Responses::Overdue(Some(29_000))),
            (31, (6, 1), Responses::Arriving),
            (32, (6, 1), Responses::None),
        ] {
            assert_eq!(silence.observe(&statistics(second, &[brokers])), expected, "{second}");
        }
    }

    #[test]
    fn brokers_that_have_never_responded_are_overdue_without_a_latest_response() {
        let mut silence = Silence::new();
        for second in 0..8 {
            assert_eq!(silence.observe(&statistics(second, &[(0, 1)])), Responses::None);
        }
        assert_eq!(silence.observe(&statistics(8, &[(0, 1)])), Responses::Overdue(None));
    }

    #[test]
    fn a_client_that_was_stopped_itself_reads_the_responses_first() {
        let mut silence = Silence::new();
        silence.observe(&statistics(0, &[(5, 1)]));
        assert_eq!(silence.observe(&statistics(1, &[(5, 1)])), Responses::None);
        assert_eq!(silence.observe(&statistics(60, &[(5, 1)])), Responses::None);
        assert_eq!(silence.observe(&statistics(61, &[(6, 1)])), Responses::Arriving);
    }

    #[test]
    fn an_idle_connection_is_not_silent() {
        let mut silence = Silence::new();
        silence.observe(&statistics(0, &[(5, 0)]));
        assert_eq!(silence.observe(&statistics(600, &[(5, 0)])), Responses::None);
        // The request has just been sent.
        assert_eq!(silence.observe(&statistics(601, &[(5, 1)])), Responses::None);
        assert_eq!(silence.observe(&statistics(605, &[(5, 1)])), Responses::None);
        let overdue = silence.observe(&statistics(609, &[(5, 1)]));
        assert_eq!(overdue, Responses::Overdue(Some(609_000)), "since the last response");
    }

    #[test]
    fn a_request_that_waits_for_long_is_no_silence_while_others_have_responses() {
        let mut silence = Silence::new();
        for second in 0..60_u32 {
            // Metadata every 5 s, beside a request to join a group.
            let brokers = [(1, 1), (u64::from(1 + second / 5), 0)];
            let responses = silence.observe(&statistics(second.into(), &brokers));
            assert!(!matches!(responses, Responses::Overdue(_)), "{second}");
        }
    }

    #[test]
    fn a_large_response_counts_before_it_is_complete() {
        let mut silence = Silence::new();
        silence.observe(&statistics(0, &[(1, 1)]));
        for second in 1..60 {
            let mut statistics = statistics(second, &[(1, 1)]);
            statistics.brokers.values_mut().for_each(|broker| broker.rxidle = 20_000);
            assert_eq!(silence.observe(&statistics), Responses::Arriving);
        }
    }
}
