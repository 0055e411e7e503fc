//! Decoding of a message's payload to a valid reading, or to a rejection with its reason.
//!
//! ```text
//!           plain message
//! payload ----> fast_scan ----------+
//!    |                              v
//!    +----> JSON parser ------> raw_fields ----> checks ----> Decoded (reading, flags)
//!           unusual message                        |
//!              |                                   v
//!              +------------------------------> Rejection
//! ```
//!
//! Nothing is clamped, imputed or repaired. The verdict depends on the message and its broker
//! timestamp, never on the clock, so that decoding a message again gives the same verdict.

mod raw_fields;
mod field_lookup;
mod fast_scan;
mod checks;
mod decoder;
#[cfg(test)]
mod fast_scan_tests;
#[cfg(test)]
mod tests;

pub use checks::MAX_TEXT_BYTES;
pub use decoder::{Decoded, MAX_MESSAGE_BYTES, TimeLimits, decode};
