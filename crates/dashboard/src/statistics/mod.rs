//! Statistics of a ward and a period.
//!
//! ```text
//! live: Hub ─ reading, sample, rejection ─▶ recent ─┐
//! lake: readings by patient ─▶ replay ──────────────┴▶ tally ─▶ report ─▶ page
//! ```
//!
//! Both ways count with the same [`Tally`] and score with the same bedside state as the ward.
//! Doubted, refused and missing values enter no distribution. Time in a band is a duration, not a
//! number of readings: a score holds until the next reading, for at most [`GAP_LIMIT_MS`] after the last.

mod distribution;
mod counts;
mod tally;

mod sample;
mod recent;
mod replay;

mod report;

pub use self::{
    recent::{MAX_MINUTES, Recent, run_sampler},
    replay::Replay,
    report::{Report, Scope},
    sample::{GAP_LIMIT_MS, Sample},
    tally::{Rejections, Tally},
};

#[cfg(test)]
mod tests;
