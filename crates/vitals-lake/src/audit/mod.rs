//! The lake's own account of its completeness: every offset exactly once, up to the position.
//!
//! ```text
//!  Parquet ─ row_scan, one task per stream ─▶ PartitionCoverage {offset_set, counts, checksum}
//!  Delta log ─ positions ─▶ assess ◀──────────────────┘
//!                              └─▶ report: Audit {PartitionAudit …}
//! ```

mod row_scan;
mod offset_set;
mod assess;
mod report;

pub use self::{
    assess::{audit, audit_table},
    report::{Audit, LogPartition, PartitionAudit, Selected, Selections, Totals},
};

#[cfg(test)]
mod tests;
