//! The variation of a vital around its target.
//!
//! Standard deviations and time constants are fitted to the minutes of a 32-hour ICU record
//! (MIMIC-II numerics, ODC-BY): heart rate sd 3.7 and lag-1 correlation 0.67, respiratory rate 2.5
//! and 0.57, SpO2 1.1 and 0.90; heart rate correlates with respiratory rate by 0.44 and with SpO2
//! by -0.26. They hold for the mean of a minute and for one value a minute. Cuff systolic pressure
//! has sd 9.9 and, 12.7 minutes apart, correlation 0.28.

use rand::Rng;

use super::smooth_noise::SmoothNoise;

/// Parameters of a vital's noise.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// Standard deviation in the vital's unit.
    pub(super) sd: f64,
    /// Time constant, seconds.
    pub(super) tau_s: f64,
    /// Weight of the latent process, -1 to 1.
    pub(super) shared: f64,
    /// Half the difference between the afternoon peak and the night trough.
    pub(super) swing: f64,
}

/// Time constant of the latent process, seconds.
const LATENT_TAU_S: f64 = 47.0;
const HEART_RATE: Shape = Shape { sd: 3.6, tau_s: 46.0, shared: 0.8, swing: 1.5 };
const RESPIRATORY_RATE: Shape = Shape { sd: 2.52, tau_s: 36.0, shared: 0.48, swing: 0.6 };
const SPO2: Shape = Shape { sd: 1.08, tau_s: 240.0, shared: -0.4, swing: 0.2 };
/// The oximeter's pulse minus the ECG's heart rate.
const PULSE: Shape = Shape { sd: 1.5, tau_s: 20.0, shared: 0.0, swing: 0.0 };
pub(super) const SYSTOLIC: Shape = Shape { sd: 9.7, tau_s: 600.0, shared: 0.25, swing: 3.0 };
pub(super) const TEMPERATURE: Shape = Shape { sd: 0.12, tau_s: 3600.0, shared: 0.0, swing: 0.25 };

impl Shape {
    /// The departure from the target at the values of the vital's `own` and the `latent` process,
    /// both scaled by `variability`, and at the phase of the `day` (-1 at night, 1 in the
    /// afternoon).
    pub(super) fn departure(&self, own: f64, latent: f64, variability: f64, day: f64) -> f64 {
        let rest = (1.0 - self.shared * self.shared).sqrt();
        variability * self.sd * (self.shared * latent + rest * own) + self.swing * day
    }
}

/// Departures of the continuously displayed vitals from their targets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Departures {
    pub(super) heart_rate: f64,
    pub(super) respiratory_rate: f64,
    pub(super) spo2: f64,
    /// The oximeter's pulse minus the heart rate.
    pub(super) pulse: f64,
    /// The beat-to-beat process in units of its standard deviation.
    pub(super) beat: f64,
}

/// The noise of the continuously displayed vitals. A latent process moves them together.
#[derive(Debug)]
pub(super) struct Noise {
    latent: SmoothNoise,
    heart_rate: SmoothNoise,
    respiratory_rate: SmoothNoise,
    spo2: SmoothNoise,
    pulse: SmoothNoise,
}

impl Noise {
    pub(super) fn new(rng: &mut impl Rng) -> Self {
        Self {
            latent: SmoothNoise::new(LATENT_TAU_S, rng),
            heart_rate: SmoothNoise::new(HEART_RATE.tau_s, rng),
            respiratory_rate: SmoothNoise::new(RESPIRATORY_RATE.tau_s, rng),
            spo2: SmoothNoise::new(SPO2.tau_s, rng),
            pulse: SmoothNoise::new(PULSE.tau_s, rng),
        }
    }

    /// Advances by one second.
    pub(super) fn step(&mut self, rng: &mut impl Rng) {
        self.latent.step(rng);
        self.heart_rate.step(rng);
        self.respiratory_rate.step(rng);
        self.spo2.step(rng);
        self.pulse.step(rng);
    }

    /// The latent process.
    pub(super) const fn latent(&self) -> f64 {
        self.latent.value()
    }

    /// The departures at this second.
    pub(super) fn departures(&self, variability: f64, day: f64) -> Departures {
        let latent = self.latent.value();
        let at = |shape: &Shape, own: &SmoothNoise| {
            shape.departure(own.value(), latent, variability, day)
        };
        Departures {
            heart_rate: at(&HEART_RATE, &self.heart_rate),
            respiratory_rate: at(&RESPIRATORY_RATE, &self.respiratory_rate),
            spo2: at(&SPO2, &self.spo2),
            pulse: at(&PULSE, &self.pulse),
            beat: self.pulse.value(),
        }
    }
}
