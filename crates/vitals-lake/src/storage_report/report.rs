//! One measurement of the storage.

use serde::Serialize;

/// The state of the storage that holds the lake. A value that the storage does not provide is
/// `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct StorageReport {
    /// The capacity, bytes. Of a local lake: the size of its file system. On HDFS: the space
    /// quota of the lake's root, `None` without one.
    pub capacity_bytes: Option<u64>,
    /// The used part of the capacity, bytes. Of a local lake: everything on its file system. On
    /// HDFS: the lake's files, all replicas.
    pub used_bytes: Option<u64>,
    /// The bytes that can still be written. On HDFS `None` without a quota.
    pub remaining_bytes: Option<u64>,
    /// The size of the lake's files, bytes; each file counts once, regardless of its replication.
    pub lake_bytes: u64,
    /// The number of the lake's files.
    pub lake_files: u64,
    /// True while the NameNode refuses writes. `None` for a local lake.
    pub safe_mode: Option<bool>,
}
