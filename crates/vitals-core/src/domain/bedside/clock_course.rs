//! The clock of a bedside device over a period, in retrospect.

use super::device_clock::{SAMPLE_INTERVAL_MS, WINDOW, error_of, is_near, place};

/// The course of a device's clock, from the readings of a period.
///
/// It corrects as [`DeviceClock`](super::DeviceClock) does, but knows the later readings, too. The error
/// at a reading is that of the readings around it: it holds from the first reading of the period, and from
/// the first after the clock was set.
#[derive(Debug, Clone, Default)]
pub struct ClockCourse(Vec<Sample>);

#[derive(Debug, Clone, Copy)]
struct Sample {
    arrival_ms: i64,
    /// Arrival minus measurement.
    lag_ms: i64,
}

impl ClockCourse {
    /// The course by pairs of arrival and measurement, in any order; `None` if every reading was
    /// measured near its arrival, so that there is nothing to correct.
    #[must_use]
    pub fn new(mut times_ms: Vec<(i64, i64)>) -> Option<Self> {
        if times_ms.iter().all(|(arrival_ms, measured_ms)| is_near(*measured_ms, *arrival_ms)) {
            return None;
        }
        times_ms.sort_unstable();
        let mut samples: Vec<Sample> = Vec::new();
        for (arrival_ms, measured_ms) in times_ms {
            // A burst of readings after an outage is a few samples: it says little about the clock.
            let too_soon = samples.last().is_some_and(|last| {
                arrival_ms.saturating_sub(last.arrival_ms) < SAMPLE_INTERVAL_MS
            });
            if !too_soon {
                samples.push(Sample { arrival_ms, lag_ms: arrival_ms.saturating_sub(measured_ms) });
            }
        }
        Some(Self(samples))
    }

    /// The time of a measurement on the server's clock, at most its arrival.
    #[must_use]
    pub fn place(&self, measured_ms: i64, arrival_ms: i64) -> i64 {
        place(measured_ms, arrival_ms, || self.error_ms(arrival_ms))
    }

    /// The clock's error at an arrival: that of the samples around it.
    fn error_ms(&self, arrival_ms: i64) -> Option<i64> {
        let Self(samples) = self;
        let later = samples.partition_point(|sample| sample.arrival_ms <= arrival_ms);
        let middle = later.saturating_sub(1);
        // At the bounds of the period the window ends there, and is as long.
        let last_start = samples.len().saturating_sub(WINDOW);
        let start = middle.saturating_sub(WINDOW / 2).min(last_start);
        let around = samples.iter().skip(start).take(WINDOW);
        error_of(&mut around.map(|sample| sample.lag_ms).collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_763_812_800_000;
    const HOUR: i64 = 3_600_000;

    /// Arrivals and measurements, one a second from `from_ms`, each `lag_ms` behind its arrival.
    fn steady(from_ms: i64, count: i64, lag_ms: i64) -> Vec<(i64, i64)> {
        let arrivals = (0..count).map(|second| from_ms + second * 1_000);
        arrivals.map(|arrival_ms| (arrival_ms, arrival_ms - lag_ms)).collect()
    }

    fn placed(times: &[(i64, i64)]) -> Vec<i64> {
        let course = ClockCourse::new(times.to_vec()).unwrap();
        times
            .iter()
            .map(|(arrival_ms, measured_ms)| course.place(*measured_ms, *arrival_ms))
            .collect()
    }

    fn arrivals(times: &[(i64, i64)]) -> Vec<i64> {
        times.iter().map(|(arrival_ms, _)| *arrival_ms).collect()
    }

    #[test]
    fn a_right_clock_needs_no_course() {
        assert!(ClockCourse::new(steady(NOW, 20, 300)).is_none());
        assert!(ClockCourse::new(Vec::new()).is_none());
        assert_eq!(ClockCourse::default().place(NOW + 2_000, NOW), NOW);
    }

    #[test]
    fn every_reading_of_a_wrong_clock_is_at_its_arrival_from_the_first_on() {
        for lag_ms in [2 * HOUR, -240_000, -6_000, NOW] {
            for count in [3, 9, 40] {
                let times = steady(NOW, count, lag_ms);
                assert_eq!(placed(&times), arrivals(&times), "{lag_ms} ms, {count} readings");
            }
        }
        // Too few to tell a wrong clock from a late value.
        assert_eq!(placed(&steady(NOW, 2, HOUR)), [NOW - HOUR, NOW + 1_000 - HOUR]);
    }

    #[test]
    fn a_clock_that_is_set_counts_from_its_first_reading_on() {
        let mut times = steady(NOW, 20, 0);
        times.extend(steady(NOW + 20_000, 20, HOUR));
        times.extend(steady(NOW + 40_000, 20, -240_000));
        times.extend(steady(NOW + 60_000, 20, 0));
        assert_eq!(placed(&times), arrivals(&times));
    }

    #[test]
    fn late_values_stay_at_their_measurement() {
        // An outage of an hour, whose readings arrive within a second, or within half a minute.
        for burst_ms in [1_000, 30_000] {
            let buffered = (0..3_600).map(|second| {
                let arrival_ms = NOW + HOUR + second * burst_ms / 3_600;
                (arrival_ms, NOW + second * 1_000)
            });
            let buffered: Vec<_> = buffered.collect();
            let expected: Vec<_> = buffered.iter().map(|(_, measured_ms)| *measured_ms).collect();
            assert_eq!(placed(&buffered), expected, "alone, within {burst_ms} ms");
            let mut times = steady(NOW - 20_000, 20, 0);
            times.extend(&buffered);
            times.extend(steady(NOW + HOUR + burst_ms, 20, 0));
            assert_eq!(placed(&times)[20..3_620], expected, "between others, within {burst_ms} ms");
        }
    }
}
