//! How a vital wanders when nothing happens.
//!
//! The widths and time constants are fitted to one-minute means of a 32-hour ICU record (MIMIC-II
//! numerics, ODC-BY): heart rate sd 3.7 and lag-1 correlation 0.67, respiratory rate 2.5 and 0.57,
//! SpO2 1.1 and 0.90; heart rate correlates with respiratory rate by 0.44 and with SpO2 by -0.26.
//! Cuff systolic pressure has sd 9.9 and, 12.7 minutes apart, correlation 0.28.

use rand::Rng;
use rand_distr::StandardNormal;

/// An Ornstein-Uhlenbeck process of mean 0 and variance 1, exact for any step:
/// `x(t + h) = x(t) e^(-h/tau) + sqrt(1 - e^(-2h/tau)) z`.
#[derive(Debug, Clone, Copy)]
pub(super) struct OrnsteinUhlenbeck {
    value: f64,
    /// Time constant, seconds.
    tau_s: f64,
    /// How much of the value outlasts a step.
    keep: f64,
    /// How much is new in a step.
    stir: f64,
}

impl OrnsteinUhlenbeck {
    /// A process with time constant `tau_s`, made for steps of `step_s`, in its long-run
    /// distribution.
    pub(super) fn new(tau_s: f64, step_s: f64, rng: &mut impl Rng) -> Self {
        Self::at(rng.sample(StandardNormal), tau_s, step_s)
    }

    /// The process at `value`.
    fn at(value: f64, tau_s: f64, step_s: f64) -> Self {
        let keep = (-step_s / tau_s).exp();
        Self { value, tau_s, keep, stir: (1.0 - keep * keep).sqrt() }
    }

    /// Goes one step on.
    pub(super) fn step(&mut self, rng: &mut impl Rng) -> f64 {
        self.value = self.keep * self.value + self.stir * rng.sample::<f64, _>(StandardNormal);
        self.value
    }

    /// Goes on by `seconds`, for what is measured at intervals.
    pub(super) fn step_over(&mut self, seconds: f64, rng: &mut impl Rng) -> f64 {
        *self = Self::at(self.value, self.tau_s, seconds);
        self.step(rng)
    }
}

/// How one vital departs from its course.
#[derive(Debug, Clone, Copy)]
pub(super) struct Noise {
    own: OrnsteinUhlenbeck,
    /// Share of the latent process, -1 to 1.
    shared: f64,
    rest: f64,
    /// Standard deviation in the vital's unit.
    sd: f64,
    /// Half the difference between the peak in the afternoon and the trough at night.
    swing: f64,
}

/// What is fixed about a vital's noise.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) sd: f64,
    pub(super) tau_s: f64,
    pub(super) shared: f64,
    pub(super) swing: f64,
}

/// Time constant of the latent process, which moves the vitals together, seconds.
pub(super) const LATENT_TAU_S: f64 = 80.0;
pub(super) const HEART_RATE: Shape = Shape { sd: 3.87, tau_s: 70.6, shared: 0.8, swing: 2.0 };
pub(super) const RESPIRATORY_RATE: Shape =
    Shape { sd: 2.84, tau_s: 55.0, shared: 0.48, swing: 0.8 };
pub(super) const SPO2: Shape = Shape { sd: 1.13, tau_s: 700.0, shared: -0.45, swing: 0.2 };
/// Between the oximeter's pulse and the ECG's heart rate: sd 1.8 in the record, where one minute
/// in six was without either.
pub(super) const PULSE_DIFFERENCE: Shape = Shape { sd: 1.2, tau_s: 40.0, shared: 0.0, swing: 0.0 };
pub(super) const SYSTOLIC: Shape = Shape { sd: 9.7, tau_s: 600.0, shared: 0.25, swing: 3.0 };
pub(super) const TEMPERATURE: Shape = Shape { sd: 0.12, tau_s: 3600.0, shared: 0.0, swing: 0.25 };

impl Noise {
    /// Noise of this `shape`, made for steps of `step_s`.
    pub(super) fn new(shape: Shape, step_s: f64, rng: &mut impl Rng) -> Self {
        Self {
            own: OrnsteinUhlenbeck::new(shape.tau_s, step_s, rng),
            shared: shape.shared,
            rest: (1.0 - shape.shared * shape.shared).sqrt(),
            sd: shape.sd,
            swing: shape.swing,
        }
    }

    /// The departure one step on, with the `latent` value and the phase of the `day` (-1 at
    /// night, 1 in the afternoon).
    pub(super) fn step(&mut self, latent: f64, day: f64, rng: &mut impl Rng) -> f64 {
        let own = self.own.step(rng);
        self.sd * (self.shared * latent + self.rest * own) + self.swing * day
    }

    /// As [`step`](Self::step), `seconds` on.
    pub(super) fn step_over(
        &mut self,
        seconds: f64,
        latent: f64,
        day: f64,
        rng: &mut impl Rng,
    ) -> f64 {
        let own = self.own.step_over(seconds, rng);
        self.sd * (self.shared * latent + self.rest * own) + self.swing * day
    }
}
