//! Simulated patients.
//!
//! ```text
//! Baseline -----+
//! Scenario -----+-> Trajectory -> Target --+
//!                                          +-> Patient -> Reading
//! OrnsteinUhlenbeck -> Noise --------------+      ^
//!                                                 |
//! Schedule, Probe (the sensors) ------------------+
//! ```
//!
//! A vital is the sum of its target and its noise. The target follows the patient's own baseline
//! and, for some patients, a scenario of deterioration and recovery; the noise follows an
//! Ornstein-Uhlenbeck process and the time of day. Everything is drawn from the seed, and every
//! patient has a random stream of its own, so a patient's values don't depend on the number of
//! patients.

mod baseline;
mod scenario;
mod trajectory;

mod ornstein_uhlenbeck;
mod noise;

mod sensor;

mod patient;
mod simulation;

#[cfg(test)]
mod tests;

#[cfg(test)]
mod statistics_tests;

pub use self::simulation::Simulation;
