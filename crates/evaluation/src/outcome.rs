//! The alarms of one rule set on one patient, compared with the ground truth.

use vitals_core::domain::watch::Priority;

/// An interval of simulated time, ms since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Interval {
    pub(crate) from_ms: i64,
    pub(crate) to_ms: i64,
}

/// The alarms of one rule set on one patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Outcome {
    /// The first alarm of low priority or above during the episode, ms since its onset.
    pub(crate) detected_ms: Option<i64>,
    /// The first medium or high alarm during the episode, ms since its onset.
    pub(crate) urgent_ms: Option<i64>,
    /// Medium and high alarms outside the episode.
    pub(crate) false_alarms: u32,
    /// Low alarms outside the episode.
    pub(crate) low_alarms: u32,
}

impl Outcome {
    /// Counts an alarm raised at `at_ms` since the start. A technical alarm is none about the
    /// patient.
    pub(crate) fn count(&mut self, at_ms: i64, priority: Priority, episode: Option<Interval>) {
        if priority == Priority::Technical {
            return;
        }
        let is_urgent = priority >= Priority::Medium;
        let during = episode.filter(|episode| (episode.from_ms..=episode.to_ms).contains(&at_ms));
        match during {
            Some(episode) => {
                let after_ms = at_ms - episode.from_ms;
                self.detected_ms.get_or_insert(after_ms);
                if is_urgent {
                    self.urgent_ms.get_or_insert(after_ms);
                }
            }
            None if is_urgent => self.false_alarms += 1,
            None => self.low_alarms += 1,
        }
    }

    /// The time of the detection; `strict` counts medium and high alarms only.
    pub(crate) const fn detection_ms(&self, strict: bool) -> Option<i64> {
        if strict { self.urgent_ms } else { self.detected_ms }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_detects_within_the_episode_and_is_false_elsewhere() {
        let episode = Some(Interval { from_ms: 100, to_ms: 200 });
        let mut outcome = Outcome::default();
        for (at_ms, priority) in [
            (99, Priority::Medium),
            (100, Priority::Technical),
            (120, Priority::Low),
            (150, Priority::High),
            (200, Priority::High),
            (201, Priority::Low),
            (202, Priority::High),
        ] {
            outcome.count(at_ms, priority, episode);
        }
        let expected =
            Outcome { detected_ms: Some(20), urgent_ms: Some(50), false_alarms: 2, low_alarms: 1 };
        assert_eq!(outcome, expected);
    }
}
