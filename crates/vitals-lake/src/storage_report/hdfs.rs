//! The storage of an HDFS lake, as far as hdfs-native 0.13 exposes it.
//!
//! Its public [`Client`] has `get_content_summary`, but neither `getFsStats`, which has the
//! cluster's capacity, use and remaining space, nor a `setSafeMode` query. Both are in its
//! protobuf definitions only, and the NameNode protocol is private. Therefore:
//!
//! - capacity and remaining space are the space quota of the lake's root (`hdfs dfsadmin
//!   -setSpaceQuota`) and its unused part. Without a quota on the root itself they are
//!   unknown; the quota of a folder above it is not seen, and neither is a full cluster.
//! - safe mode is probed with an idempotent write: `mkdirs` on the root, which exists. The
//!   NameNode checks safe mode before anything else and refuses the call with a
//!   `SafeModeException`; otherwise the call changes nothing and is not logged.

use std::collections::HashMap;

use hdfs_native::{Client, ClientBuilder, HdfsError, client::ContentSummary};

use super::StorageReport;

/// The value of a quota that is not set: -1 as an unsigned number.
const NO_QUOTA: u64 = u64::MAX;

/// The permission of a directory that `mkdirs` creates. Unused: the probed directory exists.
const DIRECTORY_PERMISSION: u32 = 0o755;

/// The name of the exception by which the NameNode refuses a write in safe mode. With high
/// availability it comes wrapped in a `RetriableException`, as part of the message.
const SAFE_MODE_EXCEPTION: &str = "SafeModeException";

/// The lake's root on HDFS.
#[derive(Debug)]
pub(super) struct HdfsStorage {
    client: Client,
    root: String,
}

impl HdfsStorage {
    /// A client of the NameNode or name service in `url`. Connects with the first call.
    pub(super) fn new(url: &str, options: &HashMap<String, String>) -> anyhow::Result<Self> {
        let options = options.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let client = ClientBuilder::new().with_url(url).with_config(options).build()?;
        Ok(Self { client, root: path_of(url).to_owned() })
    }

    /// Measures the lake's files, and probes for safe mode.
    pub(super) async fn report(&self) -> anyhow::Result<StorageReport> {
        match self.client.get_content_summary(&self.root).await {
            Ok(summary) => {
                let safe_mode = Some(self.is_in_safe_mode().await?);
                Ok(StorageReport { safe_mode, ..usage(&summary) })
            }
            // The first commit creates the root. Until then the probe would create it.
            Err(error) if is_not_found(&error) => Ok(StorageReport::default()),
            Err(error) => Err(error.into()),
        }
    }

    async fn is_in_safe_mode(&self) -> Result<bool, HdfsError> {
        match self.client.mkdirs(&self.root, DIRECTORY_PERMISSION, false).await {
            Ok(()) => Ok(false),
            Err(error) if is_safe_mode(&error) => Ok(true),
            Err(error) => Err(error),
        }
    }
}

/// The path in `<scheme>://<authority>/<path>`.
fn path_of(url: &str) -> &str {
    let authority_and_path = url.split_once("://").map_or(url, |(_, rest)| rest);
    authority_and_path.find('/').map_or("/", |start| &authority_and_path[start..])
}

fn usage(summary: &ContentSummary) -> StorageReport {
    // HDFS counts every replica of a block, in the quota as in the space consumed.
    let capacity_bytes =
        if summary.space_quota == NO_QUOTA { None } else { Some(summary.space_quota) };
    StorageReport {
        capacity_bytes,
        used_bytes: Some(summary.space_consumed),
        remaining_bytes: capacity_bytes.map(|quota| quota.saturating_sub(summary.space_consumed)),
        lake_bytes: summary.length,
        lake_files: summary.file_count,
        safe_mode: None,
    }
}

fn is_safe_mode(error: &HdfsError) -> bool {
    match error {
        HdfsError::RPCError(class, message) => {
            class.ends_with(SAFE_MODE_EXCEPTION) || message.contains(SAFE_MODE_EXCEPTION)
        }
        _ => false,
    }
}

fn is_not_found(error: &HdfsError) -> bool {
    match error {
        HdfsError::FileNotFound(_) => true,
        HdfsError::RPCError(class, _) => class == "java.io.FileNotFoundException",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUMMARY: ContentSummary = ContentSummary {
        length: 100,
        file_count: 7,
        directory_count: 2,
        quota: NO_QUOTA,
        space_consumed: 300,
        space_quota: 1000,
    };

    #[test]
    fn the_space_quota_is_the_capacity() {
        let report = usage(&SUMMARY);
        assert_eq!((report.capacity_bytes, report.remaining_bytes), (Some(1000), Some(700)));
        assert_eq!((report.used_bytes, report.lake_bytes, report.lake_files), (Some(300), 100, 7));
        let report = usage(&ContentSummary { space_quota: NO_QUOTA, ..SUMMARY });
        assert_eq!((report.capacity_bytes, report.remaining_bytes), (None, None));
    }

    #[test]
    fn the_root_is_the_path_of_the_url() {
        assert_eq!(path_of("hdfs://127.0.0.1:9000/lakes/a"), "/lakes/a");
        assert_eq!(path_of("hdfs://wards"), "/");
    }

    #[test]
    fn safe_mode_is_recognised_alone_and_wrapped() {
        let rpc = |class: &str, message: &str| {
            is_safe_mode(&HdfsError::RPCError(class.to_owned(), message.to_owned()))
        };
        assert!(rpc("org.apache.hadoop.hdfs.server.namenode.SafeModeException", "Cannot create"));
        assert!(rpc(
            "org.apache.hadoop.ipc.RetriableException",
            "org.apache.hadoop.hdfs.server.namenode.SafeModeException: Cannot create"
        ));
        assert!(!rpc("org.apache.hadoop.security.AccessControlException", "Permission denied"));
    }
}
