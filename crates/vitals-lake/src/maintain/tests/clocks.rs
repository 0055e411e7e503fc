//! Leases and vacuum with clocks that are wrong.

use super::*;
use crate::append;

const DAY_MS: i64 = 86_400_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_dated_ahead_is_respected_like_any_other() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    fill(&lake).await;
    let hour = Duration::from_secs(3600);
    run_at(&lake, &POLICY, now_ms() + DAY_MS).await;
    let mut watch = ClaimWatch::default();
    for _ in 0..2 {
        let run = maintain(&lake, VITALS.name, &POLICY, &mut watch, now_ms(), hour).await;
        assert_eq!(run.unwrap(), None, "the claim was made just now");
    }
    // Its owner is gone: nothing changes any more.
    let report = maintain(&lake, VITALS.name, &POLICY, &mut watch, now_ms(), Duration::ZERO).await;
    assert!(report.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_claim_is_renewed_during_a_long_run() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    fill(&lake).await;
    let mut table = open(&lake).await;
    let mut owner = ClaimWatch::default();
    let pause = Duration::from_millis(300);
    let lease = Lease::claim(&lake, &mut table, &mut owner, now_ms(), pause).await;
    let lease = lease.unwrap().unwrap();
    // Another process looks at the claim during a run that lasts several pauses.
    let versions = async {
        let mut seen = std::collections::BTreeSet::new();
        while seen.len() < 4 {
            seen.insert(open(&lake).await.version().unwrap());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(seen.len())
    };
    let renewing = table.clone();
    let interval = Duration::from_millis(20);
    let renewed = lease.keep_alive(&lake, renewing, interval, versions).await.unwrap();
    assert_eq!(renewed, 4);
    lease.require(&lake, &open(&lake).await).await.unwrap();
    // Once another process has claimed the table, the run ends.
    run(&lake, &POLICY).await;
    let endless = std::future::pending::<anyhow::Result<()>>();
    let lost = lease.keep_alive(&lake, table, interval, endless).await.unwrap_err();
    assert!(lost.is::<crate::lease::ClaimLost>(), "{lost:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_ahead_expires_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    fill(&lake).await;
    let folder = dir.path().join("vitals/rejected=false");
    std::fs::write(folder.join("part-in-flight.parquet"), "about to be committed").unwrap();
    let report = run_at(&lake, &POLICY, now_ms() + 30 * DAY_MS).await;
    assert_eq!(report.vacuumed, 0);
    assert!(folder.join("part-in-flight.parquet").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_committed_meanwhile_is_not_vacuumed() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(&dir);
    fill(&lake).await;
    let mut table = open(&lake).await;
    // Uploaded long ago according to the storage's clock, which jumped afterwards.
    let file = append::DataFile {
        rejected: false,
        rows: 1,
        bytes: bytes::Bytes::from_static(b"rows"),
        stats: r#"{"numRecords":1}"#.to_owned(),
    };
    let files = append::upload(&table, &[file]).await.unwrap();
    let path = dir.path().join("vitals").join(&files[0].path);
    let week_ago_ms = u64::try_from(now_ms() - 8 * DAY_MS).unwrap();
    let week_ago = std::time::UNIX_EPOCH + Duration::from_millis(week_ago_ms);
    std::fs::File::options().write(true).open(&path).unwrap().set_modified(week_ago).unwrap();
    let expired = vacuum::expired(&lake, &table, &POLICY, now_ms()).await.unwrap();
    assert_eq!(expired.len(), 1);
    append::commit(&mut open(&lake).await, "late", files, Vec::new()).await.unwrap();
    assert_eq!(vacuum::delete(&lake, &mut table, expired).await.unwrap(), 0);
    assert!(path.exists());
}
