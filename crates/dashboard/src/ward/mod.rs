//! The ward's state, folded from readings that may arrive out of order.
//!
//! ```text
//! reading -> census -> patient (latest values, trend)      census -> rate
//!                         |
//!                       score (NEWS2 of the values that are recent enough)
//!                         |
//!                       state (what the pages show)
//! ```
//!
//! Pure: the present time is an argument. Readings with distinct times lead to the same state in
//! any order.

mod census;
mod rate;

mod latest;
mod patient;
mod trend;

mod score;
mod state;

pub use self::{
    census::{Changes, MAX_PATIENTS, Ward},
    score::{CONTINUOUS_MS, OBSERVED_MS},
    state::newest_time_ms,
    trend::TREND_POINTS,
};

#[cfg(test)]
mod tests;
