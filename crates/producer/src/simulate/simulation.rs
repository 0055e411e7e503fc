//! The source of simulated readings.

use std::{collections::BTreeMap, time::Duration};

use vitals_core::domain::{patient_context::PatientContext, reading::Reading};

use super::{
    course::ms, delayed::Delayed, patient::SimulatedPatient, plan::Cohort,
    scenario_file::ScenarioFile, truth::Truth,
};
use crate::{
    cli::SimulateArgs,
    source::{Announcement, Due, Now, Source},
};

/// Simulated time between two readings of a patient when the rate is unlimited, seconds.
const UNPACED_STEP_S: f64 = 1.0;

/// Simulated patients, measured round-robin.
#[derive(Debug)]
pub struct Simulation {
    patients: Vec<SimulatedPatient>,
    /// Onset of the last episode that was announced, by patient.
    announced: Vec<Option<i64>>,
    /// Ground truth to announce.
    truths: Vec<Truth>,
    delayed: Delayed,
    clock: Clock,
    count: Option<u64>,
    sent: u64,
}

/// The times of the readings.
#[derive(Debug)]
struct Clock {
    /// Time between two consecutive readings of any patients, seconds.
    interval_s: f64,
    /// True if the rate is limited.
    paced: bool,
    start_ms: Option<i64>,
    /// Wall clock at the first reading.
    started_ms: Option<i64>,
}

impl Clock {
    /// The simulated time of reading `n`, ms since the start.
    fn since_ms(&self, n: u64) -> i64 {
        // Computed from the count rather than accumulated, so that rounding errors don't add up.
        #[expect(clippy::cast_precision_loss, reason = "2^53 readings are beyond any run")]
        let n = n as f64;
        ms(n * self.interval_s)
    }

    /// The due time since the start of a reading at simulated time `since_ms`.
    fn after(&self, since_ms: i64, now: Now) -> Duration {
        if self.paced {
            Duration::from_millis(u64::try_from(since_ms).unwrap_or(0))
        } else {
            now.elapsed
        }
    }

    /// The timestamp of the reading at simulated time `since_ms`, ms since the Unix epoch.
    fn time_ms(&self, since_ms: i64, now: Now) -> i64 {
        match self.start_ms {
            Some(start_ms) => start_ms.saturating_add(since_ms),
            None => now.wall_ms_at(self.after(since_ms, now)),
        }
    }

    /// The start of the simulation, ms since the Unix epoch.
    fn start_ms(&mut self, now: Now) -> i64 {
        let started_ms = *self.started_ms.get_or_insert(now.wall_ms_at(Duration::ZERO));
        self.start_ms.unwrap_or(started_ms)
    }
}

impl Simulation {
    /// The simulation that `args` describe.
    ///
    /// # Errors
    /// Returns an error if the scenario file can't be read; the message names the entry.
    pub fn new(args: &SimulateArgs) -> anyhow::Result<Self> {
        let cohort = match &args.scenario {
            None => Cohort::ward(args.seed),
            Some(path) => Cohort::of_file(args.seed, ScenarioFile::read(path, args.patients)?),
        };
        let cohort = cohort.in_wards(args.wards.clone(), args.patients);
        let patients = f64::from(args.patients);
        let rate = args.rate.unwrap_or(patients);
        let paced = rate > 0.0;
        // Round-robin: a patient is measured once per round of all patients.
        let interval_s = if paced { 1.0 / rate } else { UNPACED_STEP_S / patients };
        let patients: Vec<_> = (0..args.patients).map(|index| cohort.patient(index)).collect();
        Ok(Self {
            announced: vec![None; patients.len()],
            patients,
            truths: Vec::new(),
            delayed: Delayed::default(),
            clock: Clock { interval_s, paced, start_ms: args.start_ms, started_ms: None },
            count: args.count,
            sent: 0,
        })
    }

    /// Queues the ground truth of the episode that patient `index` has reached at `since_ms`.
    fn announce(&mut self, index: usize, since_ms: i64, now: Now) {
        let patient = &self.patients[index];
        let Some(episode) = patient.latest_episode(since_ms) else { return };
        let announced = self.announced[index].replace(episode.onset_ms);
        if announced != Some(episode.onset_ms) {
            let start_ms = self.clock.start_ms(now);
            self.truths.push(Truth::new(patient.id(), &episode, start_ms));
        }
    }
}

impl Source for Simulation {
    fn next(&mut self, now: Now) -> Option<Due<'_>> {
        loop {
            let is_over = self.count.is_some_and(|count| self.sent >= count);
            let since_ms = self.clock.since_ms(self.sent);
            // Delayed messages whose turn has come, and at the end all of them.
            let until_ms = if is_over { i64::MAX } else { since_ms };
            if let Some((at_ms, reading)) = self.delayed.arrived(until_ms) {
                return Some(Due { after: self.clock.after(at_ms, now), reading });
            }
            if is_over {
                return None;
            }
            let index = usize::try_from(self.sent % self.patients.len() as u64).ok()?;
            self.sent += 1;
            self.announce(index, since_ms, now);
            let time_ms = self.clock.time_ms(since_ms, now);
            let delay_ms = self.patients[index].delay_ms(since_ms);
            if delay_ms == 0 {
                let reading = self.patients[index].reading(since_ms, time_ms);
                return Some(Due { after: self.clock.after(since_ms, now), reading });
            }
            let reading: Reading<'_> = self.patients[index].reading(since_ms, time_ms);
            self.delayed.hold(&reading, since_ms.saturating_add(delay_ms));
        }
    }

    fn is_simulated(&self) -> bool {
        true
    }

    fn contexts(&self, known: &BTreeMap<String, PatientContext>, now: Now) -> Vec<PatientContext> {
        let at_ms = self.clock.start_ms.unwrap_or(now.wall_ms);
        self.patients
            .iter()
            .filter(|patient| {
                known.get(patient.id()).is_none_or(|known| !patient.profile().is_of(known))
            })
            .map(|patient| patient.context(at_ms))
            .collect()
    }

    fn announcements(&mut self) -> Vec<Announcement> {
        self.truths.drain(..).map(Announcement::Truth).collect()
    }
}
