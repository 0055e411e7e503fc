//! Partitions whose fetch failed, and the search for readable messages behind damaged ones.
//!
//! ```text
//!  error ──▶ stop fetching ── backoff ──▶ compare with Kafka's log ──▶ fetch from the cursor
//!    │                                                                     │
//!    └── damaged messages, after MAX_ATTEMPTS ──▶ probe ──▶ record a gap ──┘
//! ```

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use vitals_core::runtime::config::RetrySettings;

use super::probe::Probe;

/// Attempts to fetch damaged messages before they are recorded as unreadable.
pub(crate) const MAX_ATTEMPTS: u32 = 5;

/// The time between two fetches of a probe. Messages of the previous fetch are outdated by then.
const PROBE_INTERVAL: Duration = Duration::from_millis(100);

/// The time without an error after which a fetch counts as a success. There may be no message to
/// deliver.
const SETTLING_TIME: Duration = Duration::from_secs(5);

/// The failure of one partition.
#[derive(Debug)]
struct Failure {
    attempts: u32,
    /// The time of the next fetch; `None` while one is under way.
    retry_at: Option<Instant>,
    probe: Option<Probe>,
    /// The client's report that the log was truncated.
    truncation: Option<String>,
    /// The time at which the fetch under way counts as a success.
    settles_at: Option<Instant>,
}

/// The next action for a partition whose fetch failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Retry {
    /// Compare the cursor with Kafka's log, then fetch from it.
    FromCursor,
    /// Fetch from an offset behind damaged messages.
    Probe(i64),
    /// The first readable offset is known.
    Skip(i64),
    /// A fetch from the cursor delivered neither an error nor a message for a while.
    Settle,
}

/// The partitions whose fetch failed and that have delivered no message since.
#[derive(Debug)]
pub(crate) struct FetchFailures {
    retry: RetrySettings,
    failed: HashMap<i32, Failure>,
}

impl FetchFailures {
    pub(crate) fn new(retry: RetrySettings) -> Self {
        Self { retry, failed: HashMap::new() }
    }

    /// Notes a failed fetch, and schedules the next one. With `damage`, the messages themselves
    /// are unreadable.
    pub(crate) fn record(&mut self, partition: i32, damage: bool, now: Instant) {
        let failure = self.failed.entry(partition).or_insert(Failure {
            attempts: 0,
            retry_at: None,
            probe: None,
            truncation: None,
            settles_at: None,
        });
        let backoff = self.retry.backoff(failure.attempts);
        failure.attempts = failure.attempts.saturating_add(1);
        failure.settles_at = None;
        let wait = match &mut failure.probe {
            Some(probe) if damage => {
                probe.on_failure();
                PROBE_INTERVAL
            }
            // The messages may be readable after any other error: the search begins again later.
            _ => {
                failure.probe = None;
                backoff.max(PROBE_INTERVAL)
            }
        };
        failure.retry_at = Some(now + wait);
    }

    /// Notes the client's report that the log was truncated.
    pub(crate) fn set_truncation(&mut self, partition: i32, report: String) {
        if let Some(failure) = self.failed.get_mut(&partition) {
            failure.truncation = Some(report);
        }
    }

    /// The client's report that the log was truncated.
    pub(crate) fn truncation(&self, partition: i32) -> Option<String> {
        self.failed.get(&partition)?.truncation.clone()
    }

    /// Starts to probe the offsets between `next` and the end of the log, if damaged messages at
    /// `next` were fetched often enough.
    pub(crate) fn probe_damage(&mut self, partition: i32, next: i64, end: Option<i64>) {
        let Some(failure) = self.failed.get_mut(&partition) else { return };
        if failure.attempts >= MAX_ATTEMPTS && failure.probe.is_none() {
            failure.probe = end.and_then(|end| Probe::new(next, end));
        }
    }

