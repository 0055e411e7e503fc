//! NEWS2, the National Early Warning Score.
//!
//! Source: Royal College of Physicians, *National Early Warning Score (NEWS) 2*, 2017, charts 1
//! (the scores) and 4 (the bands). Not for people under 16 or in pregnancy.
//!
//! A missing input makes the score incomplete, never lower: there is then no total, only the sum
//! of the known parts. It is a lower bound, and the band it reaches is certain.

mod chart;
mod score;
#[cfg(test)]
mod tests;

pub use score::{Band, MAX_TOTAL, Observations, PART_COUNT, PARTS, Part, Score, Spo2Scale, score};
