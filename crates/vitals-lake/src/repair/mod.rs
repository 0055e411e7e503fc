//! Repair of holes: offsets without a row, or with a row that stands for messages which were not
//! archived, get the rows of their messages.
//!
//! ```text
//!  table ── inspect ──▶ Inspection: missing offsets, stand-ins ──▶ caller reads Kafka
//!    ▲                                                                     │ rows
//!    └── one commit: stand-ins cut to what is still missing, new rows ◀── fill
//! ```
//!
//! A repair lies below the position, where the archive writes nothing, and carries a claim that
//! fences off other repairs and compactions. An offset therefore gets one row.

mod offsets;
mod inspect;
mod stand_ins;
mod fill;

pub use self::{
    fill::fill,
    inspect::{Inspection, inspect},
    offsets::Offsets,
};

#[cfg(test)]
mod tests;
