//! One simulated patient on one monitor.

use std::f64::consts::TAU;

use rand_chacha::ChaCha8Rng;
use vitals_core::domain::{patient_context::PatientContext, reading::Reading, vital::Vital};

use super::{
    artefacts::{Artefact, ArtefactRates},
    baseline::Baseline,
    course::{Course, Episode, ms},
    noise::Noise,
    plan::PatientPlan,
    profile::Profile,
    sensors::{Cuff, Moment, Pressures, Thermometer, displayed},
    target::Target,
};

/// Hour of the day at the start of the simulation. A constant, so that values depend on the seed
/// and the simulated time alone.
const START_HOUR: f64 = 8.0;
/// Hour of the daily peak.
const PEAK_HOUR: f64 = 16.0;

/// A patient and the bedside monitor. The state advances in steps of one simulated second,
/// whatever the interval of the readings, so a value depends on the seed and the time alone.
#[derive(Debug)]
pub struct SimulatedPatient {
    id: String,
    device: String,
    ward: String,
    bed: String,
    profile: Profile,
    baseline: Baseline,
    course: Course,
    rng: ChaCha8Rng,
    /// The lead of the monitor's seconds over those of the simulation, ms.
    phase_ms: i64,
    /// The next second to simulate.
    next_s: i64,
    noise: Noise,
    cuff: Cuff,
    thermometer: Thermometer,
    artefacts: Artefacts,
    /// The values that a stuck monitor repeats.
    frozen: Option<Continuous>,
    /// Measurements since the last reading.
    pressures: Option<Pressures>,
    temperature: Option<f64>,
    sequence: i64,
}

/// The artefacts of one patient.
#[derive(Debug)]
struct Artefacts {
    probe_off: Artefact,
    leads_off: Artefact,
    motion: Artefact,
    stuck: Artefact,
    late: Artefact,
}

impl Artefacts {
    fn new(rates: &ArtefactRates, rng: &mut ChaCha8Rng) -> Self {
        Self {
            probe_off: Artefact::new(rates.probe_off, 5.0, 45.0, rng),
            leads_off: Artefact::new(rates.leads_off, 10.0, 60.0, rng),
            motion: Artefact::new(rates.motion, 5.0, 15.0, rng),
            stuck: Artefact::new(rates.stuck, 120.0, 300.0, rng),
            late: Artefact::new(rates.late, 5.0, 30.0, rng),
        }
    }

    fn step(&mut self, now_s: f64, rng: &mut ChaCha8Rng) {
        self.probe_off.step(now_s, rng);
        self.leads_off.step(now_s, rng);
        self.motion.step(now_s, rng);
        self.stuck.step(now_s, rng);
        self.late.step(now_s, rng);
    }
}

/// The vitals of every reading, from the ECG and the pulse oximeter.
#[derive(Debug, Clone, Copy)]
struct Continuous {
    heart_rate: f64,
    respiratory_rate: Option<f64>,
    spo2: f64,
    pulse: f64,
}

impl SimulatedPatient {
    /// The patient of this `plan`, before the first second.
    pub(super) fn new(plan: PatientPlan, rates: &ArtefactRates) -> Self {
        let PatientPlan { number, id, ward, bed, profile, baseline, course, mut rng } = plan;
        Self {
            id,
            device: format!("mon-{number}"),
            ward,
            bed,
            profile,
            baseline,
            course,
            phase_ms: phase_ms(number),
            next_s: 0,
            noise: Noise::new(&mut rng),
            cuff: Cuff::new(rates.cuff_failure, &mut rng),
            thermometer: Thermometer::new(&mut rng),
            artefacts: Artefacts::new(rates, &mut rng),
            frozen: None,
            pressures: None,
            temperature: None,
            sequence: 0,
            rng,
        }
    }

    /// The patient's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Age and conditions.
    #[must_use]
    pub const fn profile(&self) -> Profile {
        self.profile
    }

    /// The patient's context for the score; a prescription is dated `at_ms` (ms since the Unix
    /// epoch).
    #[must_use]
    pub fn context(&self, at_ms: i64) -> PatientContext {
        self.profile.context(&self.id, at_ms)
    }

    /// The ground truth: the episodes that begin before `until_ms` since the start.
    #[must_use]
    pub fn episodes(&self, until_ms: i64) -> Vec<Episode> {
        self.course.episodes(until_ms)
    }

    /// The episode that the monitor shows at `since_ms` since the start, or the last one before it.
    pub(super) fn latest_episode(&self, since_ms: i64) -> Option<Episode> {
        self.course.latest(self.second(since_ms) * 1000)
    }

    /// The time for which the network holds back a message of `since_ms`, ms.
    pub(super) fn delay_ms(&mut self, since_ms: i64) -> i64 {
        self.advance(since_ms);
        ms(self.artefacts.late.remaining_s(seconds(self.next_s - 1)))
    }

    /// The reading at `since_ms` since the start, stamped `time_ms` (ms since the Unix epoch).
    /// `since_ms` must not decrease from one reading to the next.
    pub fn reading(&mut self, since_ms: i64, time_ms: i64) -> Reading<'_> {
        self.advance(since_ms);
        // The whole second, so that the interval of the readings has no influence.
        let second = self.next_s - 1;
        let now_s = seconds(second);
        let target = self.course.target(second * 1000, &self.baseline);
        let continuous = self.frozen.unwrap_or_else(|| self.continuous(&target, now_s));
        let sequence = self.sequence;
        self.sequence += 1;
        let [systolic, diastolic, mean] = self.pressures.take().map_or([None; 3], |p| p.map(Some));
        let temperature = self.temperature.take();

