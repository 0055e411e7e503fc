//! The state of the storage below the lake: capacity, space used, safe mode.
//!
//! ```text
//!  StorageMonitor ─┬─ local: statvfs, folder walk
//!                  └─ hdfs:  content summary, safe mode probe
//! ```

mod monitor;
mod local;
mod hdfs;
mod report;

pub use self::{monitor::StorageMonitor, report::StorageReport};
