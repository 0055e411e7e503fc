//! The end of a partition's log: the time up to which every message was read.

use super::partition::PartitionWatch;

/// Time by which the judgement of silence stays behind the clock at the end of a partition: a
/// message may be on its way from the broker.
const GRACE_MS: i64 = 1_000;

/// The same for messages whose producers set the time: they arrive with a varying delay.
pub(super) const CREATE_TIME_GRACE_MS: i64 = 3_000;

impl PartitionWatch {
    /// Notes that no message follows the last one.
    pub(super) const fn reach_end(&mut self) {
        self.at_end = true;
        self.end = None;
        self.was_at_end = true;
    }

    /// Returns true if no message followed the last one, as far as this process has noticed.
    pub(super) const fn is_at_end(&self) -> bool {
        self.at_end
    }

    /// Notes the ends that the broker responded to a request of `asked_ms`: the last stable offset
    /// and the high watermark. If they are equal and unchanged, every message that had arrived by
    /// then was read, and a patient without one is silent. An outage of the broker thus makes no
    /// patient silent, nor do readings behind an open transaction.
    pub(super) fn confirm_end(&mut self, stable: i64, high: i64, asked_ms: i64) {
        match self.end {
            _ if stable < high => self.end = None,
            Some(end) if end == high => {
                if self.read_time.note_end(asked_ms.saturating_sub(GRACE_MS)) {
                    self.set_back();
                }
            }
            Some(_) => self.at_end = false,
            None => self.end = Some(high),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use vitals_core::runtime::config::Settings;

    use super::*;
    use crate::watch::{
        committed::Origin,
        partition_settings::{PartitionSettings, StartPosition},
        restore::States,
        takeover::Takeover,
    };

    fn partition() -> PartitionWatch {
        let settings = PartitionSettings::new(&Settings::default());
        let position = StartPosition { read_from: 7, judge_from: 7, last: None };
        let start = (position, Takeover::default());
        PartitionWatch::restore(
            0,
            settings,
            Origin::default(),
            start,
            States::default(),
            Arc::default(),
        )
    }

    #[test]
    fn time_passes_at_the_end_of_a_log_that_does_not_move() {
        let mut partition = partition();
        partition.reach_end();
        partition.confirm_end(7, 7, 10_000);
        assert_eq!(partition.read_time.ms(), i64::MIN, "a message may be on its way");
        partition.confirm_end(7, 7, 10_500);
        assert_eq!(partition.read_time.ms(), 9_500);
        partition.confirm_end(8, 8, 11_000);
        assert_eq!((partition.read_time.ms(), partition.is_at_end()), (9_500, false));
    }

    #[test]
    fn time_stands_still_behind_an_open_transaction() {
        let mut partition = partition();
        partition.reach_end();
        partition.confirm_end(7, 7, 10_000);
        for asked_ms in [10_500, 11_000, 60_000] {
            partition.confirm_end(7, 9, asked_ms);
            assert_eq!(partition.read_time.ms(), i64::MIN);
        }
        // The transaction was aborted.
        partition.confirm_end(9, 9, 61_000);
        partition.confirm_end(9, 9, 61_500);
        assert_eq!(partition.read_time.ms(), 60_500);
    }
}
