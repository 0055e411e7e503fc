//! Tables and properties of the score.

mod bands;
mod charts;
mod properties;

use super::*;
use crate::domain::reading::Consciousness;

const LEVELS: [Consciousness; 5] =
    [Consciousness::A, Consciousness::C, Consciousness::V, Consciousness::P, Consciousness::U];

/// Observations that score 0.
const NORMAL: Observations = Observations {
    respiratory_rate: Some(16.0),
    spo2: Some(98.0),
    supplemental_oxygen: Some(false),
    systolic: Some(120.0),
    pulse: Some(80.0),
    consciousness: Some(Consciousness::A),
    temperature: Some(37.0),
};

fn part(observations: Observations, scale: Spo2Scale, part: Part) -> Option<u8> {
    score(&observations, scale).part(part)
}
