//! Decoding of a message's payload to a reading with a verdict on each field, or to a rejection of
//! the whole message.
//!
//! ```text
//!           plain message
//! payload ----> fast_scan ------------+
//!    |                                v
//!    +----> JSON parser -------> raw_fields --> identity, time --> judge, observations --> Decoded
//!           unusual message           |              |               (then context)
//!           (lenient: NaN quoted)     v              v
//!                                 Rejection      Rejection
//! ```
//!
//! A message is rejected only if it is not a JSON object, names no patient or has no valid time.
//! Each other field is judged alone: measured, not measured, doubted or refused. Nothing is clamped
//! or imputed; a conversion is flagged. The verdict depends on the message and its Kafka timestamp,
//! never on the clock, so that decoding a message again gives the same verdict.

mod raw_value;
mod raw_fields;
mod field_lookup;
mod fast_scan;
mod lenient;
mod exact;
mod options;
mod identity;
mod time;
mod no_value;
mod misspelt;
mod judge;
mod observations;
mod context;
mod verdict;
mod decoder;
#[cfg(test)]
mod fast_scan_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod context_tests;
#[cfg(test)]
mod verdict_tests;
#[cfg(test)]
mod exact_tests;

pub(crate) use raw_fields::{FIELD_COUNT, field_name};

pub use decoder::{MAX_MESSAGE_BYTES, decode};
pub use identity::MAX_TEXT_BYTES;
pub use no_value::is_no_value;
pub use options::{DecodeOptions, TimeLimits, UnitSettings};
pub use time::{MAX_TIME_MS, arrival_ms};
pub use verdict::{Decoded, ExtraField, Verdict};
