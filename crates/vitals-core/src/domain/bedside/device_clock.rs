//! The clock of a bedside device, compared with arrival times.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// Difference between measurement and arrival up to which a device's clock counts as right.
/// Delivery takes this long at most in normal operation.
pub const CLOCK_TOLERANCE_MS: i64 = 5_000;

/// Number of readings in the median. Half of them must differ before a new offset is believed, so
/// that a few late readings do not look like a changed clock.
pub(super) const WINDOW: usize = 9;

/// Number of readings before an offset is believed: one late reading is not a slow clock.
const MIN_SAMPLES: usize = 3;

/// Minimum time between two samples. A burst of readings after an outage is then a few samples.
pub(super) const SAMPLE_INTERVAL_MS: i64 = 500;

/// The recent differences of arrival and measurement of one device.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct DeviceClock {
    /// Arrival minus measurement, oldest first.
    lags_ms: VecDeque<i64>,
    last_sample_ms: Option<i64>,
}

impl DeviceClock {
    /// Adds a reading. Readings that arrived before the last one do not count.
    pub(super) fn observe(&mut self, measured_ms: i64, arrival_ms: i64) {
        // The first samples may follow each other closely, so that an offset is known soon.
        let enough = self.lags_ms.len() >= MIN_SAMPLES;
        let too_soon = self.last_sample_ms.is_some_and(|last_ms| {
            let since_ms = arrival_ms.saturating_sub(last_ms);
            arrival_ms < last_ms || (enough && since_ms < SAMPLE_INTERVAL_MS)
        });
        if too_soon {
            return;
        }
        self.last_sample_ms = Some(arrival_ms);
        self.lags_ms.push_back(arrival_ms.saturating_sub(measured_ms));
        if self.lags_ms.len() > WINDOW {
            self.lags_ms.pop_front();
        }
    }

    /// Moves an arrival after `latest_ms` to it.
    pub(super) fn cap_arrival(&mut self, latest_ms: i64) {
        self.last_sample_ms = self.last_sample_ms.map(|last_ms| last_ms.min(latest_ms));
    }

    /// The median of arrival minus measurement if the clock is wrong by more than
    /// [`CLOCK_TOLERANCE_MS`]: negative if it is ahead. `None` until there are enough readings.
    #[must_use]
    pub fn error_ms(&self) -> Option<i64> {
        error_of(&mut self.lags_ms.iter().copied().collect::<Vec<_>>())
    }

    /// The time of a measurement on the server's clock, at most its arrival.
    pub(super) fn place(&self, measured_ms: i64, arrival_ms: i64) -> i64 {
        place(measured_ms, arrival_ms, || self.error_ms())
    }

    /// Returns true if a measurement was under way for longer than the clock's error explains.
    pub(super) fn is_late(&self, measured_ms: i64, arrival_ms: i64) -> bool {
        arrival_ms.saturating_sub(self.place(measured_ms, arrival_ms)) > CLOCK_TOLERANCE_MS
    }
}

/// The error of a clock, the median of its lags; `None` if it is right, or not known.
///
/// Most of the lags must agree with it. While a device sends what it has buffered in an outage, each
/// reading was under way for less time than the one before it.
pub(super) fn error_of(lags_ms: &mut [i64]) -> Option<i64> {
    if lags_ms.len() < MIN_SAMPLES {
        return None;
    }
    lags_ms.sort_unstable();
    let offset_ms = *lags_ms.get(lags_ms.len() / 2)?;
    let agreeing = lags_ms.iter().filter(|lag_ms| is_near(**lag_ms, offset_ms)).count();
    let is_wrong = offset_ms.saturating_abs() > CLOCK_TOLERANCE_MS;
    (is_wrong && 2 * agreeing > lags_ms.len()).then_some(offset_ms)
}

/// The time of a measurement on the server's clock, at most its arrival.
///
/// A measurement time near the arrival is believed as it is, because a wrong clock may have
/// been corrected a moment ago. Any other is shifted by the clock's error.
pub(super) fn place(
    measured_ms: i64,
    arrival_ms: i64,
    error_ms: impl FnOnce() -> Option<i64>,
) -> i64 {
    if is_near(measured_ms, arrival_ms) {
        return measured_ms.min(arrival_ms);
    }
    measured_ms.saturating_add(error_ms().unwrap_or(0)).min(arrival_ms)
}

/// Returns true if two times differ by no more than the tolerance.
pub(super) const fn is_near(a_ms: i64, b_ms: i64) -> bool {
    a_ms.saturating_sub(b_ms).saturating_abs() <= CLOCK_TOLERANCE_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_763_812_800_000;

    /// A clock after `count` readings at one per second, each `lag_ms` behind its arrival.
    fn clock(lag_ms: i64, count: i64) -> DeviceClock {
        let mut clock = DeviceClock::default();
        for second in 0..count {
            let arrival_ms = NOW + second * 1_000;
            clock.observe(arrival_ms - lag_ms, arrival_ms);
        }
        clock
    }

    #[test]
    fn a_wrong_clock_is_found_after_three_readings() {
        assert_eq!(clock(7_200_000, 2).error_ms(), None);
        for lag_ms in [7_200_000, -240_000, -6_000, NOW] {
            assert_eq!(clock(lag_ms, 3).error_ms(), Some(lag_ms));
        }
        assert_eq!(clock(4_000, 9).error_ms(), None);
    }

    #[test]
    fn a_few_late_readings_or_a_burst_do_not_look_like_a_slow_clock() {
        let mut delayed = clock(0, 9);
        for late in 0..4 {
            delayed.observe(NOW, NOW + 600_000 + late * 1_000);
        }
        assert_eq!(delayed.error_ms(), None);
        let mut burst = clock(0, 9);
        for late in 0..600 {
            burst.observe(NOW + 10_000 + late * 1_000, NOW + 600_000 + late);
        }
        assert_eq!(burst.error_ms(), None);
        // Sixty a second, for a minute.
        let mut catching_up = clock(0, 9);
        for late in 0..3_600 {
            let arrival_ms = NOW + 3_610_000 + late * 1_000 / 60;
            catching_up.observe(NOW + 10_000 + late * 1_000, arrival_ms);
            assert_eq!(catching_up.error_ms(), None, "reading {late}");
        }
    }

    #[test]
    fn values_are_placed_by_the_clocks_error_and_never_after_their_arrival() {
        let right = clock(100, 9);
        let fast = clock(-240_000, 9);
        let slow = clock(7_200_000, 9);
        let new = clock(0, 1);
        let cases = [
            ("right clock", &right, NOW - 100, NOW - 100),
            ("late value of a right clock", &right, NOW - 60_000, NOW - 60_000),
            ("right clock, dated ahead", &right, NOW + 60_000, NOW),
            ("fast clock", &fast, NOW + 240_000, NOW),
            ("late value of a fast clock", &fast, NOW + 180_000, NOW - 60_000),
            ("fast clock after its correction", &fast, NOW, NOW),
            ("slow clock", &slow, NOW - 7_200_000, NOW),
            ("late value of a slow clock", &slow, NOW - 7_260_000, NOW - 60_000),
            ("slow clock after its correction", &slow, NOW - 50, NOW - 50),
            ("unknown clock, two hours behind", &new, NOW - 7_200_000, NOW - 7_200_000),
            ("unknown clock, year 2161", &new, NOW + 4_300_000_000_000, NOW),
        ];
        for (name, clock, measured_ms, placed_ms) in cases {
            assert_eq!(clock.place(measured_ms, NOW), placed_ms, "{name}");
        }
    }
}
