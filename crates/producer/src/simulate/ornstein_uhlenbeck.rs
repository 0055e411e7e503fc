//! The random process behind the variation of a vital that is measured at intervals.

use rand::Rng;
use rand_distr::StandardNormal;

/// An Ornstein-Uhlenbeck process of mean 0 and variance 1, exact for any step:
/// `x(t + h) = x(t) e^(-h/tau) + sqrt(1 - e^(-2h/tau)) z`.
#[derive(Debug, Clone, Copy)]
pub(super) struct OrnsteinUhlenbeck {
    value: f64,
    /// Time constant, seconds.
    tau_s: f64,
}

impl OrnsteinUhlenbeck {
    /// A process with time constant `tau_s`, started in its stationary distribution.
    pub(super) fn new(tau_s: f64, rng: &mut impl Rng) -> Self {
        Self { value: rng.sample(StandardNormal), tau_s }
    }

    /// Advances by `seconds` and returns the new value.
    pub(super) fn step(&mut self, seconds: f64, rng: &mut impl Rng) -> f64 {
        let decay = (-seconds / self.tau_s).exp();
        let innovation = (1.0 - decay * decay).sqrt() * rng.sample::<f64, _>(StandardNormal);
        self.value = decay * self.value + innovation;
        self.value
    }
}
