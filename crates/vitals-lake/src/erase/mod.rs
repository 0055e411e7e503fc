//! Erasure of one patient's rows.
//!
//! Every file with such rows is replaced by one without them, one commit per file. A row with the
//! `reject_reason` [`ERASED`](crate::schema::ERASED) covers each run of erased offsets, so the
//! audit can tell them from lost ones. It holds no data of the patient.
//!
//! ```text
//!  files ── statistics ──▶ may hold the patient ── rows ──▶ selection ─┬─ kept ────▶ new file
//!                                                                       └─ erased ──▶ stand-ins
//! ```

mod spellings;
mod selection;
mod stand_ins;
mod run;

pub use self::run::{Erased, count, erase};

#[cfg(test)]
mod tests;
