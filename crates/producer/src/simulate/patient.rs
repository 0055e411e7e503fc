//! One simulated patient on one monitor.

use std::f64::consts::TAU;

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use vitals_core::domain::{reading::Reading, vital::Vital};

use super::{
    baseline::Baseline,
    noise::{
        HEART_RATE, LATENT_TAU_S, Noise, PULSE_DIFFERENCE, RESPIRATORY_RATE, SPO2, SYSTOLIC,
        TEMPERATURE,
    },
    ornstein_uhlenbeck::OrnsteinUhlenbeck,
    scenario::Scenario,
    sensor::{Probe, Schedule},
    trajectory::{Target, Trajectory},
};

/// Interval between blood pressure measurements, seconds.
const CUFF_INTERVAL_S: f64 = 300.0;
/// Interval between temperature measurements, seconds.
const THERMOMETER_INTERVAL_S: f64 = 240.0;
/// Probability that a blood pressure measurement fails.
const CUFF_FAILURE_RATE: f64 = 0.03;
/// Hour (UTC) of the daily peak.
const PEAK_HOUR: f64 = 16.0;

/// A patient's ward and bed.
#[derive(Debug, Clone)]
pub(super) struct Location {
    pub(super) ward: String,
    pub(super) bed: String,
}

/// A patient and the bedside monitor.
#[derive(Debug)]
pub(super) struct Patient {
    id: String,
    device: String,
    location: Location,
    rng: ChaCha8Rng,
    trajectory: Trajectory,
    /// Moves all vitals together.
    latent: OrnsteinUhlenbeck,
    heart_rate: Noise,
    respiratory_rate: Noise,
    spo2: Noise,
    pulse: Noise,
    pressure: Noise,
    temperature: Noise,
    cuff: Schedule,
    thermometer: Schedule,
    probe: Probe,
    step_s: f64,
    sequence: i64,
}

