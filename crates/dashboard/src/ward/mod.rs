//! The ward's state, folded from readings that may arrive out of order.
//!
//! ```text
//! reading -> census -> patient (latest values, trend)      census -> rate, conflict
//!                         |  signal (one vital, by device), device (clock offset)
//!                       chosen (the value that counts, of several devices)
//!                         |
//!                       score (NEWS2 of the values that are recent enough, rank)
//!                       conditions (lost signals, refused fields, conflicting sources)
//!                         |
//!                       state (what the pages show)
//! ```
//!
//! Pure: the present time is an argument. The newest value is the one that arrived last, unless
//! it was measured earlier and is late (`device::Devices::replaces`).

mod census;
mod conflict;
mod rate;

mod device;
mod device_clock;
mod latest;
mod refusals;
mod patient;
mod signal;
mod trend;

mod chosen;
mod conditions;
mod score;
mod state;

pub use self::{
    census::{Changes, MAX_PATIENTS, Ward},
    device_clock::CLOCK_TOLERANCE_MS,
    score::{CONTINUOUS_MS, OBSERVED_MS},
    state::newest_arrival_ms,
    trend::TREND_POINTS,
};

#[cfg(test)]
mod tests;
