//! The ward's state, folded from readings that may arrive out of order.
//!
//! ```text
//! reading -> census -> patient (state at the bedside, trend)      census -> rate
//!            |            |
//!        conflicts      state (as shown on the pages)
//! ```
//!
//! Pure: the present time is an argument. The newest value is the one that arrived last, unless
//! it was measured earlier and is late ([`vitals_core::domain::bedside`]).

mod census;
mod conflicts;
mod contexts;
mod rate;
mod samples;

mod patient;
mod watched;
mod trend;

mod state;

pub use vitals_core::domain::bedside::{CLOCK_TOLERANCE_MS, CONTINUOUS_MS, OBSERVED_MS};

pub use self::{
    census::{Changes, MAX_PATIENTS, Ward},
    state::newest_arrival_ms,
    trend::TREND_POINTS,
    watched::Watched,
};

#[cfg(test)]
mod tests;
