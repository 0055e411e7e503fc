//! A full disk under the lake.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::case::{Case, Expected, compare};
use crate::support::cluster::Cluster;
use crate::support::{seconds, wait_until};

const READINGS: u32 = 12_000;
const RATE: u32 = 1_500;

/// A small file system in memory; unmounted on drop.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    /// Mounts the file system; `None` without the permission.
    fn mount(at: &'a Path) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"]).arg(at);
        let is_mounted = mount.output().is_ok_and(|output| output.status.success());
        if is_mounted { Some(Self(at)) } else { None }
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0).status();
    }
}

#[tokio::test]
#[ignore = "needs Java, Maven and Python; run by cargo xtask test"]
async fn a_full_disk_delays_readings_but_loses_none() {
    let cluster = Cluster::start("storage").await;
    let disk = cluster.dir.join("disk");
    let Some(_mounted) = SmallDisk::mount(&disk) else {
        xtask::say!("NOT TESTED: a full disk, because mounting is not permitted");
        return;
    };
    let mut case = Case::new(&cluster, "full_disk").await;
    let lake = disk.join("lake");
    case.set("LAKE__URL", &lake.display().to_string());
    let consumer = case.consumer("it", "", &[]);
    consumer.wait_ready(&case).await;
    let producer = case.produce(READINGS, RATE);
    consumer.wait_stored(&case, 2_000).await;
    // Fills the last page, so that not even a commit fits.
    let ballast = disk.join("ballast");
    let full = fs::write(&ballast, vec![0; 4 << 20]).unwrap_err();
    assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
    let metric = "vitals_archive_failures_total";
    wait_until("commits fail", seconds(30), async || {
        cluster.metric(&consumer.address, metric).await >= 2.0
    })
    .await;
    fs::remove_file(&ballast).unwrap();
    case.finish(producer, seconds(90)).await;
    consumer.process.stop().await;
    case.assert_audit_clean();
    let table = lake.join("vitals");
    compare(&cluster, &[(table, Expected { case: &case, readings: READINGS })]);
}
