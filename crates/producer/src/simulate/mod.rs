//! Simulated patients.
//!
//! ```text
//! ScenarioFile -> Cohort -> PatientPlan --> Profile, Baseline, Course
//!                                                         |
//! Course (Episode -> Stage) -> Target -----+              v
//!                                          +-> SimulatedPatient -> Reading
//! SmoothNoise -> Noise --------------------+      ^
//!                                                 |
//! Cuff, Thermometer, Artefact --------------------+
//! ```
//!
//! A vital is the sum of its target and its noise. The target follows the patient's own baseline
//! and, for some patients, episodes of deterioration and recovery; the noise follows an
//! autoregression and the time of day. The seed and the simulated time determine every value: the
//! state advances in steps of one second, whatever the rate and the clock. Every patient has a
//! random stream of its own, so a patient's values don't depend on the number of patients.
//!
//! [`Cohort`] yields patients without Kafka, for evaluations; [`Simulation`] is the source of the
//! command `simulate`.

mod profile;
mod baseline;

mod scenario;
mod stages;
mod target;
mod course;

mod ornstein_uhlenbeck;
mod smooth_noise;
mod noise;

mod artefacts;
mod sensors;

mod patient;

mod scenario_file;
mod plan;

mod truth;
mod delayed;
mod simulation;

#[cfg(test)]
mod tests;

#[cfg(test)]
mod statistics_tests;

#[cfg(test)]
mod stability_tests;

pub use self::{
    artefacts::ArtefactRates,
    baseline::Baseline,
    course::Episode,
    patient::SimulatedPatient,
    plan::Cohort,
    profile::Profile,
    scenario::{SCENARIOS, Scenario},
    simulation::Simulation,
    truth::Truth,
};
