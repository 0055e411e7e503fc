//! Verification after the last fault: the system recovers, and no reading and no alert is lost or
//! duplicated.

use std::path::Path;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::Value;
use tokio::process::Child;

use super::activity_check::ActivityCounts;
use super::activity_log::ACTIVITY;
use super::alert_comparison::AlertComparison;
use super::alert_log::{read_alerts, read_last_readings};
use super::log_audit;
use super::reference_watch::{self, ReferenceWatch};
use super::testbed::{ALERTS, TOPIC, Testbed, WATCH_GROUP};
use crate::group::has_committed_all;
use crate::{audit, independent, say};

/// Timeout of the recovery, which includes a NameNode restart and a rebalance of the group.
const RECOVERY_TIMEOUT: Duration = Duration::from_secs(240);
const POLL_INTERVAL: Duration = Duration::from_secs(2);

/// Returns true without findings in the report.
pub(super) async fn run(
    testbed: &mut Testbed,
    producer: &mut Child,
    readings: u64,
) -> Result<bool> {
    testbed.services.wait_ready().await?;
    // It judges the readings while the consumers catch up.
    let reference = ReferenceWatch::start(testbed)?;

    // The producer delivers its queued readings.
    match wait_for_producer(testbed, producer).await? {
        Some(status) if status.success() => {}
        Some(status) => testbed.report.finding(&format!("the producer failed: {status}")),
        None => testbed.report.finding("the producer can't deliver its readings"),
    }

    // The consumers archive and judge the rest.
    wait_for_consumers(testbed).await?;

    // With the consumers stopped, the table and the alerts no longer change.
    testbed.repair_all().await?;
    testbed.stop_consumers().await?;
    let logs = testbed.dir.clone();
    testbed.report.record_failed_archives(&logs)?;
    let lake = testbed.copy_lake()?;
    check_table(testbed, &lake, readings)?;
    check_activity(testbed, &lake)?;
    check_alerts(testbed, reference).await?;
    Ok(testbed.report.findings.is_empty())
}

/// Waits for the end of the producer; `None` at the timeout.
async fn wait_for_producer(
    testbed: &mut Testbed,
    producer: &mut Child,
) -> Result<Option<ExitStatus>> {
    let start = Instant::now();
    while start.elapsed() <= RECOVERY_TIMEOUT {
        testbed.supervise().await?;
        if let Some(status) = producer.try_wait()? {
            return Ok(Some(status));
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    Ok(None)
}

/// Waits until every reading is archived and judged. The timeout is a finding.
async fn wait_for_consumers(testbed: &mut Testbed) -> Result<()> {
    let start = Instant::now();
    while !(is_judged(testbed) && has_caught_up(testbed)? && has_caught_up_with_activity(testbed)) {
        testbed.supervise().await?;
        if start.elapsed() > RECOVERY_TIMEOUT {
            let seconds = RECOVERY_TIMEOUT.as_secs();
            let text = format!("readings are not archived and judged after {seconds} s");
            testbed.report.finding(&text);
            break;
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    say!("recovered {:.0} s after the last reading", start.elapsed().as_secs_f64());
    Ok(())
}

/// Returns true if the table's positions have reached the end of every partition.
fn has_caught_up(testbed: &Testbed) -> Result<bool> {
    // A lake that can't be read yet has not caught up.
    let Ok(audit) = audit::run(&mut testbed.program("consumer", &[]), &[]) else {
        return Ok(false);
    };
    audit::reaches_end(&audit, &testbed.services.bootstrap_servers(), TOPIC)
}

/// Returns true if the table of the second topic has reached its last message. Behind it, the log may
/// have a marker that no message follows.
fn has_caught_up_with_activity(testbed: &Testbed) -> bool {
    let args = ["--table", ACTIVITY];
    let Ok(audit) = audit::run(&mut testbed.program("consumer", &[]), &args) else {
        return false;
    };
    let written = testbed.activity.written();
    let present = testbed.activity.log_index();
    let last = written[present].numbers.keys().next_back().copied();
    log_audit::archived(&audit, present).map(|it| it.end) > last
}

/// Returns true if the watch has judged every reading.
fn is_judged(testbed: &Testbed) -> bool {
    // A broker that does not respond yet has no committed offset.
    let broker = testbed.services.bootstrap_servers();
    has_committed_all(&broker, WATCH_GROUP, TOPIC).unwrap_or(false)
}

/// Compares the alerts of the consumers with those of an uninterrupted watch.
async fn check_alerts(testbed: &mut Testbed, reference: ReferenceWatch) -> Result<()> {
    let start = Instant::now();
    if !reference.finish(testbed).await? {
        return Ok(());
    }
    let broker = testbed.services.bootstrap_servers();
    let published = read_alerts(&broker, ALERTS)?;
    let uninterrupted = read_alerts(&broker, reference_watch::ALERTS)?;
    let last_readings = read_last_readings(&broker, TOPIC)?;
    let compared =
        AlertComparison::new(&published, &uninterrupted, &last_readings, &testbed.stalls);
    let kinds = compared.equal.iter().map(|(kind, count)| format!("{count} {kind}"));
    say!(
        "alerts: {} as in an uninterrupted watch ({}); {} after the patients' last readings not \
         compared; {} copies of stalled instances; {:.1} s",
        compared.total(),
        kinds.collect::<Vec<_>>().join(", "),
        compared.after_readings,
        compared.copies_at_stalls,
        start.elapsed().as_secs_f64()
    );
    for finding in compared.findings() {
        testbed.report.finding(&finding);
    }
    Ok(())
}

/// Compares the table of the second topic with the messages that were sent.
fn check_activity(testbed: &mut Testbed, lake: &Path) -> Result<()> {
    let audit = audit::run(&mut testbed.program("consumer", &[]), &["--table", ACTIVITY]);
    let audit = audit.unwrap_or_else(|error| {
        testbed.report.finding(&format!("the audit of the second topic: {error:#}"));
        Value::Null
    });
    let written = testbed.activity.written();
    let counts = ActivityCounts::of_table(&lake.join(ACTIVITY), &written, &audit)?;
    say!(
        "second topic: {} logs, {} messages stored; deleted before they were archived: {}, with \
         their log: {}; {} offsets without a message",
        written.len(),
        counts.stored,
        counts.lost,
        counts.gone,
        counts.without_message
    );
    for finding in counts.findings() {
        testbed.report.finding(&format!("second topic: {finding}"));
    }
    Ok(())
}

fn check_table(testbed: &mut Testbed, lake: &Path, readings: u64) -> Result<()> {
    if let Err(error) = audit::run(&mut testbed.program("consumer", &[]), &[]) {
        testbed.report.finding(&format!("the lake's audit: {error:#}"));
    }
    // Read by another implementation of Delta: the audit could share a mistake with the archive.
    let table = lake.join(TOPIC);
    let broker = testbed.services.bootstrap_servers();
    for counts in independent::compare(&broker, &[(&table, TOPIC)])? {
        say!("independent reader: {counts}");
        for finding in independent::FINDINGS {
            if counts[finding] != 0 {
                testbed.report.finding(&format!("{finding}: {}", counts[finding]));
            }
        }
        if counts["messages"] != readings || counts["stored"] != readings {
            testbed.report.finding(&format!("{readings} readings expected in Kafka and the table"));
        }
    }
    Ok(())
}
