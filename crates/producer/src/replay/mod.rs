//! A recording from a CSV file, sent again at its recorded pace or at another.
//!
//! ```text
//! CSV line -> FieldsLayout or NumericsLayout -> Row -> Recording -> Playback -> Reading
//!                                                             ^
//!                                         Timeline -----------+  (due time, timestamp)
//! ```
//!
//! The whole file is read before the first reading is sent, so that a mistake in the last line is
//! reported at the start. Values are sent as recorded: validation is the consumer's task.

mod fields;
mod numerics;

mod recording;
mod timeline;

mod playback;

#[cfg(test)]
mod tests;

pub use self::playback::Playback;
