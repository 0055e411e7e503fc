//! The random process behind the variation of a vital that a monitor displays every second.

use rand::Rng;
use rand_distr::StandardNormal;

/// A critically damped autoregression of second order with mean 0 and variance 1, in steps of one
/// second: an Ornstein-Uhlenbeck process after a low pass of the same time constant. A monitor
/// averages a rate over seconds, so its numbers drift instead of jumping.
///
/// `x[n] = 2 p x[n-1] - p^2 x[n-2] + s z` with `p = e^(-1/tau)` and `s^2 = (1-p^2)^3 / (1+p^2)`. The
/// correlation over `k` steps is `(1 + k (1-p^2) / (1+p^2)) p^k`.
#[derive(Debug, Clone, Copy)]
pub(super) struct SmoothNoise {
    value: f64,
    before: f64,
    pole: f64,
    /// Standard deviation of the innovation.
    innovation: f64,
}

impl SmoothNoise {
    /// A process with time constant `tau_s`, started in its stationary distribution.
    pub(super) fn new(tau_s: f64, rng: &mut impl Rng) -> Self {
        let pole = (-1.0 / tau_s).exp();
        let square = pole * pole;
        let innovation = ((1.0 - square).powi(3) / (1.0 + square)).sqrt();
        // The joint distribution of two consecutive values.
        let correlation = 2.0 * pole / (1.0 + square);
        let before: f64 = rng.sample(StandardNormal);
        let independent: f64 = rng.sample(StandardNormal);
        let value =
            correlation * before + (1.0 - correlation * correlation).max(0.0).sqrt() * independent;
        Self { value, before, pole, innovation }
    }

    /// Advances by one second.
    pub(super) fn step(&mut self, rng: &mut impl Rng) {
        let next = self.pole * (2.0 * self.value - self.pole * self.before)
            + self.innovation * rng.sample::<f64, _>(StandardNormal);
        self.before = self.value;
        self.value = next;
    }

    /// The current value.
    pub(super) const fn value(&self) -> f64 {
        self.value
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn variance_and_correlation_are_those_of_the_formula() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let mut noise = SmoothNoise::new(20.0, &mut rng);
        let series: Vec<f64> = (0..200_000)
            .map(|_| {
                noise.step(&mut rng);
                noise.value()
            })
            .collect();
        let count = series.len() as f64;
        let variance = series.iter().map(|x| x * x).sum::<f64>() / count;
        let lagged = series.iter().zip(&series[30..]).map(|(a, b)| a * b).sum::<f64>() / count;
        let square = (-2.0 / 20.0_f64).exp();
        let expected = (1.0 + 30.0 * (1.0 - square) / (1.0 + square)) * (-30.0 / 20.0_f64).exp();
        assert!((variance - 1.0).abs() < 0.05, "{variance}");
        assert!((lagged / variance - expected).abs() < 0.03, "{lagged} {expected}");
    }
}