    /// Notes messages of a partition. Returns true if they end its failure, and false if they only
    /// answer a probe and are fetched again.
    pub(crate) fn on_messages(&mut self, partition: i32, now: Instant) -> bool {
        let Some(failure) = self.failed.get_mut(&partition) else { return true };
        match &mut failure.probe {
            Some(probe) => {
                probe.on_success();
                failure.settles_at = None;
                // A probe only shows that messages at its offset are readable. All are fetched
                // again, in order, once the end of the damage is known.
                failure.retry_at = Some(now + PROBE_INTERVAL);
                false
            }
            None => {
                self.failed.remove(&partition);
                true
            }
        }
    }

    /// Notes that fetching from the cursor has begun again.
    pub(crate) fn on_resumed(&mut self, partition: i32, now: Instant) {
        if let Some(failure) = self.failed.get_mut(&partition) {
            failure.settles_at = Some(now + SETTLING_TIME);
        }
    }

    /// Forgets the failure of a partition: it was revoked or rewound, or its gap was recorded.
    pub(crate) fn clear(&mut self, partition: i32) {
        self.failed.remove(&partition);
    }

    pub(crate) fn is_failed(&self, partition: i32) -> bool {
        self.failed.contains_key(&partition)
    }

    /// The partitions whose next action is due.
    pub(crate) fn due(&mut self, now: Instant) -> Vec<(i32, Retry)> {
        let mut due = Vec::new();
        for (partition, failure) in &mut self.failed {
            if failure.settles_at.is_some_and(|at| at <= now) {
                failure.settles_at = None;
                match &mut failure.probe {
                    Some(probe) => {
                        probe.on_success();
                        failure.retry_at = Some(now);
                    }
                    None => due.push((*partition, Retry::Settle)),
                }
            }
            if failure.retry_at.is_none_or(|at| at > now) {
                continue;
            }
            failure.retry_at = None;
            due.push((*partition, failure.next(now)));
        }
        due
    }
}

impl Failure {
    fn next(&mut self, now: Instant) -> Retry {
        let Some(probe) = &mut self.probe else { return Retry::FromCursor };
        match probe.next_offset() {
            Some(offset) => {
                self.settles_at = Some(now + SETTLING_TIME);
                Retry::Probe(offset)
            }
            None => Retry::Skip(probe.first_readable()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_messages_are_fetched_several_times_before_they_are_skipped() {
        let mut failures = FetchFailures::new(RetrySettings::default());
        let mut now = Instant::now();
        for attempt in 1..=MAX_ATTEMPTS {
            failures.record(3, true, now);
            failures.probe_damage(3, 40, Some(42));
            assert!(failures.due(now).is_empty(), "a backoff comes first");
            now += Duration::from_secs(60);
            let expected =
                if attempt < MAX_ATTEMPTS { Retry::FromCursor } else { Retry::Probe(41) };
            assert_eq!(failures.due(now), [(3, expected)], "attempt {attempt}");
        }
        assert!(!failures.on_messages(3, now), "the probe's messages are fetched again");
        now += Duration::from_secs(60);
        assert_eq!(failures.due(now), [(3, Retry::Skip(41))]);
    }

    #[test]
    fn a_message_ends_a_failure() {
        let mut failures = FetchFailures::new(RetrySettings::default());
        let now = Instant::now();
        failures.record(3, false, now);
        assert!(failures.is_failed(3) && failures.on_messages(3, now));
        assert!(!failures.is_failed(3));
        assert!(failures.due(now + Duration::from_secs(60)).is_empty());
    }

    #[test]
    fn a_fetch_without_error_settles() {
        let mut failures = FetchFailures::new(RetrySettings::default());
        let mut now = Instant::now();
        failures.record(3, false, now);
        now += Duration::from_secs(60);
        assert_eq!(failures.due(now), [(3, Retry::FromCursor)]);
        failures.on_resumed(3, now);
        assert!(failures.due(now).is_empty());
        now += SETTLING_TIME;
        assert_eq!(failures.due(now), [(3, Retry::Settle)]);
    }
}
