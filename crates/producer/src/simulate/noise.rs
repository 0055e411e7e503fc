//! The variation of a vital around its target.
//!
//! Standard deviations and time constants are fitted to one-minute means of a 32-hour ICU record
//! (MIMIC-II numerics, ODC-BY): heart rate sd 3.7 and lag-1 correlation 0.67, respiratory rate 2.5
//! and 0.57, SpO2 1.1 and 0.90; heart rate correlates with respiratory rate by 0.44 and with SpO2
//! by -0.26. Cuff systolic pressure has sd 9.9 and, 12.7 minutes apart, correlation 0.28.

use rand::Rng;

use super::ornstein_uhlenbeck::OrnsteinUhlenbeck;

/// The departure of one vital from its target: a share of the latent process that moves all vitals
/// together, a process of its own, and a daily swing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Noise {
    own: OrnsteinUhlenbeck,
    /// Weight of the latent process, -1 to 1.
    shared: f64,
    /// Weight of the vital's own process, so that the sum has variance 1.
    rest: f64,
    /// Standard deviation in the vital's unit.
    sd: f64,
    /// Half the difference between the afternoon peak and the night trough.
    swing: f64,
}

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
pub(super) const LATENT_TAU_S: f64 = 80.0;
pub(super) const HEART_RATE: Shape = Shape { sd: 3.87, tau_s: 70.6, shared: 0.8, swing: 2.0 };
pub(super) const RESPIRATORY_RATE: Shape =
    Shape { sd: 2.84, tau_s: 55.0, shared: 0.48, swing: 0.8 };
pub(super) const SPO2: Shape = Shape { sd: 1.13, tau_s: 700.0, shared: -0.45, swing: 0.2 };
/// The oximeter's pulse minus the ECG's heart rate. The record has sd 1.8, but one minute in six
/// lacks either.
pub(super) const PULSE_DIFFERENCE: Shape = Shape { sd: 1.2, tau_s: 40.0, shared: 0.0, swing: 0.0 };
pub(super) const SYSTOLIC: Shape = Shape { sd: 9.7, tau_s: 600.0, shared: 0.25, swing: 3.0 };
pub(super) const TEMPERATURE: Shape = Shape { sd: 0.12, tau_s: 3600.0, shared: 0.0, swing: 0.25 };

impl Noise {
    /// Noise of this `shape` for steps of `step_s`.
    pub(super) fn new(shape: Shape, step_s: f64, rng: &mut impl Rng) -> Self {
        Self {
            own: OrnsteinUhlenbeck::new(shape.tau_s, step_s, rng),
            shared: shape.shared,
            rest: (1.0 - shape.shared * shape.shared).sqrt(),
            sd: shape.sd,
            swing: shape.swing,
        }
    }

    /// Advances by one step and returns the departure at the `latent` value and the phase of the
    /// `day` (-1 at night, 1 in the afternoon).
    pub(super) fn step(&mut self, latent: f64, day: f64, rng: &mut impl Rng) -> f64 {
        let own = self.own.step(rng);
        self.departure(own, latent, day)
    }

    /// As [`step`](Self::step), but advances by `seconds`.
    pub(super) fn step_over(
        &mut self,
        seconds: f64,
        latent: f64,
        day: f64,
        rng: &mut impl Rng,
    ) -> f64 {
        let own = self.own.step_over(seconds, rng);
        self.departure(own, latent, day)
    }

    fn departure(&self, own: f64, latent: f64, day: f64) -> f64 {
        self.sd * (self.shared * latent + self.rest * own) + self.swing * day
    }
}
