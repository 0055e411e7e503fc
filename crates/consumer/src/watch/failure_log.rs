//! Failures in the log, each once: an outage repeats the same one.

/// The last failure that was logged.
#[derive(Debug, Default)]
pub(super) struct FailureLog(Option<String>);

impl FailureLog {
    /// Returns true if `reason` has to be logged: it is not the last one.
    pub(super) fn is_new(&mut self, reason: &str) -> bool {
        let is_new = self.0.as_deref() != Some(reason);
        if is_new {
            self.0 = Some(reason.to_owned());
        }
        is_new
    }

    /// Forgets the last failure, because it is over.
    pub(super) fn clear(&mut self) {
        self.0 = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_new_until_it_repeats_and_again_once_it_was_over() {
        let mut log = FailureLog::default();
        assert!(log.is_new("no leader"));
        assert!(!log.is_new("no leader"));
        assert!(log.is_new("no broker"));
        assert!(log.is_new("no leader"));
        log.clear();
        assert!(log.is_new("no leader"));
    }
}
