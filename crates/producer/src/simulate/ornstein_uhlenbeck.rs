//! The random process behind the variation of a vital.

use rand::Rng;
use rand_distr::StandardNormal;

/// An Ornstein-Uhlenbeck process of mean 0 and variance 1, exact for any step:
/// `x(t + h) = x(t) e^(-h/tau) + sqrt(1 - e^(-2h/tau)) z`.
#[derive(Debug, Clone, Copy)]
pub(super) struct OrnsteinUhlenbeck {
    value: f64,
    /// Time constant, seconds.
    tau_s: f64,
    /// Factor of the previous value in a step: `e^(-h/tau)`.
    decay: f64,
    /// Standard deviation of the innovation in a step: `sqrt(1 - e^(-2h/tau))`.
    innovation: f64,
}

impl OrnsteinUhlenbeck {
    /// A process with time constant `tau_s` for steps of `step_s`, started in its stationary
    /// distribution.
    pub(super) fn new(tau_s: f64, step_s: f64, rng: &mut impl Rng) -> Self {
        Self::at(rng.sample(StandardNormal), tau_s, step_s)
    }

    /// The process at `value`.
    fn at(value: f64, tau_s: f64, step_s: f64) -> Self {
        let decay = (-step_s / tau_s).exp();
        Self { value, tau_s, decay, innovation: (1.0 - decay * decay).sqrt() }
    }

    /// Advances by one step.
    pub(super) fn step(&mut self, rng: &mut impl Rng) -> f64 {
        let innovation = self.innovation * rng.sample::<f64, _>(StandardNormal);
        self.value = self.decay * self.value + innovation;
        self.value
    }

    /// Advances by `seconds`, for a vital that is measured at intervals.
    pub(super) fn step_over(&mut self, seconds: f64, rng: &mut impl Rng) -> f64 {
        // The step of this measurement differs from the previous one.
        *self = Self::at(self.value, self.tau_s, seconds);
        self.step(rng)
    }
}
