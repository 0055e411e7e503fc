//! A recording from a file, sent again at its recorded pace or at another.
//!
//! ```text
//! CSV, rdsamp --> Table --+
//!                         +-> Columns, Times -> Reader -> Row -> Recording -> Playback -> Reading
//! WFDB record --> Table --+        ^                                             ^
//!                                  |                            Timeline --------+
//! profile or file -> Mapping ------+               (due time, timestamp)
//! ```
//!
//! The whole file is read before the first reading is sent, so that a mistake in the last line is
//! reported at the start, and all mistakes at once. Values are sent as recorded: validation is the
//! consumer's task, but [`Refusals`](refusals::Refusals) tells its outcome in advance.

mod names;
mod units;
mod mapping;
mod profiles;

mod problem;
mod text;
mod line;
mod table;
mod wfdb_header;
mod wfdb;

mod cells;
mod date_formats;
mod times;
mod chronology;
mod columns;
mod pressures;
mod row;
mod long;
mod reader;
mod recording;

mod refusals;
mod dates;
mod check;

mod timeline;
mod playback;

#[cfg(test)]
mod tests;

pub use self::{check::check, mapping::Elapsed, playback::Playback};
