//! The baseline of one vital, and the detectors on its one-minute medians.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::domain::watch::settings::AnomalySettings;

/// Length of the baseline, minutes.
pub(in crate::domain::watch) const BASELINE_MINUTES: usize = 360;

/// The last minutes, which are compared with the baseline and not part of it.
const RECENT_MINUTES: usize = 15;

/// Values of one minute that are kept for its median.
const MAX_SAMPLES: usize = 120;

/// Consecutive minutes for which a median must be far from the baseline to deviate.
const DEVIATION_MINUTES: u8 = 3;

/// The MAD of a normal distribution times this is its standard deviation.
const MAD_TO_SD: f64 = 1.4826;

/// A cumulative sum towards one side.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
struct Cusum {
    sum: f64,
    /// The minute in which the sum left zero: the onset of the shift.
    onset: Option<i64>,
    /// The sum has passed the threshold since.
    shifted: bool,
}

/// One-minute medians of a vital, in tenths of its unit, and the detectors.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Track {
    /// The minute of `samples`, since the epoch.
    minute: i64,
    samples: Vec<i16>,
    /// The medians, oldest first.
    medians: VecDeque<i16>,
    up: Cusum,
    down: Cusum,
    /// Consecutive minutes that deviate.
    far_minutes: u8,
    /// The last minute's median, the baseline's median and its MAD.
    last: Option<[f64; 3]>,
}

/// The anomaly of one vital.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Verdict {
    pub(super) value: f64,
    pub(super) median: f64,
    /// Distance from the median, in MADs.
    pub(super) mads: f64,
    /// Minutes since the onset of a sustained shift.
    pub(super) shifted_minutes: Option<i64>,
    pub(super) deviates: bool,
}

impl Track {
    /// Adds a value. The first value of a minute closes the minute before.
    pub(super) fn add(
        &mut self,
        value: f64,
        arrival_ms: i64,
        smallest_mad: f64,
        settings: &AnomalySettings,
    ) {
        let minute = arrival_ms.div_euclid(60_000);
        if minute != self.minute {
            self.close(smallest_mad, settings);
            self.minute = minute;
        }
        if self.samples.len() < MAX_SAMPLES {
            self.samples.push(tenths(value));
        }
    }

    /// Moves times after `latest_ms` to it.
    pub(super) fn cap_times(&mut self, latest_ms: i64) {
        let minute = latest_ms.div_euclid(60_000);
        self.minute = self.minute.min(minute);
        for onset in [&mut self.up.onset, &mut self.down.onset].into_iter().flatten() {
            *onset = minute.min(*onset);
        }
    }

    /// The anomaly under way, if there is any.
    pub(super) fn verdict(&self) -> Option<Verdict> {
        let [value, median, mad] = self.last?;
        let shift = [self.up, self.down].into_iter().find(|cusum| cusum.shifted);
        let deviates = self.far_minutes >= DEVIATION_MINUTES;
        if shift.is_none() && !deviates {
            return None;
        }
        let shifted_minutes =
            shift.and_then(|cusum| Some(self.minute.saturating_sub(cusum.onset?)));
        let mads = (value - median).abs() / mad;
        Some(Verdict { value, median, mads, shifted_minutes, deviates })
    }

    fn close(&mut self, smallest_mad: f64, settings: &AnomalySettings) {
        let Some(value) = median(&mut self.samples) else { return };
        self.samples.clear();
        // Without the last minutes: a slow change would become part of its own baseline.
        let mut baseline: Vec<i16> =
            self.medians.iter().rev().skip(RECENT_MINUTES).copied().collect();
        if baseline.len() >= settings.min_minutes.max(1)
            && let Some(center) = median(&mut baseline)
        {
            let mut distances: Vec<i16> =
                baseline.iter().map(|known| (known - center).abs()).collect();
            let mad = median(&mut distances).unwrap_or_default();
            let [value, center] = [value, center].map(|tenths| f64::from(tenths) / 10.0);
            // A steady value has a deviation of zero, of which every change would be a multiple.
            let mad = (f64::from(mad) / 10.0).max(smallest_mad);
            self.detect(value, center, mad, settings);
        }
        self.medians.push_back(value);
        if self.medians.len() > BASELINE_MINUTES + RECENT_MINUTES {
            self.medians.pop_front();
        }
    }

    fn detect(&mut self, value: f64, center: f64, mad: f64, settings: &AnomalySettings) {
        let deviation = (value - center) / (MAD_TO_SD * mad);
        let minute = self.minute;
        self.up.add(deviation, minute, settings);
        self.down.add(-deviation, minute, settings);
        let is_far = (value - center).abs() >= settings.deviation_mads * mad;
        self.far_minutes = if is_far { self.far_minutes.saturating_add(1) } else { 0 };
        self.last = Some([value, center, mad]);
    }
}

impl Cusum {
    fn add(&mut self, deviation: f64, minute: i64, settings: &AnomalySettings) {
        let grown = self.sum + deviation - settings.allowance;
        if grown <= 0.0 {
            *self = Self::default();
            return;
        }
        // Bounded, so that the sum falls soon after the shift has ended.
        self.sum = grown.min(settings.threshold * 1.5);
        self.onset.get_or_insert(minute);
        self.shifted |= self.sum >= settings.threshold;
    }
}

fn tenths(value: f64) -> i16 {
    #[expect(clippy::cast_possible_truncation, reason = "a cast of floats saturates")]
    let tenths = (value * 10.0).round() as i16;
    tenths
}

/// The upper median.
fn median(values: &mut [i16]) -> Option<i16> {
    if values.is_empty() {
        return None;
    }
    let middle = values.len() / 2;
    Some(*values.select_nth_unstable(middle).1)
}
