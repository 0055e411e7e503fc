//! The extent of the archive: the time up to which the lake has everything that arrived.
//!
//! ```text
//! ingest (offsets and arrivals of every message) ─▶ arrivals ─┐
//! lake (positions of the table) ──────────────────────────────┴▶ client ─▶ wire::ArchivedUpTo
//! ```
//!
//! A message is archived once its table has a position behind it. A topic without new messages is
//! archived as a whole, however old the last one is.

mod arrivals;
mod client;

pub use self::{
    arrivals::{Arrivals, Extent},
    client::{ArchiveClient, Followed},
};
