//! A message's payload to a valid reading, or to the rejection with its reason.
//!
//! ```text
//! payload -> fast_scan -> raw fields -> checks of each field -> Decoded (reading, flags)
//!               |             ^
//!        anything unusual     |
//!               +-> JSON parser
//! ```
//!
//! `field_lookup` finds the names of fields for the fast scan.

mod raw_fields;
mod field_lookup;
mod fast_scan;
mod decoder;
#[cfg(test)]
mod fast_scan_tests;
#[cfg(test)]
mod tests;

pub use decoder::{Decoded, MAX_MESSAGE_BYTES, MAX_TEXT_BYTES, TimeLimits, decode, decode_next};
pub use field_lookup::FieldOrder;