        // A vital without a measurement is left out of the message.
        let mut reading = Reading::new(&self.id, time_ms);
        let vitals = &mut reading.vitals;
        vitals.set(Vital::HeartRate, Some(continuous.heart_rate));
        vitals.set(Vital::RespiratoryRate, continuous.respiratory_rate);
        vitals.set(Vital::Spo2, Some(continuous.spo2));
        vitals.set(Vital::Pulse, Some(continuous.pulse));
        vitals.set(Vital::Systolic, systolic);
        vitals.set(Vital::Diastolic, diastolic);
        vitals.set(Vital::MeanPressure, mean);
        vitals.set(Vital::Temperature, temperature);
        reading.supplemental_oxygen = Some(target.oxygen);
        reading.consciousness = Some(target.consciousness);
        reading.device_id = Some(self.device.as_str().into());
        reading.sequence = Some(sequence);
        reading.ward = Some(self.ward.as_str().into());
        reading.bed = Some(self.bed.as_str().into());
        reading
    }

    /// Simulates until `since_ms` since the start.
    pub(super) fn advance(&mut self, since_ms: i64) {
        while self.next_s <= self.second(since_ms) {
            self.step();
        }
    }

    /// The second of the simulation that the monitor shows at `since_ms` since the start.
    const fn second(&self, since_ms: i64) -> i64 {
        (since_ms + self.phase_ms) / 1000
    }

    /// Simulates one second.
    fn step(&mut self) {
        let now_s = seconds(self.next_s);
        let since_ms = self.next_s * 1000;
        self.next_s += 1;
        self.noise.step(&mut self.rng);
        self.artefacts.step(now_s, &mut self.rng);
        // A stuck monitor repeats the values of the second in which it got stuck.
        if self.artefacts.stuck.severity(now_s).is_none() {
            self.frozen = None;
        } else if self.frozen.is_none() {
            let target = self.course.target(since_ms, &self.baseline);
            self.frozen = Some(self.continuous(&target, now_s));
        }
        if self.cuff.is_due(now_s) || self.thermometer.is_due(now_s) {
            self.measure(since_ms, now_s);
        }
    }

    /// Takes the measurements that are due.
    fn measure(&mut self, since_ms: i64, now_s: f64) {
        let moment = Moment {
            now_s,
            target: &self.course.target(since_ms, &self.baseline),
            latent: self.noise.latent(),
            day: day_phase(now_s),
            is_ill: self.course.is_ill(since_ms),
        };
        if self.cuff.is_due(now_s) {
            self.pressures = self.cuff.measure(&moment, &mut self.rng).or(self.pressures);
        }
        if self.thermometer.is_due(now_s) {
            self.temperature = Some(self.thermometer.measure(&moment, &mut self.rng));
        }
    }

    /// The continuously measured vitals, with the artefacts of their sensors.
    fn continuous(&self, target: &Target, now_s: f64) -> Continuous {
        let noise = self.noise.departures(target.variability, day_phase(now_s));
        let mut heart_rate = target.vitals.heart_rate + noise.heart_rate;
        let mut pulse = heart_rate + noise.pulse;
        if target.irregular {
            // The oximeter misses weak beats.
            heart_rate += IRREGULAR_SD * noise.beat;
            pulse = heart_rate - PULSE_DEFICIT;
        }
        let mut spo2 = target.vitals.spo2 + noise.spo2;
        if let Some(severity) = self.artefacts.motion.severity(now_s) {
            spo2 -= 3.0 + 6.0 * severity;
            pulse += 60.0 * (severity - 0.5);
        }
        let respiratory_rate = target.vitals.respiratory_rate + noise.respiratory_rate;
        let is_probe_off = self.artefacts.probe_off.severity(now_s).is_some();
        let probe = if is_probe_off { 0.0 } else { 1.0 };
        // Respiration is measured over the leads of the ECG.
        let has_leads = self.artefacts.leads_off.severity(now_s).is_none();
        Continuous {
            heart_rate: if has_leads { displayed(heart_rate, 25.0, 240.0) } else { 0.0 },
            respiratory_rate: has_leads.then(|| displayed(respiratory_rate, 3.0, 60.0)),
            spo2: probe * displayed(spo2, 50.0, 100.0),
            pulse: probe * displayed(pulse, 25.0, 240.0),
        }
    }
}

/// The lead of the monitor of patient `number`, ms: monitors do not renew their values all at once. The
/// ground truth has the times of the simulation, so a monitor shows an onset up to a second earlier.
/// Not drawn, because that would change every value of the patient.
fn phase_ms(number: u32) -> i64 {
    // Coprime to 1000 and near its golden section, so that the phases of any patients are spread.
    i64::from(number) * 617 % 1000
}

/// Standard deviation of the heart rate in an irregular rhythm, beats/min.
const IRREGULAR_SD: f64 = 9.0;
/// Beats/min that the oximeter misses in an irregular rhythm.
const PULSE_DEFICIT: f64 = 9.0;

/// Phase of the daily swing: 1 at the peak, -1 twelve hours later.
fn day_phase(now_s: f64) -> f64 {
    let hour = START_HOUR + now_s / 3600.0;
    ((hour - PEAK_HOUR) / 24.0 * TAU).cos()
}

#[expect(clippy::cast_precision_loss, reason = "2^53 seconds are beyond any run")]
const fn seconds(second: i64) -> f64 {
    second as f64
}
