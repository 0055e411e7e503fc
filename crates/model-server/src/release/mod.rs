//! The release of a candidate: compared with the active version, gated, approved, recorded.
//!
//! ```text
//! candidate, champion --> assess (same folds; as saved; held-out data) --> Gates --> report
//!                                                                  |
//!                               all passed: Registry::release      a failure: recorded, nothing changes
//! ```

mod assessment;
mod gates;
mod report;
mod comparisons;
mod release_run;

pub use release_run::{Plan, release};
