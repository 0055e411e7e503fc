//! The log of an outage: each of its reasons once.

use std::collections::BTreeSet;

/// Maximum number of reasons that are logged between two successes.
const MAX_REASONS: usize = 8;

/// The reasons of failure that have been logged since the last success.
///
/// An outage may begin with a broker that doesn't respond and continue with one that denies access.
/// Only the second reason tells an operator what to change, so a state that is logged once isn't
/// enough.
#[derive(Debug, Default)]
pub struct LoggedReasons(BTreeSet<String>);

impl LoggedReasons {
    /// No reason yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeSet::new())
    }

    /// Returns true if `reason` is to be logged: no reason of its kind has been since the last success.
    pub fn add(&mut self, reason: &str) -> bool {
        self.0.len() < MAX_REASONS && self.0.insert(kind(reason))
    }

    /// Starts over, after a success.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

/// The reason without its numbers: librdkafka adds durations and counts, which change with every
/// attempt.
fn kind(reason: &str) -> String {
    let text = reason.split(" (after ").next().unwrap_or(reason);
    text.chars().filter(|it| !it.is_ascii_digit()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_reason_is_logged_once_until_a_success() {
        let mut logged = LoggedReasons::new();
        assert!(logged.add("no broker responds"));
        assert!(logged.add("access to topic vitals is denied"));
        for again in ["no broker responds", "access to topic vitals is denied"] {
            assert!(!logged.add(again), "{again}");
        }
        logged.clear();
        assert!(logged.add("no broker responds"));
    }

    #[test]
    fn durations_and_counts_make_no_other_kind() {
        let mut logged = LoggedReasons::new();
        assert!(logged.add("127.0.0.1:9092/1: Connect failed (after 3ms in state CONNECT)"));
        let again = "127.0.0.1:9092/1: Connect failed (after 12ms in state CONNECT, 30 identical \
                     error(s) suppressed)";
        assert!(!logged.add(again));
    }

    #[test]
    fn a_reason_that_always_changes_does_not_fill_the_log() {
        let mut logged = LoggedReasons::new();
        let reasons: Vec<String> = ('a'..='z').map(String::from).collect();
        assert_eq!(reasons.iter().filter(|reason| logged.add(reason)).count(), MAX_REASONS);
    }
}
