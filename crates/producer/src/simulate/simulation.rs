//! The source of simulated readings.

use std::time::Duration;

use super::patient::{Patient, Place};
use crate::{
    cli::SimulateArgs,
    source::{Due, Now, Source},
};

/// Simulated time between two readings of a patient when the rate is unlimited, seconds.
const UNPACED_STEP_S: f64 = 1.0;

/// The patients, read one after the other, round and round.
#[derive(Debug)]
pub struct Simulation {
    patients: Vec<Patient>,
    /// Time between two readings, of whichever patient, seconds.
    interval_s: f64,
    /// Whether the rate is limited.
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
        let interval_s = if paced { 1.0 / rate } else { UNPACED_STEP_S / patients };
        let step_s = interval_s * patients;
        let patients = (0..args.patients)
            .map(|index| Patient::new(index, args.seed, step_s, place(index, args)))
            .collect();
        let (start_ms, count) = (args.start_ms, args.count);
        Self { patients, interval_s, paced, start_ms, count, sent: 0 }
    }

    /// When the reading in turn is due, and its time, ms since the Unix epoch.
    fn timing(&self, now: Now) -> (Duration, i64) {
        #[expect(clippy::cast_precision_loss, reason = "2^53 readings are beyond any run")]
        let since_s = self.sent as f64 * self.interval_s;
        let after = if self.paced { Duration::from_secs_f64(since_s) } else { now.elapsed };
        #[expect(clippy::cast_possible_truncation, reason = "ms since the epoch fit")]
        let simulated = |start: i64| start + (since_s * 1000.0).round() as i64;
        (after, self.start_ms.map_or_else(|| now.wall_ms_at(after), simulated))
    }
}

impl Source for Simulation {
    fn next(&mut self, now: Now) -> Option<Due<'_>> {
        if self.count.is_some_and(|count| self.sent >= count) {
            return None;
        }
        let (after, time_ms) = self.timing(now);
        let turn = usize::try_from(self.sent % self.patients.len() as u64).ok()?;
        self.sent += 1;
        let reading = self.patients.get_mut(turn)?.read(time_ms);
        Some(Due { after, reading })
    }
}

/// Where patient `index` lies: the wards are filled one after the other, beds count from 1.
fn place(index: u32, args: &SimulateArgs) -> Place {
    let wards = u32::try_from(args.wards.len()).unwrap_or(u32::MAX).max(1);
    let beds = args.patients.div_ceil(wards);
    let ward = args.wards.get((index / beds) as usize).cloned().unwrap_or_default();
    Place { ward, bed: (index % beds + 1).to_string() }
}
