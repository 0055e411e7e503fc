//! The lake's root and access to its tables.
//!
//! Every call to the storage has a time limit, because the HDFS client has none of its own. The
//! limit is applied by [`Lake::within`], which all modules of this crate go through.

mod lake;
mod open;
mod upgrade;
mod commit_file;
mod hdfs_warm_up;

pub(crate) use self::commit_file::{commit_path, commit_version};
pub use self::lake::Lake;

#[cfg(test)]
mod tests;
