//! The workaround for a deadlock in the HDFS client.

use deltalake::{DeltaTable, ObjectStore as _};
use futures::TryStreamExt as _;

use super::commit_file::commit_version;

/// Reads one byte of the table's log, so that the HDFS client has cached the NameNode's server
/// defaults before Delta's first read.
///
/// The client fetches them on its first read. That request takes a lock which every NameNode call
/// takes, and the lock is fair. delta-rs starts to open many log files concurrently, then reads
/// the first one to its end without polling the others. If one of the others is next in the
/// lock's queue, the request waits for it, and it waits for the request: a deadlock. Observed
/// with about 25 log files and more.
pub(super) async fn warm_up(table: &DeltaTable) {
    let store = table.log_store().object_store(None);
    let log = store.list(Some(&"_delta_log".into()));
    let mut commits = log.try_filter(|entry| {
        let name = entry.location.filename().unwrap_or_default();
        // A file that is still being written has another name, and the client panics if such a
        // file turns out to be shorter than the NameNode has just reported.
        std::future::ready(entry.size > 0 && commit_version(name).is_some())
    });
    let entry = commits.try_next().await;
    // An error is ignored here: loading the table meets it again at once and reports it.
    if let Ok(Some(entry)) = entry {
        let _read = store.get_ranges(&entry.location, std::slice::from_ref(&(0..1))).await;
    }
}
