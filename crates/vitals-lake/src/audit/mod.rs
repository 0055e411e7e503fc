//! The lake's own account of its completeness: every offset exactly once, up to the position.

mod offset_set;
mod report;
mod row_scan;

pub use self::report::*;

#[cfg(test)]
mod tests;
