//! The lake's disk runs full.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::case::{Case, Expected, compare};
use crate::support::cluster::Cluster;
use crate::support::{seconds, wait_until};

const READINGS: u32 = 12_000;
const RATE: u32 = 1_500;

/// A small file system in memory; unmounted when dropped.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    /// `None` where mounting isn't allowed.
    fn mount(at: &'a Path) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"]).arg(at);
        mount.output().is_ok_and(|done| done.status.success()).then_some(Self(at))
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0).status();
    }
}

#[tokio::test]
#[ignore = "needs Java, Maven and Python; run by cargo xtask test"]
async fn a_lake_whose_disk_is_full_takes_everything_once_there_is_room() {
    let cluster = Cluster::start("storage").await;
    let disk = cluster.dir.join("disk");
    let Some(_mounted) = SmallDisk::mount(&disk) else {
        xtask::say!("NOT TESTED: a full disk, because no file system can be mounted here");
        return;
    };
    let mut case = Case::new(&cluster, "full_disk").await;
    let lake = disk.join("lake");
    case.set("LAKE__URL", &lake.display().to_string());
    let consumer = case.consumer("it", "", &[]);
    consumer.ready(&case).await;
    let producer = case.produce(READINGS, RATE);
    consumer.stored(&case, 2_000).await;
    // The last page too: not even a commit fits any more.
    let ballast = disk.join("ballast");
    let full = fs::write(&ballast, vec![0; 4 << 20]).unwrap_err();
    assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
    let metric = "vitals_archive_failures_total";
    wait_until("the archive has felt it", seconds(30), async || {
        cluster.metric(&consumer.address, metric).await >= 2.0
    })
    .await;
    fs::remove_file(&ballast).unwrap();
    case.settled(producer, seconds(90)).await;
    consumer.process.stop().await;
    case.audit();
    let table = lake.join("vitals");
    compare(&cluster, &[(table, Expected { case: &case, readings: READINGS })]);
}