impl Patient {
    /// Patient `index` of the simulation with this `seed`, measured every `step_s` seconds.
    pub(super) fn new(index: u32, seed: u64, step_s: f64, location: Location) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        // One stream per patient, independent of the number of patients.
        rng.set_stream(u64::from(index));
        let baseline = Baseline::draw(&mut rng);
        Self {
            id: format!("p-{:04}", index + 1),
            device: format!("mon-{}", index + 1),
            location,
            trajectory: Trajectory::new(baseline, Scenario::of_patient(index), &mut rng),
            latent: OrnsteinUhlenbeck::new(LATENT_TAU_S, step_s, &mut rng),
            heart_rate: Noise::new(HEART_RATE, step_s, &mut rng),
            respiratory_rate: Noise::new(RESPIRATORY_RATE, step_s, &mut rng),
            spo2: Noise::new(SPO2, step_s, &mut rng),
            pulse: Noise::new(PULSE_DIFFERENCE, step_s, &mut rng),
            pressure: Noise::new(SYSTOLIC, step_s, &mut rng),
            temperature: Noise::new(TEMPERATURE, step_s, &mut rng),
            cuff: Schedule::new(CUFF_INTERVAL_S),
            thermometer: Schedule::new(THERMOMETER_INTERVAL_S),
            probe: Probe::new(&mut rng),
            rng,
            step_s,
            sequence: 0,
        }
    }

    /// The next reading, at `time_ms` (ms since the Unix epoch).
    pub(super) fn next_reading(&mut self, time_ms: i64) -> Reading<'_> {
        #[expect(clippy::cast_precision_loss, reason = "2^53 readings are beyond any run")]
        let now_s = self.sequence as f64 * self.step_s;
        // The state of the patient at this step.
        let target = self.trajectory.target(now_s);
        let day = day_phase(time_ms);
        let latent = self.latent.step(&mut self.rng);
        let sequence = self.sequence;
        self.sequence += 1;
        // The measurements of the sensors that are due.
        let continuous = self.continuous_vitals(&target, latent, day, now_s);
        let pressure = self.measure_pressure(&target, latent, day, now_s);
        let temperature = self.measure_temperature(&target, day, now_s);

        // A vital without a measurement is left out of the message.
        let mut reading = Reading::new(&self.id, time_ms);
        for (vital, value) in continuous.into_iter().chain(pressure.into_iter().flatten()) {
            reading.vitals.set(vital, Some(value));
        }
        reading.vitals.set(Vital::Temperature, temperature);
        reading.supplemental_oxygen = Some(target.oxygen);
        reading.consciousness = Some(target.consciousness);
        reading.device_id = Some(self.device.as_str().into());
        reading.sequence = Some(sequence);
        reading.ward = Some(self.location.ward.as_str().into());
        reading.bed = Some(self.location.bed.as_str().into());
        reading
    }

    /// Vitals of every reading, from the ECG and the pulse oximeter. A detached probe sends zeros.
    fn continuous_vitals(
        &mut self,
        target: &Target,
        latent: f64,
        day: f64,
        now_s: f64,
    ) -> [(Vital, f64); 4] {
        let rng = &mut self.rng;
        let heart_rate = target.vitals.heart_rate + self.heart_rate.step(latent, day, rng);
        let respiratory_rate =
            target.vitals.respiratory_rate + self.respiratory_rate.step(latent, day, rng);
        let spo2 = target.vitals.spo2 + self.spo2.step(latent, day, rng);
        let pulse = heart_rate + self.pulse.step(latent, day, rng);
        let attached = if self.probe.is_off(now_s, rng) { 0.0 } else { 1.0 };
        [
            (Vital::HeartRate, displayed(heart_rate, 25.0, 240.0)),
            (Vital::RespiratoryRate, displayed(respiratory_rate, 3.0, 60.0)),
            (Vital::Spo2, attached * displayed(spo2, 50.0, 100.0)),
            (Vital::Pulse, attached * displayed(pulse, 25.0, 240.0)),
        ]
    }

    /// The cuff's three pressures, if a measurement was due and succeeded.
    fn measure_pressure(
        &mut self,
        target: &Target,
        latent: f64,
        day: f64,
        now_s: f64,
    ) -> Option<[(Vital, f64); 3]> {
        let since_s = self.cuff.due(now_s, &mut self.rng)?;
        // The first measurement never fails: the first reading has every vital.
        if now_s > 0.0 && self.rng.random_bool(CUFF_FAILURE_RATE) {
            self.cuff.retry(now_s, since_s);
            return None;
        }
        let departure = self.pressure.step_over(since_s, latent, day, &mut self.rng);
        let stiffness = 4.0 * self.rng.sample::<f64, _>(StandardNormal);
        // Systolic and pulse pressure vary together; diastolic and mean pressure follow from them.
        let systolic = displayed(target.vitals.systolic + departure, 50.0, 240.0);
        let width =
            displayed(target.vitals.pulse_pressure + 0.4 * departure + stiffness, 12.0, 110.0);
        let diastolic = displayed(systolic - width, 20.0, systolic - 10.0);
        // The mean lies a third of the way up, as in the ICU record.
        let mean = displayed(diastolic + (systolic - diastolic) / 3.0, diastolic, systolic);
        Some([
            (Vital::Systolic, systolic),
            (Vital::Diastolic, diastolic),
            (Vital::MeanPressure, mean),
        ])
    }

    /// The temperature in steps of 0.1, if a measurement was due.
    fn measure_temperature(&mut self, target: &Target, day: f64, now_s: f64) -> Option<f64> {
        let since_s = self.thermometer.due(now_s, &mut self.rng)?;
        let departure = self.temperature.step_over(since_s, 0.0, day, &mut self.rng);
        let tenths = displayed((target.vitals.temperature + departure) * 10.0, 320.0, 420.0);
        Some(tenths / 10.0)
    }
}

/// A whole number within the display range of the monitor.
fn displayed(value: f64, low: f64, high: f64) -> f64 {
    value.round().clamp(low, high)
}

/// Phase of the daily swing: 1 at the peak, -1 twelve hours later.
fn day_phase(time_ms: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "below 86,400,000")]
    let hour = time_ms.rem_euclid(86_400_000) as f64 / 3_600_000.0;
    ((hour - PEAK_HOUR) / 24.0 * TAU).cos()
}
