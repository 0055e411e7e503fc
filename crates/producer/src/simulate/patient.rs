//! One simulated patient on one monitor.

use std::f64::consts::TAU;

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use vitals_core::domain::{reading::Reading, vital::Vital};

use super::{
    baseline::Baseline,
    ornstein_uhlenbeck::{
        HEART_RATE, LATENT_TAU_S, Noise, OrnsteinUhlenbeck, PULSE_DIFFERENCE, RESPIRATORY_RATE,
        SPO2, SYSTOLIC, TEMPERATURE,
    },
    scenario::Scenario,
    sensor::{Probe, Schedule},
    trajectory::{Target, Trajectory},
};

/// Time between two measurements of the cuff and of the thermometer, seconds.
const CUFF_EVERY_S: f64 = 300.0;
const THERMOMETER_EVERY_S: f64 = 240.0;
/// Share of the cuff's measurements that fail.
const CUFF_FAILS: f64 = 0.03;
/// The hour (UTC) at which the daily swing peaks.
const PEAK_HOUR: f64 = 16.0;

/// Where a patient lies.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) ward: String,
    pub(super) bed: String,
}

/// A patient, the monitor at the bed, and the state of both.
#[derive(Debug)]
pub(super) struct Patient {
    id: String,
    device: String,
    place: Place,
    rng: ChaCha8Rng,
    trajectory: Trajectory,
    latent: OrnsteinUhlenbeck,
    heart: Noise,
    breath: Noise,
    oxygen: Noise,
    pulse: Noise,
    pressure: Noise,
    warmth: Noise,
    cuff: Schedule,
    thermometer: Schedule,
    probe: Probe,
    step_s: f64,
    sequence: i64,
}

impl Patient {
    /// Patient `index` of the simulation with this `seed`, read every `step_s` seconds.
    pub(super) fn new(index: u32, seed: u64, step_s: f64, place: Place) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(u64::from(index));
        let baseline = Baseline::draw(&mut rng);
        Self {
            id: format!("p-{:04}", index + 1),
            device: format!("mon-{}", index + 1),
            place,
            trajectory: Trajectory::new(baseline, Scenario::of_patient(index), &mut rng),
            latent: OrnsteinUhlenbeck::new(LATENT_TAU_S, step_s, &mut rng),
            heart: Noise::new(HEART_RATE, step_s, &mut rng),
            breath: Noise::new(RESPIRATORY_RATE, step_s, &mut rng),
            oxygen: Noise::new(SPO2, step_s, &mut rng),
            pulse: Noise::new(PULSE_DIFFERENCE, step_s, &mut rng),
            pressure: Noise::new(SYSTOLIC, step_s, &mut rng),
            warmth: Noise::new(TEMPERATURE, step_s, &mut rng),
            cuff: Schedule::new(CUFF_EVERY_S),
            thermometer: Schedule::new(THERMOMETER_EVERY_S),
            probe: Probe::new(&mut rng),
            rng,
            step_s,
            sequence: 0,
        }
    }

    /// The next reading, at `time_ms` (ms since the Unix epoch).
    pub(super) fn read(&mut self, time_ms: i64) -> Reading<'_> {
        #[expect(clippy::cast_precision_loss, reason = "2^53 readings are beyond any run")]
        let now_s = self.sequence as f64 * self.step_s;
        let target = self.trajectory.target(now_s);
        let day = day_phase(time_ms);
        let latent = self.latent.step(&mut self.rng);
        let sequence = self.sequence;
        self.sequence += 1;
        let monitored = self.monitored(&target, latent, day, now_s);
        let pressure = self.pressure(&target, latent, day, now_s);
        let temperature = self.temperature(&target, day, now_s);

        let mut reading = Reading::new(&self.id, time_ms);
        for (vital, value) in monitored.into_iter().chain(pressure.into_iter().flatten()) {
            reading.vitals.set(vital, Some(value));
        }
        reading.vitals.set(Vital::Temperature, temperature);
        reading.supplemental_oxygen = Some(target.oxygen);
        reading.consciousness = Some(target.consciousness);
        reading.device_id = Some(self.device.as_str().into());
        reading.sequence = Some(sequence);
        reading.ward = Some(self.place.ward.as_str().into());
        reading.bed = Some(self.place.bed.as_str().into());
        reading
    }

    /// What is in every reading: ECG and pulse oximeter. A probe that is off sends zeros.
    fn monitored(
        &mut self,
        target: &Target,
        latent: f64,
        day: f64,
        now_s: f64,
    ) -> [(Vital, f64); 4] {
        let rng = &mut self.rng;
        let heart = target.vitals.heart_rate + self.heart.step(latent, day, rng);
        let breath = target.vitals.respiratory_rate + self.breath.step(latent, day, rng);
        let oxygen = target.vitals.spo2 + self.oxygen.step(latent, day, rng);
        let pulse = heart + self.pulse.step(latent, day, rng);
        let on = if self.probe.is_off(now_s, rng) { 0.0 } else { 1.0 };
        [
            (Vital::HeartRate, shown(heart, 25.0, 240.0)),
            (Vital::RespiratoryRate, shown(breath, 3.0, 60.0)),
            (Vital::Spo2, on * shown(oxygen, 50.0, 100.0)),
            (Vital::Pulse, on * shown(pulse, 25.0, 240.0)),
        ]
    }

    /// The cuff's three pressures, when it measured.
    fn pressure(
        &mut self,
        target: &Target,
        latent: f64,
        day: f64,
        now_s: f64,
    ) -> Option<[(Vital, f64); 3]> {
        let since_s = self.cuff.due(now_s, &mut self.rng)?;
        if now_s > 0.0 && self.rng.random_bool(CUFF_FAILS) {
            self.cuff.failed(now_s, since_s);
            return None;
        }
        let departure = self.pressure.step_over(since_s, latent, day, &mut self.rng);
        let stiffness = 4.0 * self.rng.sample::<f64, _>(StandardNormal);
        let systolic = shown(target.vitals.systolic + departure, 50.0, 240.0);
        let width = shown(target.vitals.pulse_pressure + 0.4 * departure + stiffness, 12.0, 110.0);
        let diastolic = shown(systolic - width, 20.0, systolic - 10.0);
        // A third of the way up, as in the record.
        let mean = shown(diastolic + (systolic - diastolic) / 3.0, diastolic, systolic);
        Some([
            (Vital::Systolic, systolic),
            (Vital::Diastolic, diastolic),
            (Vital::MeanPressure, mean),
        ])
    }

    /// The temperature in steps of 0.1, when it was measured.
    fn temperature(&mut self, target: &Target, day: f64, now_s: f64) -> Option<f64> {
        let since_s = self.thermometer.due(now_s, &mut self.rng)?;
        let departure = self.warmth.step_over(since_s, 0.0, day, &mut self.rng);
        let tenths = shown((target.vitals.temperature + departure) * 10.0, 320.0, 420.0);
        Some(tenths / 10.0)
    }
}

/// A whole number within what the monitor can show.
fn shown(value: f64, low: f64, high: f64) -> f64 {
    value.round().clamp(low, high)
}

/// The phase of the day: 1 at the peak, -1 twelve hours later.
fn day_phase(time_ms: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "below 86,400,000")]
    let hour = time_ms.rem_euclid(86_400_000) as f64 / 3_600_000.0;
    ((hour - PEAK_HOUR) / 24.0 * TAU).cos()
}
