//! Times that earlier lines of the same patient decide.

use std::{collections::HashMap, sync::Arc};

use super::times::Time;

const DAY_MS: i64 = 86_400_000;

/// Places the times that a cell alone leaves open, by the line before of the same patient.
#[derive(Debug, Default)]
pub(super) struct Chronology(HashMap<Arc<str>, Last>);

/// The last time of a patient.
#[derive(Debug, Clone, Copy)]
struct Last {
    time_ms: i64,
    /// Midnights that clock times have passed, ms.
    midnights_ms: i64,
}

impl Chronology {
    /// The instant of `time`, ms.
    pub(super) fn place(&mut self, patient_id: &Arc<str>, time: Time) -> i64 {
        // Without an earlier time of the patient, a repeated one is taken as the first of the two.
        let Some(last) = self.0.get_mut(patient_id) else {
            let time_ms = match time {
                Time::Instant(ms) | Time::Clock(ms) => ms,
                Time::Repeated { earlier_ms, .. } => earlier_ms,
            };
            self.0.insert(Arc::clone(patient_id), Last { time_ms, midnights_ms: 0 });
            return time_ms;
        };
        last.time_ms = match time {
            Time::Instant(ms) => ms,
            Time::Repeated { earlier_ms, later_ms } => {
                // A time that goes back, within the hour of the change, is of its second pass.
                let is_second_pass = earlier_ms < last.time_ms && last.time_ms <= later_ms;
                if is_second_pass { later_ms } else { earlier_ms }
            }
            Time::Clock(ms) => {
                // A step back of more than half a day is midnight; a shorter one is disorder.
                let is_next_day = ms + last.midnights_ms + DAY_MS / 2 < last.time_ms;
                last.midnights_ms += if is_next_day { DAY_MS } else { 0 };
                ms + last.midnights_ms
            }
        };
        last.time_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(times: &[Time]) -> Vec<i64> {
        let patient = Arc::from("x");
        let mut chronology = Chronology::default();
        times.iter().map(|time| chronology.place(&patient, *time)).collect()
    }

    #[test]
    fn the_hour_that_a_clock_repeats_comes_twice() {
        let hour = |ms| Time::Repeated { earlier_ms: ms, later_ms: ms + 3_600_000 };
        let times = [Time::Instant(-60_000), hour(0), hour(1_800_000), hour(0), hour(60_000)];
        assert_eq!(placed(&times), [-60_000, 0, 1_800_000, 3_600_000, 3_660_000]);
    }

    #[test]
    fn clock_times_pass_midnight_once_a_day() {
        let hours = |hours: i64| Time::Clock(hours * 3_600_000);
        let times = [22, 23, 0, 6, 5, 23, 1].map(hours);
        let placed: Vec<_> = placed(&times).iter().map(|ms| ms / 3_600_000).collect();
        assert_eq!(placed, [22, 23, 24, 30, 29, 47, 49]);
    }
}
