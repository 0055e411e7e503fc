//! The time up to which every message of a partition was read.

use vitals_core::domain::watch::MAX_SETBACK_MS;

/// The time up to which every message was read, ms since the epoch, by two clocks: a broker that is
/// ahead for a while is not overtaken by the clock of this process, nor the other way round.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReadTime {
    /// By the last messages.
    messages_ms: i64,
    /// By the clock of this process, at the end of the log.
    end_ms: i64,
}

impl Default for ReadTime {
    fn default() -> Self {
        Self { messages_ms: i64::MIN, end_ms: i64::MIN }
    }
}

impl ReadTime {
    /// The time, `i64::MIN` before the first message.
    pub(super) fn ms(self) -> i64 {
        self.messages_ms.max(self.end_ms)
    }

    /// Notes a message, before which every message was read at `time_ms`. Returns true if its clock
    /// was set back.
    pub(super) const fn note_message(&mut self, time_ms: i64) -> bool {
        note(&mut self.messages_ms, time_ms)
    }

    /// Notes that the log has no further message at `time_ms`. Returns true if the clock of this
    /// process was set back.
    pub(super) const fn note_end(&mut self, time_ms: i64) -> bool {
        note(&mut self.end_ms, time_ms)
    }
}

/// Advances `known_ms`. It goes back only by more than the times of successive messages may differ.
const fn note(known_ms: &mut i64, time_ms: i64) -> bool {
    let is_back = known_ms.saturating_sub(time_ms) > MAX_SETBACK_MS;
    if is_back || time_ms > *known_ms {
        *known_ms = time_ms;
    }
    is_back
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 3_600_000;

    #[test]
    fn time_follows_a_clock_that_was_set_back() {
        let mut time = ReadTime::default();
        assert!(!time.note_message(1_000));
        assert!(!time.note_message(1_000 - MAX_SETBACK_MS));
        assert_eq!(time.ms(), 1_000, "messages out of order");
        assert!(!time.note_message(HOUR_MS));
        assert!(time.note_message(2_000));
        assert_eq!(time.ms(), 2_000);
    }

    #[test]
    fn the_clock_of_this_process_goes_back_alone() {
        let mut time = ReadTime::default();
        time.note_message(1_000);
        time.note_end(HOUR_MS);
        assert!(!time.note_message(2_000), "that of the broker was not set back");
        assert_eq!(time.ms(), HOUR_MS);
        assert!(time.note_end(1_500));
        assert_eq!(time.ms(), 2_000);
    }

    #[test]
    fn no_time_overflows() {
        for time_ms in [i64::MIN, i64::MAX, i64::MIN, 0] {
            let mut time = ReadTime::default();
            time.note_message(time_ms);
            time.note_message(i64::MAX);
            time.note_message(i64::MIN);
            time.note_end(time_ms);
            assert_eq!(time.ms(), time_ms);
        }
    }
}
