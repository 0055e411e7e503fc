//! The source of simulated readings.

use std::time::Duration;

use super::patient::{Location, Patient};
use crate::{
    cli::SimulateArgs,
    source::{Due, Now, Source},
};

/// Simulated time between two readings of a patient when the rate is unlimited, seconds.
const UNPACED_STEP_S: f64 = 1.0;

/// Simulated patients, measured round-robin.
#[derive(Debug)]
pub struct Simulation {
    patients: Vec<Patient>,
    /// Time between two consecutive readings of any patients, seconds.
    interval_s: f64,
    /// True if the rate is limited.
    paced: bool,
    start_ms: Option<i64>,
    count: Option<u64>,
    sent: u64,
}

impl Simulation {
    /// The simulation that `args` describe.
    #[must_use]
    pub fn new(args: &SimulateArgs) -> Self {
        let patients = f64::from(args.patients);
        let rate = args.rate.unwrap_or(patients);
        let paced = rate > 0.0;
        // Round-robin: a patient is measured once per round of all patients.
        let interval_s = if paced { 1.0 / rate } else { UNPACED_STEP_S / patients };
        let step_s = interval_s * patients;
        let patients = (0..args.patients)
            .map(|index| Patient::new(index, args.seed, step_s, location(index, args)))
            .collect();
        Self { patients, interval_s, paced, start_ms: args.start_ms, count: args.count, sent: 0 }
    }

    /// The next reading's due time since the start, and its timestamp in ms since the Unix epoch.
    fn timing(&self, now: Now) -> (Duration, i64) {
        // Computed from the count rather than accumulated, so that rounding errors don't add up.
        #[expect(clippy::cast_precision_loss, reason = "2^53 readings are beyond any run")]
        let since_s = self.sent as f64 * self.interval_s;
        let after = if self.paced { Duration::from_secs_f64(since_s) } else { now.elapsed };
        let time_ms = match self.start_ms {
            Some(start_ms) => start_ms + since_ms(since_s),
            None => now.wall_ms_at(after),
        };
        (after, time_ms)
    }
}

impl Source for Simulation {
    fn next(&mut self, now: Now) -> Option<Due<'_>> {
        if self.count.is_some_and(|count| self.sent >= count) {
            return None;
        }
        let (after, time_ms) = self.timing(now);
        let index = usize::try_from(self.sent % self.patients.len() as u64).ok()?;
        self.sent += 1;
        let reading = self.patients.get_mut(index)?.next_reading(time_ms);
        Some(Due { after, reading })
    }
}

fn since_ms(since_s: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "a simulated time fits in 2^63 ms")]
    let ms = (since_s * 1000.0).round() as i64;
    ms
}

/// The location of patient `index`: wards are filled one after the other, beds count from 1.
fn location(index: u32, args: &SimulateArgs) -> Location {
    let wards = u32::try_from(args.wards.len()).unwrap_or(u32::MAX).max(1);
    let beds = args.patients.div_ceil(wards);
    let ward = args.wards.get((index / beds) as usize).cloned().unwrap_or_default();
    Location { ward, bed: (index % beds + 1).to_string() }
}
