//! `consumer audit`: verifies from the lake alone that every offset is stored exactly once, and on
//! request against the broker that every row has the values of its message.
//!
//! ```text
//!  command ──▶ vitals_lake::audit ──▶ report ──▶ table or JSON
//!     └── --kafka ──▶ comparison ──▶ recount ────────▲
//!                        └── broker: watermarks, messages
//! ```

mod command;
mod broker;
mod recount;
mod comparison;
mod report;

pub(crate) use self::broker::Broker;
pub use self::{
    command::{Options, audit, run},
    comparison::ComparedPartition,
    report::Report,
};
